"""Prepares a web page for a converter that can read only simple pages.

markitdown reads a table row by row: a cell that spans rows would shift all cells below it, and a second
row of headings would become data. So every cell gets a copy in each place that it spans, and rows of
headings become one. The values of a form are attributes, which it leaves out; they become text. Elements
that a browser separates are separated. Tables that only serve the layout, as in most mails, are taken
apart. Called for web pages, e-mail in HTML, and electronic books.
"""

import re
from typing import TYPE_CHECKING

from ingest.parsers.extract import note_mark, whole_number
from ingest.parsers.pagetree import fill, put
from ingest.parsers.table import names_columns

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MOST_ARRANGED = 2
"""The fewest rows with several cells of text that make a table around other tables a table of data."""
MAX_CELLS = 50_000
"""Cells of a table, with the copies, above which it is left as it is."""

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
"""The beginning of an address that leads out of a page or a book."""
_BACK = re.compile(r"[\[(]?[↩↑⤴⏎↵^]\ufe0e?[\])]?")
"""An arrow from a note back to the text."""
_NOTE = re.compile(r"[\[(]?\d{1,4}[\])]?")
"""The number of a note in the text."""
_APART = (
    "address article aside button caption dd details dt fieldset figcaption figure footer form header label "
    "legend main nav option output section select summary textarea"
).split()
"""Elements between which there is space on a page, and which the converter would run together."""
_BLOCKS = "p div h1 h2 h3 h4 ul ol br".split()
"""Elements that are rare in the cells of a table of data with one column."""
_TYPED = frozenset("text number email tel url search date time month week datetime-local color range".split())
"""Types of fields whose value a person sees as text."""


def prepare(page: "BeautifulSoup") -> None:
    """Changes a page, without its hidden text, so that its tables and forms survive conversion."""
    # What a picture is called is not shown beside it.
    put((picture, ()) for picture in page.find_all("img"))
    _write_out_fields(page)
    for numbered in page.find_all("ol", start=True):
        # The converter fails on a number that is none.
        numbered["start"] = str(whole_number(str(numbered["start"]).strip(), 1))
    parts: dict[int, list[Tag]] = {}
    for part in page.find_all(["tbody", "thead", "tfoot", "tr", "td", "th"]):
        parts.setdefault(id(part.find_parent("table")), []).append(part)
        # The converter reads them too, and fails on a number that is out of bounds.
        part.attrs |= {name: str(_span(part, name)) for name in ("colspan", "rowspan") if name in part.attrs}
    for table in page.find_all("table"):
        own = parts.get(id(table), [])
        if _is_layout(table, [_cells(row) for row in own if row.name == "tr"]):
            # Each of its cells becomes a part of the page.
            for element in (table, *own):
                element.name = "div"
                element.attrs = {}
        else:
            put((inner, [_on_one_line(inner)]) for inner in table.find_all("table"))
            _fill(table)
            _join_bodies(table)
    _separate(page)


def _join_bodies(table: "Tag") -> None:
    """Puts the rows of all bodies of a table into the first. The converter begins a table at each."""
    bodies = table.find_all("tbody", recursive=False)
    rows = [row for body in bodies for row in body.contents]
    if len(bodies) > 1:
        for body in bodies:
            fill(body, ())
        fill(bodies[0], rows)
        put((body, ()) for body in bodies[1:])


def _on_one_line(table: "Tag") -> str:
    """The rows of a table that is in a cell."""
    rows = ([cell.get_text(" ", strip=True) for cell in _cells(row)] for row in table.find_all("tr"))
    return f" {'; '.join(', '.join(filter(None, cells)) for cells in rows)} "


def unlink(page: "BeautifulSoup") -> None:
    """Leaves the text of links within a page or a book, and the raised number of those to notes."""
    places: list[tuple[Tag, list[str]]] = []
    for link in page.find_all("a", href=True):
        target, text = str(link["href"]).strip(), link.get_text(strip=True)
        if _ABSOLUTE.match(target):
            continue
        if _BACK.fullmatch(text):
            places.append((link, []))
        elif _NOTE.fullmatch(text) and (
            link.find("sup") or link.find_parent("sup") or "noteref" in str(link)
        ):
            places.append((link, [note_mark(text.strip("[]()"))]))
        else:
            # Unwrapping each would take quadratic time in a long list.
            link.name = "span"
    put(places)


def _separate(page: "BeautifulSoup") -> None:
    """Puts line ends around the elements that a page shows apart."""
    put((element, ["\n", element, "\n"]) for element in page.find_all(_APART))


def _is_layout(table: "Tag", rows: "list[list[Tag]]") -> bool:
    """Whether a table only serves the layout: it is around other tables, or one column of paragraphs.

    rows: the cells of its rows.
    """
    if table.find("table") is None:
        is_column = all(len(cells) < 2 for cells in rows) and table.find("th") is None
        return is_column and table.find(_BLOCKS) is not None
    # The rows of a table of data have cells beside each other, without tables in them.
    filled = ([cell for cell in cells if cell.get_text(strip=True)] for cells in rows)
    beside = (cells for cells in filled if len(cells) > 1 and not any(cell.find("table") for cell in cells))
    return len(list(beside)) < MOST_ARRANGED


def _write_out_fields(page: "BeautifulSoup") -> None:
    places: list[tuple[Tag, list[str]]] = []
    for field in page.find_all("input"):
        kind = str(field.get("type") or "text").lower()
        value = str(field.get("value") or "")
        if kind in ("checkbox", "radio"):
            places.append((field, [" ☑ " if field.has_attr("checked") else " ☐ "]))
        elif kind in _TYPED or kind in ("submit", "button", "reset"):
            places.append((field, [f" {value} "]))
        # The value of a password is covered, and hidden fields are not shown.
        else:
            places.append((field, []))
    put(places)
    for choice in page.find_all("option"):
        choice.insert(0, "☑ " if choice.has_attr("selected") else "☐ ")


def _fill(table: "Tag") -> None:
    """Copies cells into the places that they span, and joins the rows of headings."""
    rows = [(row, _cells(row)) for row in table.find_all("tr")]
    grid: list[list[Tag | None]] = []
    # Cells that reach down: the cell and the rows left, by column.
    reaching: dict[int, tuple[Tag, int]] = {}
    size = 0
    for number, (_, cells) in enumerate(rows):
        placed: list[Tag | None] = []
        waiting = list(cells)
        while waiting or any(column >= len(placed) for column in reaching):
            column = len(placed)
            if column in reaching:
                cell, left = reaching.pop(column)
                if left > 1:
                    reaching[column] = (cell, left - 1)
                placed.append(cell)
                continue
            if not waiting:
                placed.append(None)
                continue
            cell = waiting.pop(0)
            down = min(_span(cell, "rowspan"), len(rows) - number)
            across = _span(cell, "colspan")
            size += down * across
            if size > MAX_CELLS:
                return
            # A cell over the whole row is a caption, and one that begins a row names what follows.
            copied = across if _is_repeated(cell, cells, column) else 1
            for place in range(across):
                if place < copied and down > 1:
                    reaching[column + place] = (cell, down - 1)
                placed.append(cell if place < copied else None)
        grid.append(placed)
    headings = _headings(rows)
    is_plain = len(headings) == 1 and rows[0][1][0].name == "th"
    if all(placed == cells for placed, (_, cells) in zip(grid, rows, strict=True)) and (
        is_plain or not headings
    ):
        return
    _write_out(table, rows, grid)


def _is_repeated(cell: "Tag", cells: list["Tag"], column: int) -> bool:
    return len(cells) > 1 and (cell.name == "th" or column > 0)


def _cells(row: "Tag") -> list["Tag"]:
    return list(row.find_all(["td", "th"], recursive=False))


def _span(cell: "Tag", name: str) -> int:
    # Zero spans the rest of a table; browsers end a span at these bounds.
    limit = 1000 if name == "colspan" else 65534
    return min(whole_number(str(cell.get(name) or "1").strip(), 1) or limit, limit)


def _headings(rows: list[tuple["Tag", list["Tag"]]]) -> list[int]:
    """The numbers of the rows at the top that consist of headings.

    Where none is marked as one, the first row is, if its cells look like names of columns.
    """
    count = 0
    for row, cells in rows:
        in_head = row.parent is not None and row.parent.name == "thead"
        if not cells or not (in_head or all(cell.name == "th" for cell in cells)):
            break
        count += 1
    if count == 0 and len(rows) > 1 and not any(cell.name == "th" for _, cells in rows for cell in cells):
        count = int(names_columns([cell.get_text(" ", strip=True) for cell in rows[0][1]]))
    return list(range(count))


def _write_out(table: "Tag", rows: list[tuple["Tag", list["Tag"]]], grid: list[list["Tag | None"]]) -> None:
    """Gives the rows of a table the cells of the grid."""
    from bs4 import BeautifulSoup

    maker = BeautifulSoup("", "html.parser")
    width = max((len(placed) for placed in grid), default=0)
    texts = [[cell.get_text(" ", strip=True) if cell else "" for cell in placed] for placed in grid]
    headings = _headings(rows)
    # A caption above the headings is not a heading of a column.
    headings = [number for number in headings if len(rows[number][1]) > 1]
    joined = [
        " ".join(dict.fromkeys(text for number in headings if (text := _at(texts[number], column))))
        for column in range(width)
    ]
    joined_rows: list[Tag] = []
    for number, (row, _) in enumerate(rows):
        if number in headings[1:]:
            joined_rows.append(row)
            continue
        filled = []
        for column in range(width):
            original = grid[number][column] if column < len(grid[number]) else None
            if number in headings:
                cell = maker.new_tag("th", string=joined[column])
            elif original is None:
                cell = maker.new_tag("td")
            else:
                cell = maker.new_tag(original.name)
                cell.extend([child.__copy__() for child in original.contents])
            filled.append(cell)
        fill(row, filled)
    put((row, []) for row in joined_rows)
    if headings and headings[0] > 0:
        table.insert(0, rows[headings[0]][0].extract())


def _at(texts: list[str], column: int) -> str:
    return texts[column] if column < len(texts) else ""
