"""Measures how completely files are read, compared with the tools that people would use to get their text.

`python -m benchmarks.formats --data DIR --json FILE`. Every file below DIR whose format Carrel reads is
parsed by itself, and its words are compared with those that a reference tool finds in it: pdftotext for
PDF, pandoc for docx, odt, rtf, epub and HTML, LibreOffice for everything else of Office, Python's own
parser for mail. The table says which of these tools are absent. A file in which the tool finds no word is
left out of the shares.

"Words kept" is the share of the tool's words that Carrel finds too, counting repetitions. "Words in order" is
the share that is in the same order (longest common subsequence of the first words). Words that only Carrel
finds are not counted, because it reads comments, notes and forms that the tools leave out. Identifiers that
programs write for programs do not count either: some reports have an invisible one in every cell.
"""

import email
import email.policy
import html
import multiprocessing
import os
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from multiprocessing.connection import Connection
from pathlib import Path

import lxml.etree  # type: ignore[import-untyped]

from benchmarks import drawntables
from benchmarks.report import Report, arguments
from ingest import parsers
from ingest.errors import UnreadableDocument

ORDERED_WORDS = 3000
"""Words of a file whose order is compared."""
PATIENCE_S = 120.0
"""Time for a tool, or for Carrel, to read one file."""

_WORD = re.compile(r"\w+")
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_CHART = "urn:oasis:names:tc:opendocument:xmlns:chart:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_IDENTIFIER = re.compile(
    r"_?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?:placeholder_|series)\d+", re.IGNORECASE
)
"""A UUID, or the name that LibreOffice gives an empty cell, or the series of a chart that has no name."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What was measured on one file."""

    path: Path
    kept: float | None
    """None where the tool found no word."""
    in_order: float | None
    seconds: float
    megabytes: float
    refused: str
    """Why Carrel did not read it; empty when it did."""


def main() -> None:
    """Runs the benchmark."""
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    files: dict[str, list[Path]] = {}
    for path in sorted(options.data.rglob("*")):
        suffix = path.suffix.lower().removeprefix(".")
        if suffix in _TOOLS and path.is_file():
            files.setdefault(suffix, []).append(path)
    parsers.preload()
    for suffix, tool in _TOOLS.items():
        if suffix not in files:
            report.add(f"{suffix}: files", "none in the folder")
        elif not _is_there(tool):
            report.add(f"{suffix}: files", f"{_PROGRAMS[tool]} is not installed")
        else:
            _report_format(report, suffix, [_measured(path, tool) for path in files[suffix]])
    drawntables.measure(report)
    report.finish()


def _report_format(report: Report, suffix: str, measured: list[ReadFile]) -> None:
    compared = [(file.kept, file.in_order) for file in measured if file.kept is not None and not file.refused]
    report.add(f"{suffix}: files", len(measured))
    report.add(f"{suffix}: files refused", sum(bool(file.refused) for file in measured))
    if compared:
        kept = [share for share, _ in compared]
        report.add(f"{suffix}: words kept, median", statistics.median(kept), ">= 0.99")
        report.add(f"{suffix}: files with at least 0.95 of the words", _share(kept, 0.95), ">= 0.9")
        order = [share for _, share in compared if share is not None]
        report.add(f"{suffix}: words in order, median", statistics.median(order))
    report.add(f"{suffix}: seconds a file, median", statistics.median(file.seconds for file in measured))
    report.add(f"{suffix}: seconds a file, maximum", max(file.seconds for file in measured))
    report.add(f"{suffix}: megabytes a file, maximum", max(file.megabytes for file in measured))
    for file in measured:
        if file.refused or (file.kept is not None and file.kept < 0.95):
            print(f"    {file.path.name}: {file.refused or f'{file.kept:.3f} of the words'}")


def _share(values: list[float], least: float) -> float:
    return sum(value >= least for value in values) / len(values)


def _measured(path: Path, tool: Callable[[Path], str]) -> ReadFile:
    text, seconds, megabytes, refused = _parsed(path)
    reference, own = _words(tool(path)), _words(text)
    if not reference:
        return ReadFile(path, None, None, seconds, megabytes, refused)
    missing = Counter(reference) - Counter(own)
    kept = 1 - missing.total() / len(reference)
    first, beside = reference[:ORDERED_WORDS], own[: 2 * ORDERED_WORDS]
    blocks = SequenceMatcher(None, first, beside, autojunk=False).get_matching_blocks()
    return ReadFile(path, kept, sum(block.size for block in blocks) / len(first), seconds, megabytes, refused)


def _words(text: str) -> list[str]:
    # A raised number is the same word as the number.
    return _WORD.findall(_IDENTIFIER.sub(" ", unicodedata.normalize("NFKC", text)).casefold())


def _parsed(path: Path) -> tuple[str, float, float, str]:
    """Text, seconds, megabytes and the reason of a refusal, measured in a process of its own."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_parse, args=(path, theirs))
    child.start()
    theirs.close()
    try:
        if ours.poll(PATIENCE_S):
            result: tuple[str, float, float, str] = ours.recv()
            return result
        return "", PATIENCE_S, 0.0, "took too long"
    except EOFError:
        return "", 0.0, 0.0, "the process died"
    finally:
        child.kill()
        child.join()


def _parse(path: Path, results: Connection) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    text = refused = ""
    try:
        document = parsers.parse(str(path), path.read_bytes(), "")
        headings = dict.fromkeys(name for block in document.blocks for name in block.locator.heading)
        # The heading of a chart or a window may stand nowhere in the text. Hidden text was found as well.
        beside = [name for name in headings if name not in document.pages[0]]
        text = "\n".join([*document.pages, *beside, *(each.text for each in document.hidden)])
    except UnreadableDocument as exc:
        refused = exc.message
    seconds = time.perf_counter() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    results.send((text, seconds, grown / 1024, refused))


def _run(*command: str | Path) -> str:
    """What a program prints; empty when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode("utf-8", "replace")


def _pdftotext(path: Path) -> str:
    return _run("pdftotext", "-q", path, "-")


def _pandoc(path: Path) -> str:
    return _run("pandoc", "--to=plain", "--wrap=none", path)


_CONVERTED = {
    ".doc": "txt:Text",
    **dict.fromkeys((".ppt", ".pptx", ".odp"), "fodp"),
    **dict.fromkeys((".xls", ".xlsx", ".ods"), "html"),
}
"""What LibreOffice is asked to make of a file, by its suffix."""


def _libreoffice(path: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        # A web page of a workbook shows numbers as its sheets do, which a text does not.
        kind = _CONVERTED[path.suffix.lower()]
        _run("soffice", profile, "--headless", "--convert-to", kind, "--outdir", folder, path)
        made = sorted(Path(folder).glob(f"*.{kind.partition(':')[0]}"))
        if kind == "fodp":
            return "\n".join(map(_slides, made))
        text = "\n".join(each.read_text(encoding="utf-8-sig", errors="replace") for each in made)
        if kind == "html":
            # Beside its tables, the page has a list of the sheets.
            text = " ".join(re.findall(r"<table\b.*?</table>", text, re.DOTALL))
            text = html.unescape(re.sub(r"<[^>]*>", " ", text))
        return text


def _slides(path: Path) -> str:
    """The paragraphs of a presentation in flat XML, with its notes and the cells of its charts.

    Printed slides have words that no file has: numbers along an axis, parts of words that a box breaks.
    """
    tree = lxml.etree.parse(path, lxml.etree.XMLParser(huge_tree=True))
    shown = tree.find(f".//{{{_OFFICE}}}presentation")
    if shown is None:
        return ""
    texts: list[str] = []
    charts: dict[tuple[object, str], None] = {}
    for paragraph in shown.iter(f"{{{_TEXT}}}p", f"{{{_TEXT}}}h"):
        for each in paragraph.iter(f"{{{_TEXT}}}line-break", f"{{{_TEXT}}}page-number"):
            each.text = " "
        text = "".join(paragraph.itertext())
        chart = next(paragraph.iterancestors(f"{{{_CHART}}}chart"), None)
        if chart is None:
            texts.append(text)
        else:
            # A category of several levels stands in a cell twice, and the name of a series may.
            charts[chart, text] = None
    return "\n".join([*texts, *(text for _, text in charts)])


def _python(path: Path) -> str:
    """The plain text of a message, as Python's own parser has it."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


_PROGRAMS: dict[Callable[[Path], str], str] = {
    _pdftotext: "pdftotext",
    _pandoc: "pandoc",
    _libreoffice: "soffice",
    _python: "",
}
_TOOLS: dict[str, Callable[[Path], str]] = {
    "pdf": _pdftotext,
    **dict.fromkeys(("docx", "odt", "rtf", "epub", "html"), _pandoc),
    **dict.fromkeys(("doc", "xls", "xlsx", "ods", "ppt", "pptx", "odp"), _libreoffice),
    "eml": _python,
}
"""The reference tool of each suffix."""


def _is_there(tool: Callable[[Path], str]) -> bool:
    return not _PROGRAMS[tool] or shutil.which(_PROGRAMS[tool]) is not None


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = "1"
    main()
