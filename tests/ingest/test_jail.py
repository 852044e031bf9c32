"""The jail: what a parser that a document has taken over can reach, and what it costs the others."""

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
from ingest.documents import Document, content_digest
from ingest.errors import UnreadableDocument
from ingest.jail import Jail
from ingest.jail.protocol import JailLimits, decode_document, decode_picture
from ingest.parsers import ocr
from tests.pdfs import pdf

Parsing = Callable[[bytes | str], Document]

LIMITS = JailLimits(seconds=2, memory_bytes=256 << 20, answer_bytes=4 << 20, file_bytes=1 << 20)


@pytest.fixture(scope="module")
def overtaken() -> Iterator[Jail]:
    jail = Jail(LIMITS, parser="tests.overtaken")
    yield jail
    jail.close()


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    jail = Jail(LIMITS)
    yield jail
    jail.close()


def given(jail: Jail, folder: Path, content: bytes | str, name: str = "a.txt") -> Document:
    """What the jail makes of a file with this content."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return jail.parse(str(file), descriptor, content_digest(descriptor))
    finally:
        os.close(descriptor)


@pytest.fixture
def run(overtaken: Jail, tmp_path: Path) -> Callable[[str], str]:
    """Runs code where a parser runs; what it `said`."""
    return lambda code: given(overtaken, tmp_path, code).pages[0]


def test_a_document_comes_out_as_it_does_without_a_jail(jail: Jail, examples: Path, tmp_path: Path) -> None:
    for file in sorted(examples.rglob("*.*")):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            digest = content_digest(descriptor)
            parsed = parsers.parse(str(file), file.read_bytes(), digest)
            assert jail.parse(str(file), descriptor, digest) == parsed
        finally:
            os.close(descriptor)


def test_a_reason_comes_out_with_its_remedy(jail: Jail, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="encrypted") as refused:
        given(jail, tmp_path, pdf(["secret"], password="pass"), "a.pdf")
    assert refused.value.remedy


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
def test_it_reaches_nothing(run: Callable[[str], str], code: str) -> None:
    assert run(code).startswith("refused: ")


def test_it_cannot_trace_or_read_the_memory_of_others(run: Callable[[str], str]) -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
said = []
for number, arguments in ((101, (16, {ppid}, 0, 0)), (310, ({ppid}, 0, 0, 0, 0, 0))):
    libc.syscall(number, *arguments)
    said.append(ctypes.get_errno())
""".replace("{ppid}", "__import__('os').getppid()")
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers of these calls are those of x86_64")
    assert json.loads(run(code)) == [errno.EPERM, errno.EPERM]


def test_it_holds_its_document_its_answer_and_nothing_else(run: Callable[[str], str]) -> None:
    code = """
import os
held = []
for number in range(300):
    try:
        os.fstat(number)
        held.append(number)
    except OSError:
        pass
said = held
"""
    assert json.loads(run(code)) == [0, 1, 2, 3, 4]


def test_one_document_leaves_nothing_for_the_next(run: Callable[[str], str]) -> None:
    run("import sys; sys.kept = 'a secret'; import ingest.parsers; ingest.parsers.kept = 'a secret'")
    assert (
        run(
            "import sys; said = hasattr(sys, 'kept') or hasattr(__import__('ingest.parsers').parsers, 'kept')"
        )
        == "False"
    )


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
def test_a_parser_that_goes_wrong_costs_its_file_and_no_other(
    overtaken: Jail, tmp_path: Path, code: str, reason: str
) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        given(overtaken, tmp_path, code)
    assert reason in refused.value.message
    assert given(overtaken, tmp_path, "said = 'all is well'").pages == ("all is well",)


def test_files_are_parsed_beside_one_that_hangs(overtaken: Jail, tmp_path: Path) -> None:
    def hang() -> None:
        with pytest.raises(UnreadableDocument):
            given(overtaken, tmp_path, "while True: pass", "slow.txt")

    hanging = threading.Thread(target=hang)
    hanging.start()
    assert given(overtaken, tmp_path, "said = 'at once'").pages == ("at once",)
    assert hanging.is_alive(), "the other was waited for"
    hanging.join()


def test_a_template_that_was_killed_is_started_again(overtaken: Jail, tmp_path: Path) -> None:
    given(overtaken, tmp_path, "said = 'before'")
    assert overtaken._template is not None
    os.kill(overtaken._template.pid, signal.SIGKILL)
    assert given(overtaken, tmp_path, "said = 'after'").pages == ("after",)


def test_no_child_outlives_its_document(overtaken: Jail, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument):
        given(overtaken, tmp_path, "import time; time.sleep(60)")
    assert overtaken._template is not None
    children = Path(f"/proc/{overtaken._template.pid}/task/{overtaken._template.pid}/children")
    if not children.exists():
        pytest.skip("this kernel does not list children")
    deadline = time.monotonic() + 5
    while children.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children.read_text() == ""


def test_a_file_larger_than_allowed_is_not_read(overtaken: Jail, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="larger than"):
        given(overtaken, tmp_path, "#" * (LIMITS.file_bytes + 1))


# What a parser says is not believed

ANSWER = {
    "media_type": "text/plain",
    "title": "A",
    "tags": [],
    "links": [],
    "date": None,
    "unread": "",
    "needs_ocr": False,
    "pages": ["0123456789"],
    "blocks": [["prose", None, None, [], [1, 1], 0, 5]],
}


def test_a_sensible_answer_is_a_document() -> None:
    document = decode_document("/a.txt", "0" * 64, ANSWER)
    assert document.blocks[0].text == "01234"


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
def test_a_block_that_is_nowhere_is_refused(block: list[object]) -> None:
    with pytest.raises(UnreadableDocument, match="returned an invalid answer"):
        decode_document("/a.txt", "0" * 64, ANSWER | {"blocks": [block]})


@pytest.mark.parametrize(
    "change",
    [{"pages": [1]}, {"title": None}, {"date": "yesterday"}, {"tags": [None]}, {"blocks": 3}, {"unread": []}],
    ids=str,
)
def test_values_of_another_kind_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocument, match="returned an invalid answer"):
        decode_document("/a.txt", "0" * 64, ANSWER | change)


# Pages as they look


def test_a_page_is_drawn_as_wide_as_asked(examples: Path) -> None:
    lease = examples / "home" / "lease-agreement.pdf"
    jail = Jail()
    try:
        with lease.open("rb") as file:
            picture = jail.draw(str(lease), file.fileno(), 2, 300)
            with pytest.raises(UnreadableDocument, match="page 9 cannot be drawn"):
                jail.draw(str(lease), file.fileno(), 9, 300)
    finally:
        jail.close()
    assert picture.width == 300
    assert 1.2 < picture.height / picture.width < 1.6, "a page of paper"
    assert picture.pixels[:3] == b"\xff\xff\xff", "whose margin is white"
    assert min(picture.pixels) < 60, "with ink on it"


@pytest.mark.parametrize("name", ["a.txt", "a.pdf"])
def test_what_has_no_pages_is_notdecode_picture(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"%PDF-1.7 torn" if name.endswith("pdf") else b"Nothing to see.")
    jail = Jail()
    try:
        with path.open("rb") as file, pytest.raises(UnreadableDocument, match="drawn"):
            jail.draw(str(path), file.fileno(), 1, 300)
    finally:
        jail.close()


@pytest.mark.parametrize(
    "found",
    [
        {"width": 2, "height": 1, "pixels": "AAAA"},
        {"width": 0, "height": 1, "pixels": ""},
        {"width": 1, "height": 1, "pixels": "!!!!"},
        {"width": 1, "height": 1 << 40, "pixels": "AAAA"},
        {"width": 1, "height": 1},
    ],
    ids=str,
)
def test_a_picture_that_is_none_is_refused(found: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocument, match="returned an invalid answer"):
        decode_picture(found)


# Text in pictures


@pytest.mark.skipif(not ocr.available(), reason="the extra ocr is not installed")
def test_a_scanned_page_is_read_where_ocr_is_installed(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (800, 200), "white")
    ImageDraw.Draw(picture).text((40, 60), "The lease ends on 30 June 2027.", fill="black", font_size=40)
    for name in ("scan.png", "scan.pdf"):
        picture.save(tmp_path / name)
        jail = Jail(ocr=Jail(JailLimits(seconds=300, memory_bytes=3 << 30), parser="ingest.parsers.ocr"))
        try:
            document = given(jail, tmp_path, (tmp_path / name).read_bytes(), name)
        finally:
            jail.close()
        assert "lease ends on 30 June 2027" in " ".join(document.pages[0].split())
        assert document.blocks[0].locator.page == 1
