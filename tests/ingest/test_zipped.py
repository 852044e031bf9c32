"""Zip archives in messages: their files are read like attachments, and hostile ones cost nothing else."""

import io
import struct
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.documents import Document, content_digest
from ingest.jail import Jail
from ingest.parsers.mail import zipped
from ingest.parsers.mail.values import MAX_DEPTH
from tests.ingest.test_mail import mail, places, read
from tests.ingest.test_word import docx, paragraph, run
from tests.pdfs import pdf


def archive(entries: Mapping[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return buffer.getvalue()


def with_archive(content: bytes, *, name: str = "papers.zip", subtype: str = "zip") -> EmailMessage:
    message = mail(text="The rent is 310 euros.")
    message.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return message


def sent(content: bytes, *, name: str = "papers.zip") -> Document:
    return read(with_archive(content, name=name).as_bytes())


def test_files_of_an_archive_are_read_by_their_formats_and_cited_below_it() -> None:
    papers: dict[str, bytes | str] = {
        "2024/lease.pdf": pdf(["The lease ends in June."], ["The deposit is 900 euros."]),
        "keys.md": "# Keys\n\nMrs Okonkwo has them.",
        "offer.docx": docx(paragraph(run("Our offer is 2870 euros."))),
        "hall.eml": mail("Hall", "The hall is free on Friday.").as_bytes(),
        "film.mp4": b"\0\1",
    }
    document = sent(archive(papers))
    found = places(document)
    assert found["The deposit is 900 euros."] == ("Hall", "papers.zip", "2024/lease.pdf", "page 2")
    assert found["Mrs Okonkwo has them."] == ("Hall", "papers.zip", "keys.md", "Keys")
    assert found["Our offer is 2870 euros."] == ("Hall", "papers.zip", "offer.docx")
    assert found["The hall is free on Friday."] == ("Hall", "papers.zip", "hall.eml")
    assert found[f"Files: {', '.join(papers)}"] == ("Hall", "papers.zip")
    assert document.unread == "papers.zip: not read: film.mp4 (unknown type .mp4)"


def test_an_archive_in_an_archive_is_read_to_a_depth_and_no_deeper() -> None:
    data = archive({"innermost.txt": "Innermost."})
    for number in range(MAX_DEPTH + 1):
        data = archive({f"{number}.txt": f"Text {number}.", f"{number}.zip": data})
    document = sent(data)
    assert f"Text {MAX_DEPTH}." in document.pages[0]
    assert f"Text {MAX_DEPTH - 5}." in document.pages[0]
    assert "Innermost." not in document.pages[0]
    assert "nested more than" in document.unread


def test_what_a_system_put_into_an_archive_is_left_out() -> None:
    files = {"__MACOSX/._keys.txt": "x", ".DS_Store": "x", "keys/": "", "keys/key.txt": "Jon has it."}
    document = sent(archive(files))
    assert "Files: keys/key.txt" in places(document)
    assert document.unread == ""


def test_names_are_read_in_utf_8_even_if_the_archive_does_not_say_so() -> None:
    data = archive({"Schlüssel.txt": "Jon has it."})
    # The flag that says so, in the entry and in the directory.
    plain = data.replace(struct.pack("<HH", 20, 0x800), struct.pack("<HH", 20, 0))
    assert plain != data
    assert places(sent(plain))["Jon has it."] == ("Hall", "papers.zip", "Schlüssel.txt")


def bomb() -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("zeros.txt", "w") as entry,
    ):
        for _ in range(1024):
            entry.write(bytes(1 << 20))
    return buffer.getvalue()


def encrypted() -> bytes:
    data = bytearray(archive({"key.txt": "Jon has it."}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bomb(), "too large to unpack"),
        (archive({"a.zip": bomb()}), "too large to unpack"),
        (
            archive({"../../etc/cron.d/job.txt": "root", "key.txt": "Jon has it."}),
            "points outside the archive",
        ),
        (encrypted(), "encrypted"),
        (archive({f"{n}.txt": "" for n in range(20_001)}, method=zipfile.ZIP_STORED), "too large to unpack"),
        (archive({"key.txt": "Jon has it."})[:-30], "damaged"),
        (archive({}), "contains no files"),
    ],
)
def test_a_hostile_archive_is_named_and_costs_nothing_else(content: bytes, reason: str) -> None:
    document = sent(content)
    assert "The rent is 310 euros." in places(document)
    assert "papers.zip" in document.unread
    assert reason in document.unread


def test_a_damaged_or_large_file_of_an_archive_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "MAX_FILE_BYTES", 1 << 20)
    files: dict[str, bytes | str] = {
        "plan.txt": "The plan of the hall.",
        "film.txt": bytes(2 << 20),
        "key.txt": "Jon has it.",
    }
    data = archive(files, method=zipfile.ZIP_STORED).replace(b"The plan of", b"The plan or")
    document = sent(data)
    assert "Jon has it." in places(document)
    assert "plan.txt (damaged" in document.unread
    assert "film.txt (larger than 1 MiB)" in document.unread


def test_files_beyond_a_number_are_counted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "MAX_FILES", 2)
    document = sent(archive({f"{number}.txt": f"Text {number}." for number in range(3)}))
    assert "Text 2." not in document.pages[0]
    assert "not read: all files after the first 2" in document.unread


def test_an_archive_under_another_name_is_no_archive_of_papers() -> None:
    document = sent(archive({"key.txt": "Jon has it."}), name="game.jar")
    assert "Jon has it." not in document.pages[0]
    assert "game.jar (unknown type .jar)" in document.unread


def test_archives_are_read_in_the_jail(jail: Jail, tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(with_archive(archive({"lease.pdf": pdf(["The lease ends in June."])})).as_bytes())
    with path.open("rb") as file:
        document = jail.parse(str(path), file.fileno(), content_digest(file.fileno()))
    assert places(document)["The lease ends in June."] == ("Hall", "papers.zip", "lease.pdf")


SCARCE = """
import resource, sys
from pathlib import Path
from ingest.parsers.mail import zipped
data = Path(sys.argv[1]).read_bytes()
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (16 << 20),) * 2)
for file in zipped.files(data):
    print(file if isinstance(file, tuple) else file.name)
"""


def test_a_file_for_which_there_is_too_little_memory_is_not_called_damaged(tmp_path: Path) -> None:
    papers = tmp_path / "papers.zip"
    entries = {"large.txt": bytes(48 << 20), "small.txt": b"The lease ends in June."}
    papers.write_bytes(archive(entries, method=zipfile.ZIP_STORED))
    read = [sys.executable, "-c", SCARCE, str(papers)]
    printed = subprocess.run(read, capture_output=True, text=True, check=True, timeout=60).stdout
    assert printed.splitlines() == ["('large.txt', 'reading it needed too much memory')", "small.txt"]
