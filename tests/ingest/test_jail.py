"""The jail: what a parser that was taken over by a document can reach, and what it costs other documents."""

import contextlib
import errno
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest import parsers
from ingest.documents import Document, Picture, content_digest
from ingest.errors import NeedsOCR, UnreadableDocument
from ingest.jail import Jail
from ingest.jail.protocol import JailLimits, decode_answer, decode_document, decode_picture
from ingest.parsers import ocr
from ingest.parsers.pdf.marking import FRAME_COLOUR
from tests import recognizing
from tests.pdfs import pdf
from tests.recognizing import SENTENCE

LIMITS = JailLimits(seconds=2, memory_bytes=256 << 20, answer_bytes=4 << 20, file_bytes=1 << 20)


@pytest.fixture(scope="module")
def overtaken() -> Iterator[Jail]:
    """A jail whose parser runs the document as Python code: the worst that a hole in a parser allows."""
    jail = Jail(LIMITS, parser="tests.overtaken")
    yield jail
    jail.close()


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    """A jail with the real parsers."""
    jail = Jail()
    yield jail
    jail.close()


@pytest.fixture(scope="module")
def reading_pictures() -> Iterator[Jail]:
    """A jail that passes files that need OCR to a second one, in which every picture has the same text."""
    second = Jail(parser=recognizing.__name__)
    jail = Jail(ocr=second)
    yield jail
    jail.close()


def parse(jail: Jail, folder: Path, content: bytes | str, name: str = "a.txt") -> Document:
    """The document that the jail makes of a file with this content."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return jail.parse(str(file), descriptor, content_digest(descriptor))
    finally:
        os.close(descriptor)


@pytest.fixture
def run(overtaken: Jail, tmp_path: Path) -> Callable[[str], str]:
    """Runs code in the place of a parser; returns what it assigned to `said`."""
    return lambda code: parse(overtaken, tmp_path, code).pages[0]


def test_a_document_is_the_same_as_without_a_jail(jail: Jail, examples: Path) -> None:
    for file in sorted(examples.rglob("*.*")):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            digest = content_digest(descriptor)
            expected = parsers.parse(str(file), file.read_bytes(), digest)
            assert jail.parse(str(file), descriptor, digest) == expected
        finally:
            os.close(descriptor)


def test_a_refusal_keeps_its_remedy(jail: Jail, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="encrypted") as refused:
        parse(jail, tmp_path, pdf(["secret"], password="pass"), "a.pdf")
    assert refused.value.remedy
    assert not isinstance(refused.value, NeedsOCR)


def test_a_refusal_keeps_that_the_file_needs_ocr(jail: Jail, tmp_path: Path) -> None:
    with pytest.raises(NeedsOCR) as refused:
        parse(jail, tmp_path, pdf(None), "scan.pdf")
    assert "doctor" in refused.value.remedy


# What a parser that was taken over can reach


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd').read()",
        "open('/tmp/written-by-a-parser', 'w')",
        "open('/proc/self/environ', 'rb').read()",
        "__import__('os').listdir('/')",
        "__import__('os').unlink('/tmp/whatever')",
        "__import__('os').rename('/tmp/a', '/tmp/b')",
        "__import__('os').mkdir('/tmp/made-by-a-parser')",
        "__import__('os').fork()",
        "__import__('os').execv('/bin/true', ['true'])",
        "__import__('subprocess').run(['/bin/true'])",
        "__import__('socket').socket()",
        "__import__('socket').socket(__import__('socket').AF_UNIX)",
        "__import__('socket').socketpair()",
        "__import__('os').kill(__import__('os').getppid(), 9)",
        "__import__('os').memfd_create('x')",
        "__import__('os').write(3, b'into the document')",
        "__import__('os').ftruncate(3, 0)",
        "__import__('os').chmod('/tmp', 0o777)",
        "__import__('os').pipe()",
    ],
)
def test_a_parser_cannot_reach_files_processes_or_the_network(run: Callable[[str], str], code: str) -> None:
    assert run(code).startswith("refused: ")


def test_a_parser_cannot_trace_other_processes_or_read_their_memory(run: Callable[[str], str]) -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
said = []
for number, arguments in ((101, (16, {ppid}, 0, 0)), (310, ({ppid}, 0, 0, 0, 0, 0))):
    libc.syscall(number, *arguments)
    said.append(ctypes.get_errno())
""".replace("{ppid}", "__import__('os').getppid()")
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers of these system calls are those of x86_64")
    assert json.loads(run(code)) == [errno.EPERM, errno.EPERM]


def test_a_parser_has_only_the_descriptors_of_its_document_and_its_answer(run: Callable[[str], str]) -> None:
    code = """
import os
said = []
for number in range(300):
    try:
        os.fstat(number)
        said.append(number)
    except OSError:
        pass
"""
    assert json.loads(run(code)) == [0, 1, 2, 3, 4]


def test_a_document_leaves_nothing_behind_for_the_next(run: Callable[[str], str]) -> None:
    run("import sys; sys.kept = 'a secret'; import ingest.parsers; ingest.parsers.kept = 'a secret'")
    look = "import sys; said = hasattr(sys, 'kept') or hasattr(__import__('ingest.parsers').parsers, 'kept')"
    assert run(look) == "False"


# What it costs


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("while True: pass", "parsing took longer than 2 s"),
        ("import time; time.sleep(60)", "parsing took longer than 2 s"),
        ("said = 'x' * (1 << 30)", "parsing needed more than 256 MiB of memory"),
        ("import os\nwhile True: os.write(4, b'x' * 65536)", "contains more than 4 MiB of text"),
        ("import os; os._exit(7)", "parser exited without an answer (exit code 7)"),
        ("import ctypes; ctypes.string_at(0)", "parser crashed (SIGSEGV)"),
        ("import os; os.write(4, b'[1, 2, 3]\\n'); os._exit(0)", "the parser returned an invalid answer"),
        ("import os; os.write(4, b'no json\\n'); os._exit(0)", "the parser returned an invalid answer"),
    ],
)
def test_a_parser_that_fails_costs_its_own_file_only(
    overtaken: Jail, tmp_path: Path, code: str, reason: str
) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        parse(overtaken, tmp_path, code)
    assert reason in refused.value.message
    assert parse(overtaken, tmp_path, "said = 'all is well'").pages == ("all is well",)


def test_a_text_that_needs_too_much_memory_says_so_wherever_it_runs_out(tmp_path: Path) -> None:
    sizes = [megabytes << 20 for megabytes in (4, 8, 12, 16, 24)]
    reasons = []
    with contextlib.closing(Jail(JailLimits(memory_bytes=64 << 20))) as jail:
        for size in sizes:
            try:
                parse(jail, tmp_path, b"The hedge is cut in March.\n\n" * (size // 28))
            except UnreadableDocument as refused:
                reasons.append(refused.message)
    assert reasons
    assert set(reasons) == {"parsing needed more than 64 MiB of memory"}


def test_a_parser_that_hangs_does_not_delay_others_and_is_ended(overtaken: Jail, tmp_path: Path) -> None:
    def hang() -> None:
        with pytest.raises(UnreadableDocument):
            parse(overtaken, tmp_path, "import time; time.sleep(60)", "slow.txt")

    hanging = threading.Thread(target=hang)
    hanging.start()
    assert parse(overtaken, tmp_path, "said = 'at once'").pages == ("at once",)
    assert hanging.is_alive(), "the second file waited for the first"
    hanging.join()
    assert overtaken._template is not None
    children = Path(f"/proc/{overtaken._template.pid}/task/{overtaken._template.pid}/children")
    if not children.exists():
        pytest.skip("this kernel does not list children")
    # The template answered that the child has ended, so nothing has to be waited for.
    assert children.read_text() == ""


def test_a_jail_that_was_closed_while_it_parsed_starts_nothing_again(tmp_path: Path) -> None:
    jail = Jail(parser="tests.dawdling")
    reasons: list[str] = []

    def parse_for_ever() -> None:
        with pytest.raises(UnreadableDocument) as refused:
            parse(jail, tmp_path, "Wait for ever.", "slow.txt")
        reasons.append(refused.value.message)

    thread = threading.Thread(target=parse_for_ever)
    parse(jail, tmp_path, "Soon done.")  # Starts the template.
    thread.start()
    time.sleep(0.2)
    jail.close()
    thread.join(20)
    assert len(reasons) == 1
    with pytest.raises(UnreadableDocument, match="was stopped"):
        parse(jail, tmp_path, "Soon done.")


def test_an_interrupt_from_the_terminal_does_not_end_the_template(overtaken: Jail, tmp_path: Path) -> None:
    parse(overtaken, tmp_path, "said = 'before'")
    assert overtaken._template is not None
    before = overtaken._template.pid
    os.kill(before, signal.SIGINT)
    assert parse(overtaken, tmp_path, "said = 'after'").pages == ("after",)
    assert overtaken._template.pid == before


def test_a_template_that_was_killed_is_restarted(overtaken: Jail, tmp_path: Path) -> None:
    parse(overtaken, tmp_path, "said = 'before'")
    assert overtaken._template is not None
    os.kill(overtaken._template.pid, signal.SIGKILL)
    assert parse(overtaken, tmp_path, "said = 'after'").pages == ("after",)


def test_a_file_over_the_limit_is_not_read(overtaken: Jail, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="larger than"):
        parse(overtaken, tmp_path, "#" * (LIMITS.file_bytes + 1))


# A parser's answer is validated

ANSWER = {
    "media_type": "text/plain",
    "title": "A",
    "tags": [],
    "links": [],
    "date": None,
    "names": ["B"],
    "about": [["storage/A/b.pdf", "B", ["Ada"], ["c"], "2019-05-01"]],
    "unread": "",
    "needs_ocr": False,
    "pages": ["0123456789"],
    "blocks": [["prose", None, None, [], [1, 1], 0, 5]],
    "hidden": [[1, 4, "not seen", "colour"]],
}


def test_a_valid_answer_becomes_a_document() -> None:
    document = decode_document("/a.txt", "0" * 64, ANSWER)
    assert document.blocks[0].text == "01234"
    assert document.metadata.names == ("B",)
    assert document.about[0].target == "storage/A/b.pdf"


@pytest.mark.parametrize(
    "block",
    [
        ["prose", None, None, [], [1, 1], 0, 11],
        ["prose", None, None, [], [1, 1], 5, 5],
        ["prose", None, None, [], [1, 1], -1, 5],
        ["prose", 2, None, [], None, 0, 5],
        ["prose", 0, None, [], None, 0, 5],
        ["prose", True, None, [], None, 0, 5],
        ["prose", None, None, [], [2, 1], 0, 5],
        ["prose", None, None, [], [0, 1], 0, 5],
        ["prose", None, None, [1], None, 0, 5],
        ["prose", None, 1, [], None, 0, 5],
        ["script", None, None, [], None, 0, 5],
        ["prose", None, None, [], None, 0.0, 5],
        ["prose"],
    ],
    ids=str,
)
def test_a_block_outside_its_page_is_refused(block: list[object]) -> None:
    with pytest.raises(UnreadableDocument, match="invalid answer"):
        decode_document("/a.txt", "0" * 64, ANSWER | {"blocks": [block]})


@pytest.mark.parametrize(
    "change",
    [
        {"pages": [1]},
        {"title": None},
        {"date": "yesterday"},
        {"tags": [None]},
        {"blocks": 3},
        {"unread": []},
        {"needs_ocr": "no"},
        {"names": [1]},
        {"about": [["a.pdf", "A", [], []]]},
        {"about": [["a.pdf", None, [], [], None]]},
        {"about": [["/notes/../secret.md", "A", [], [], None]]},
        {"about": [["storage/../../a.pdf", "A", [], [], None]]},
        {"about": [["a.pdf", "A", [], [], "1 May"]]},
    ],
    ids=str,
)
def test_a_value_of_the_wrong_type_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocument, match="invalid answer"):
        decode_document("/a.txt", "0" * 64, ANSWER | change)


@pytest.mark.parametrize(
    "answer",
    [
        {"reason": 1, "remedy": "", "needs": ""},
        {"reason": "x", "needs": ""},
        {"reason": "x", "remedy": "", "needs": "yes"},
    ],
    ids=str,
)
def test_a_malformed_refusal_is_refused_itself(answer: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocument, match="invalid answer"):
        decode_answer(json.dumps(answer).encode())


# Drawn pages


def test_a_page_is_drawn_at_the_requested_width(jail: Jail, examples: Path) -> None:
    lease = examples / "home" / "lease-agreement.pdf"
    with lease.open("rb") as file:
        picture = jail.draw(str(lease), file.fileno(), 2, 300)
        with pytest.raises(UnreadableDocument, match="page 9 cannot be drawn"):
            jail.draw(str(lease), file.fileno(), 9, 300)
    assert picture.width == 300
    assert 1.2 < picture.height / picture.width < 1.6, "a page of paper"
    assert picture.pixels[:3] == b"\xff\xff\xff", "the margin is white"
    assert min(picture.pixels) < 60, "the text is dark"


def framed(picture: Picture) -> list[tuple[int, int]]:
    """Column and row of each pixel that has the colour of a frame."""
    pixels = [picture.pixels[place : place + 3] for place in range(0, len(picture.pixels), 3)]
    return [
        (n % picture.width, n // picture.width) for n, pixel in enumerate(pixels) if pixel == FRAME_COLOUR
    ]


def test_quoted_words_have_a_frame_on_the_picture_of_their_page(jail: Jail, examples: Path) -> None:
    lease = examples / "home" / "lease-agreement.pdf"
    with lease.open("rb") as file:
        # As the document was read: a line ends elsewhere, and a word is hyphenated.
        quote = "rent is made up as fol-\nlows and is due"
        one_line = framed(jail.draw(str(lease), file.fileno(), 2, 600, quote))
        nothing = framed(jail.draw(str(lease), file.fileno(), 2, 600, "Words that stand on no page."))
        term = "The lease begins on 1 October 2025. The lease ends on 30 September 2028 without notice"
        two_lines = framed(jail.draw(str(lease), file.fileno(), 2, 600, term))
    assert nothing == []
    columns, rows = zip(*one_line, strict=True)
    assert 150 < max(columns) - min(columns) < 220
    assert 10 < max(rows) - min(rows) < 30, "it is around one line"
    assert min(rows) > max(row for _, row in two_lines), "the term stands above the rent"


@pytest.mark.parametrize("name", ["a.txt", "a.pdf"])
def test_a_file_without_pages_is_not_drawn(jail: Jail, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"%PDF-1.7 torn" if name.endswith("pdf") else b"Nothing to see.")
    with path.open("rb") as file, pytest.raises(UnreadableDocument, match="drawn"):
        jail.draw(str(path), file.fileno(), 1, 300)


@pytest.mark.parametrize(
    "values",
    [
        {"width": 2, "height": 1, "pixels": "AAAA"},
        {"width": 0, "height": 1, "pixels": ""},
        {"width": 1, "height": 1, "pixels": "!!!!"},
        {"width": 1, "height": 1 << 40, "pixels": "AAAA"},
        {"width": 1, "height": 1},
    ],
    ids=str,
)
def test_an_invalid_picture_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocument, match="invalid answer"):
        decode_picture(values)


# Text in pictures


@pytest.mark.parametrize(
    ("pages", "expected"),
    [((None,), (SENTENCE,)), ((["A page of text."], None), ("A page of text.", SENTENCE))],
    ids=["pictures only", "some pictures"],
)
def test_a_file_with_text_in_pictures_is_parsed_again_by_the_ocr_jail(
    reading_pictures: Jail,
    tmp_path: Path,
    pages: tuple[list[str] | None, ...],
    expected: tuple[str, ...],
) -> None:
    document = parse(reading_pictures, tmp_path, pdf(*pages), "scan.pdf")
    assert tuple(page.strip() for page in document.pages) == expected
    assert (document.unread, document.needs_ocr) == ("", False)


@pytest.mark.model
@pytest.mark.skipif(not ocr.available(), reason="the extra ocr is not installed")
def test_a_scanned_page_is_read_where_ocr_is_installed(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (800, 200), "white")
    ImageDraw.Draw(picture).text((40, 60), "The lease ends on 30 June 2027.", fill="black", font_size=40)
    limits = JailLimits(seconds=300, memory_bytes=3 << 30)
    jail = Jail(ocr=Jail(limits, parser="ingest.parsers.ocr"))
    try:
        for name in ("scan.png", "scan.pdf"):
            picture.save(tmp_path / name)
            document = parse(jail, tmp_path, (tmp_path / name).read_bytes(), name)
            assert "lease ends on 30 June 2027" in " ".join(document.pages[0].split())
            assert document.blocks[0].locator.page == 1
    finally:
        jail.close()
