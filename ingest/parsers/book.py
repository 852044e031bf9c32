"""Electronic books in EPUB: their pages in reading order, each read as a web page is.

A package file lists the pages (EPUB 3.3, 5.7). Pages are not cited by number, because an EPUB has none.
"""

import io
import posixpath
import zipfile
from dataclasses import replace
from urllib.parse import unquote

from ingest.parsers import archive, converted
from ingest.parsers.extract import Extract, damage_refused
from ingest.parsers.text import line
from ingest.parsers.unseen import Marks

_CONTAINER = "META-INF/container.xml"


@damage_refused("book")
def extract(data: bytes) -> Extract:
    """Parses an EPUB."""
    archive.check(data)
    marks = Marks()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        title, authors, names = _package(book)
        existing = set(book.namelist())
        pages = [converted.page_text(book.read(name), marks)[0] for name in names if name in existing]
    heading = "\n\n".join(filter(None, (title, ", ".join(authors))))
    content = converted.flow("\n\n".join([heading, *pages]), title, marks)
    missing = len(names) - len(pages)
    return replace(content, unread=f"it lacks {missing} of its {len(names)} sections" if missing else "")


def _package(book: zipfile.ZipFile) -> tuple[str, list[str], list[str]]:
    """A book's title, its authors, and the names of its pages in reading order, each once."""
    container = archive.xml(book.read(_CONTAINER))
    path = str(container.xpath("string(//*[local-name()='rootfile']/@full-path)"))
    package = archive.xml(book.read(path))
    folder = posixpath.dirname(path)
    places = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        for item in package.xpath("//*[local-name()='manifest']/*[local-name()='item']")
    }
    order = package.xpath("//*[local-name()='spine']/*[local-name()='itemref']/@idref")
    titles, authors = (
        [line("".join(element.itertext())) for element in package.xpath(f"//*[local-name()='{name}']")]
        for name in ("title", "creator")
    )
    pages = list(dict.fromkeys(places[page] for page in order if page in places))
    return next(iter(titles), ""), authors, pages
