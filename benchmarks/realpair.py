"""Measures the engine on two models that people use, of which the smaller one drafts for the larger one.

They are `TARGET` and `DRAFT`, which `carrel models pull` fetches; without them the table says that they are
absent. Quoting is measured on questions about the articles of `wiki` in `--data`, with the paragraph that
answers and its neighbours in the prompt; without that folder, on notes of `examples/`.

*auto* is measured twice: `anew`, by an engine that has learned nothing yet, and as people have it, with what
earlier answers of these models on this machine taught it (`assistant.engine.experience`).
"""

import itertools
import statistics
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from assistant.config import models_folder
from assistant.engine.experience import ExperienceFile
from assistant.engine.kvcache import KVCache
from assistant.engine.llama import LlamaEngine
from assistant.engine.settings import ContextSettings, Drafting
from benchmarks.report import Report
from benchmarks.rounds import WRITING, WRITTEN, alternated, answer, asked, opened, ratio, written
from benchmarks.wiki import wiki_questions
from benchmarks.yardstick import Tools
from policies.integrity import IntegrityKey

TARGET = "qwen2.5-coder-1.5b-instruct-q4_k_m"
DRAFT = "qwen2.5-coder-0.5b-instruct-q4_k_m"
"""Names of the stored models."""

QUOTED = 3
"""Questions about articles."""

LENGTHS = (500, 1000, 2000, 4000)
"""Prompts whose first token is timed, in tokens."""

SETTINGS = ContextSettings(tokens=4608)

CODE = {
    "function": "Write a Python function that parses a date such as 3 May 2024, with a docstring and a test.",
    "records": "Write a JSON array of six invented books, each with title, author, year and publisher.",
}
"""Requests for text with much repetition that stands nowhere in the prompt."""

NOTES = Path(__file__).resolve().parent.parent / "examples" / "notes"


def measure(report: Report, tools: Tools | None, data: Path | None) -> None:
    """Adds the rows of the pair."""
    target, draft = (models_folder() / f"{name}.gguf" for name in (TARGET, DRAFT))
    for name, path in ((TARGET, target), (DRAFT, draft)):
        if not path.is_file():
            report.add("pair of real models", f"absent: carrel models pull {name}")
            return
    if tools is not None:
        _plain(report, tools, target)
    _drafting(report, tools, target, draft, data)
    _first_token(report, target)


def _plain(report: Report, tools: Tools, target: Path) -> None:
    with opened(target, settings=SETTINGS) as engine:
        prompt = asked(engine, WRITING["story"])
        ours, theirs = alternated(
            partial(written, engine, prompt, WRITTEN + 1), partial(tools.bench, target, written=WRITTEN)
        )
        report.add("pair: plain decoding over llama-bench", ratio(ours, theirs), ">= 0.97")
        report.add("pair: plain decoding, tokens/s", statistics.median(ours))
        text = _long_text(engine)
        shifts = itertools.count()

        def read() -> float:
            start = next(shifts)
            return answer(engine, text[start : start + 512], 1)[1].prefill_tps

        ours, theirs = alternated(read, partial(tools.bench, target, read=512))
        report.add("pair: reading a prompt over llama-bench", ratio(ours, theirs), ">= 0.98")
        report.add("pair: reading a prompt, tokens/s", statistics.median(ours))


def _drafting(report: Report, tools: Tools | None, target: Path, draft: Path, data: Path | None) -> None:
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as engines:
        learned = ExperienceFile(Path(scratch), "target", "draft")

        def engine(drafting: Drafting, experience: ExperienceFile | None = None) -> LlamaEngine:
            return engines.enter_context(
                opened(target, drafting, draft=draft, settings=SETTINGS, experience=experience)
            )

        plain = engine(Drafting.OFF)
        prompts = _prompts(plain, data)
        with opened(target, Drafting.AUTO, draft=draft, settings=SETTINGS, experience=learned) as first:
            for prompt in prompts.values():
                answer(first, prompt)
        sides = {
            "plain": plain,
            "lookup": engine(Drafting.LOOKUP),
            "draft": engine(Drafting.DRAFT),
            "auto": engine(Drafting.AUTO, learned),
        }
        over_plain: dict[str, list[float]] = {}
        for name, prompt in prompts.items():
            for side in sides.values():
                answer(side, prompt, 2)
            with opened(target, Drafting.AUTO, draft=draft, settings=SETTINGS) as anew:
                rates = dict(
                    zip(
                        sides,
                        alternated(*(partial(written, side, prompt) for side in sides.values())),
                        strict=True,
                    )
                )
                fresh = written(anew, prompt)
            kind = name.split()[0]
            for drafter in ("lookup", "draft"):
                gain = ratio(rates[drafter], rates["plain"])
                over_plain.setdefault(f"{kind}: {drafter}", []).append(gain)
                report.add(f"pair, {name}: {drafter} over plain", gain)
            better = max((rates[side] for side in ("plain", "lookup", "draft")), key=statistics.median)
            report.add(
                f"pair, {name}: auto over the best of the three", ratio(rates["auto"], better), ">= 0.97"
            )
            report.add(f"pair, {name}: auto anew over it", fresh / statistics.median(better))
        for name, gains in over_plain.items():
            bound = ">= 1.5" if name == "quoting: lookup" else ""
            report.add(f"pair, {name} over plain, median", statistics.median(gains), bound)
    if tools is not None:
        _against_llama(report, tools, target, draft)


def _against_llama(report: Report, tools: Tools, target: Path, draft: Path) -> None:
    """The draft's gain beside that of llama.cpp's own program."""
    with (
        opened(target, settings=SETTINGS) as plain,
        opened(target, Drafting.DRAFT, draft=draft, settings=SETTINGS) as drafted,
    ):
        request = WRITING["canal"]
        prompt = asked(plain, request)
        layout = plain.render([("user", request)]) or request
        slow, fast, base, theirs = alternated(
            partial(written, plain, prompt),
            partial(written, drafted, prompt),
            partial(tools.bench, target, written=WRITTEN, depth=len(prompt)),
            partial(tools.drafted, target, draft, layout, WRITTEN, 3),
        )
        ours = ratio(fast, slow)
        llama = ratio(theirs, base)
        report.add("pair: draft over plain, llama.cpp's program", llama)
        report.add("pair: our speed-up by the draft over llama.cpp's", ours / llama, ">= 1.0")


def _prompts(engine: LlamaEngine, data: Path | None) -> dict[str, list[int]]:
    """The prompts by name; the first word of a name is its kind."""
    requests = {f"quoting {name}": text for name, text in _quoting(data).items()}
    requests |= {f"writing {name}": text for name, text in WRITING.items()}
    requests |= {f"code {name}": text for name, text in CODE.items()}
    return {name: asked(engine, text) for name, text in requests.items()}


def _quoting(data: Path | None) -> dict[str, str]:
    ending = "Answer with the sentences of the text that say so, word for word.\nQuestion: "
    folder = data / "wiki" if data is not None else None
    if folder is None or not folder.is_dir():
        note = (NOTES / "health" / "visits.md").read_text(encoding="utf-8")
        return {"note": f"{note}\n\n{ending}What was said about the knee?"}
    questions = wiki_questions(folder)
    found = {}
    for number, question in enumerate(questions[:: len(questions) // QUOTED][:QUOTED], start=1):
        assert question.lines is not None
        lines = (folder / "notes" / question.file).read_text(encoding="utf-8").split("\n")
        first, last = question.lines
        text = "\n".join(lines[max(0, first - 5) : last + 4])
        found[f"article {number}"] = f"{text}\n\n{ending}{question.question}"
    return found


def _first_token(report: Report, target: Path) -> None:
    """Time to the first token: cold, after a prompt with the same beginning, and restored from disk."""
    for length in LENGTHS:
        cold: list[float] = []
        warm: list[float] = []
        restored: list[float] = []
        with tempfile.TemporaryDirectory() as scratch:
            cache = KVCache(Path(scratch), fingerprint="benchmark", most_bytes=2 << 30, key=IntegrityKey(b""))

            def timed(engine: LlamaEngine, prompt: list[int]) -> float:
                return answer(engine, prompt, 1)[1].ttft_ms

            for number in range(3):
                with opened(target, settings=SETTINGS, cache=cache) as engine:
                    text = _long_text(engine)[: length - 20]
                    ends = [engine.tokenize(f"\n\nQuestion {number} {end}: what is said?") for end in "ab"]
                    first = timed(engine, [*text, *ends[0]])
                    (cold if number < 2 else restored).append(first)
                    warm.append(timed(engine, [*text, *ends[1]]))
        whole = statistics.median(cold)
        report.add(f"pair: first token after {length:,} tokens, s", whole / 1000)
        report.add(
            f"pair: after {length:,} tokens, known beginning over cold", statistics.median(warm) / whole
        )
        report.add(f"pair: after {length:,} tokens, from disk over cold", restored[0] / whole, "<= 0.1")


def _long_text(engine: LlamaEngine) -> list[int]:
    """More tokens than the longest prompt, of the example notes."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(NOTES.rglob("*.md")))
    tokens = engine.tokenize(text)
    return tokens * (max(LENGTHS) // len(tokens) + 1)
