"""Measures the terminal UI in a pseudo-terminal: start, key latency under load, long texts, many documents.

    python -m benchmarks.tui --data DIR --json FILE

The latency of a key is the time from its byte to its character on the screen, while the models load, while
`DIR/wiki` is indexed, and while the bundled model writes. Streamed answers, long conversations and long
tables come from a scripted library, so that only the UI is measured.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Report, arguments
from ingest.catalogue import DocumentEntry, DocumentState
from ingest.known import known_sources
from tests.still import FOLDER, STATS, StillLibrary, answer
from tests.tui.still import app
from tests.tui.terminal import Terminal
from tui.handover import Handover

SIZE = (120, 40)
STARTS = 7
TOKENS, RATE = 1_000, 200
"""Tokens of the streamed answer, and tokens a second."""
TURNS = 500
DOCUMENTS = 10_000

LETTERS = [chr(code) for code in range(0x430, 0x450)]
"""Letters to type; nothing else on the screen contains them."""

FRAME_MS = 1000 / 60

_ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _start(report, home)
        _under_load(report, home, options.data)
    _streaming(report)
    _long(report)
    report.finish()


# With the real owner and models


def _carrel(home: Path, library: str, *words: str) -> Terminal:
    script = str(Path(sys.executable).with_name("carrel"))
    return Terminal([script, *words, "--library", str(home / library)], _environment(home), SIZE)


def _environment(home: Path) -> dict[str, str]:
    variables = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {
        **variables,
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }


def _start(report: Report, home: Path) -> None:
    seconds = []
    for _ in range(STARTS):
        began = time.perf_counter()
        with _carrel(home, "empty") as terminal:
            _wait(terminal, b"Privacy")
            seconds.append(time.perf_counter() - began)
            terminal.quiet()
            terminal.press("ctrl+q")
            terminal.read(10)
    report.add("start to first paint, median (s)", statistics.median(seconds), "<= 0.6")


def _under_load(report: Report, home: Path, data: Path) -> None:
    if not (data / "wiki").is_dir():
        report.add("key latency under load", f"skipped: no {data / 'wiki'}")
        return
    script = str(Path(sys.executable).with_name("carrel"))
    notes = _ROOT / "examples" / "notes"
    subprocess.run([script, "add", str(notes), "--library", str(home / "full"), "--quiet"], check=True)
    with _carrel(home, "full") as terminal:
        _wait(terminal, b"Privacy")
        _report_keys(report, "while it opens the library", _latencies(terminal))
        terminal.press(*"When does the lease end?", "enter")
        _report_keys(report, "while models load and write", _latencies(terminal, times=2))
        terminal.quiet()
        terminal.press("ctrl+q")
        terminal.read(10)
    # Killed on purpose: the library knows the source by now, and the next owner continues.
    adding = subprocess.Popen(
        [script, "add", str(data / "wiki"), "--library", str(home / "full"), "--quiet"],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not any("wiki" in source for source in known_sources(home / "full" / "catalogue.db")):
        if time.monotonic() > deadline:
            raise TimeoutError("the source was not added within 60 s")
        time.sleep(0.2)
    adding.kill()
    adding.wait()
    with _carrel(home, "full") as terminal:
        _wait(terminal, b"reading")
        _report_keys(report, "while documents are read and embedded", _latencies(terminal, times=4))
        terminal.press(*"Who was she?", "enter")
        _report_keys(report, "while it indexes and answers", _latencies(terminal, times=4))
        terminal.press("ctrl+q")
        terminal.read(10)


def _latencies(terminal: Terminal, times: int = 1) -> list[float]:
    """Milliseconds from each letter to its appearance on the screen."""
    taken = []
    for _ in range(times):
        for letter in LETTERS:
            terminal.read(0.01)
            terminal.bytes = b""
            began = time.perf_counter()
            terminal.send(letter.encode())
            _wait(terminal, letter.encode())
            taken.append(1000 * (time.perf_counter() - began))
        for _ in LETTERS:
            terminal.send(b"\x7f")
        terminal.read(0.2)
    return taken


def _report_keys(report: Report, when: str, taken: Sequence[float]) -> None:
    ordered = sorted(taken)
    report.add(f"key latency {when}, 95% of keys within (ms)", ordered[int(0.95 * len(ordered))], "<= 50")
    report.add(f"key latency {when}, the slowest (ms)", ordered[-1])


def _wait(terminal: Terminal, wanted: bytes) -> None:
    deadline = time.monotonic() + 60
    while wanted not in terminal.bytes:
        if time.monotonic() > deadline or terminal.code is not None:
            raise SystemExit(f"{wanted!r} was not drawn within 60 s")
        terminal.read(0.05, once=True)


# Over a scripted library


def _still(what: str) -> Terminal:
    command = [sys.executable, "-m", "benchmarks.tui", "--still", what]
    env = {**os.environ, "PYTHONPATH": str(_ROOT), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    return Terminal(command, env, SIZE)


def _streaming(report: Report) -> None:
    with _still("stream") as terminal:
        _wait(terminal, b"Ask about")
        terminal.quiet()
        terminal.press("W", "h", "y")
        terminal.bytes = b""
        terminal.send(b"\r")
        _wait(terminal, b"w0 ")
        gaps, last = [], time.perf_counter()
        began = last
        while f"w{TOKENS - 1}".encode() not in terminal.bytes[-20_000:]:
            length = len(terminal.bytes)
            terminal.read(0.05, once=True)
            if len(terminal.bytes) > length:
                now = time.perf_counter()
                gaps.append(1000 * (now - last))
                last = now
        behind = time.perf_counter() - began - TOKENS / RATE
        terminal.press("ctrl+q")
        terminal.read(10)
    gaps.sort()
    report.add(f"{RATE} tokens/s: 99% of frames within (ms)", gaps[int(0.99 * len(gaps))], "<= 100")
    report.add(f"{RATE} tokens/s: seconds behind after {TOKENS:,}", max(behind, 0.0), "<= 0.5")


def _long(report: Report) -> None:
    with _still("turns") as terminal:
        _wait(terminal, b"Question 499?")
        terminal.quiet()
        _report_keys(report, f"after {TURNS} turns", _latencies(terminal))
        memory = _memory(terminal.pid)
        terminal.press("ctrl+q")
        terminal.read(10)
    with _still("turn") as terminal:
        _wait(terminal, b"Question 0?")
        terminal.quiet()
        report.add(f"memory of {TURNS} turns (MiB)", (memory - _memory(terminal.pid)) / (1 << 20), "<= 50")
        terminal.press("ctrl+q")
        terminal.read(10)
    with _still("documents") as terminal:
        _wait(terminal, b"Ask about")
        terminal.quiet()
        terminal.bytes = b""
        began = time.perf_counter()
        terminal.press("f3")
        _wait(terminal, b"00000.md")
        report.add(f"{DOCUMENTS:,} documents shown (s)", time.perf_counter() - began, "<= 1")
        terminal.quiet()
        terminal.press("/")
        terminal.quiet()
        _report_keys(report, f"filtering {DOCUMENTS:,} documents", _latencies(terminal))
        terminal.press("ctrl+q")
        terminal.read(10)


def _memory(pid: int) -> int:
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def _stand_still(what: str) -> None:
    """Runs the UI over a scripted library for one of the measurements; the child process of `_still`."""
    handover = Handover()
    library = StillLibrary()
    if what == "stream":
        text = " ".join(f"w{number}" + (".\n\n" if number % 60 == 59 else "") for number in range(TOKENS))
        library = StillLibrary(answers=[answer(text)], pause_s=1 / RATE)
    elif what in ("turn", "turns"):
        words = "A sentence of an answer that is as long as they are, more or less. " * 6
        count = TURNS if what == "turns" else 1
        turns = [answer(f"{words}\n\n- {words}", question=f"Question {number}?") for number in range(count)]
        library, handover = StillLibrary(answers=turns), Handover("c")
    elif what == "documents":
        library = StillLibrary(
            documents=[
                DocumentEntry(
                    f"{FOLDER}/{number:05}.md", DocumentState.INDEXED, "", 3, 1_000, "text/markdown", 0.0
                )
                for number in range(DOCUMENTS)
            ]
        )
    application = app(library, handover=handover)
    application.remember_stats(STATS)
    application.run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--still"]:
        _stand_still(sys.argv[2])
    else:
        main()
