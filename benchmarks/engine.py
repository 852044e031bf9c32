"""Measures the engine: against llama.cpp's own tools, against itself without drafting, and cold against warm.

`python -m benchmarks.engine --data DIR --json FILE [--markdown FILE]`, in an environment with Carrel, its
starter models and the extra `benchmarks`. Models come from `benchmarks.pairs`, llama.cpp's tools from
`benchmarks.yardstick`; if the tools cannot be built, the table says so. Both sides of a ratio take turns, and
the table gives the median of five rounds. The prompts are about `examples/`.

Drafting takes longest: three drafts, two prompts, five rounds. The whole run takes a quarter of an hour, and
as long again for two models that people use, if they are stored (`benchmarks.realpair`; with `--only pair`,
only these). Run nothing else meanwhile: when two programs share the cores, threads wait for each other at
every step.
"""

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant.engine import Sampling, Stats
from assistant.engine.gguf import read_header
from assistant.engine.kvcache import KVCache
from assistant.engine.llama import LlamaEngine
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.settings import ContextSettings, Drafting, KVType
from assistant.models.tuning import TuningResult, tune
from benchmarks import pairs, realpair
from benchmarks.report import Report, common_arguments
from benchmarks.rounds import (
    ROUNDS,
    SETTINGS,
    WRITING,
    WRITTEN,
    alternated,
    answer,
    asked,
    opened,
    ratio,
    written,
)
from benchmarks.yardstick import Missing, Tools
from policies.integrity import IntegrityKey

NOTES = Path(__file__).resolve().parent.parent / "examples" / "notes"
PROMPT_TOKENS = 1500

LLAMA_MOST = (1, 2, 3, 6, 12)
"""Draft lengths to try with llama-speculative-simple, whose default is 3; the fastest is measured."""


def main() -> None:
    parser = common_arguments(__doc__ or "")
    parser.add_argument("--only", choices=("made", "pair"), help="one of the two parts")
    options = parser.parse_args()
    report = Report(options.json, options.markdown)
    try:
        tools = Tools.build()
    except Missing as missing:
        report.add("against llama.cpp's own tools", f"skipped: {missing}")
        tools = None
    if options.only != "pair":
        _made(report, tools)
    if options.only != "made":
        realpair.measure(report, tools, options.data)
    report.finish()


def _made(report: Report, tools: Tools | None) -> None:
    if tools is not None:
        _plain(report, tools)
    _draft_models(report, tools)
    _lookup(report)
    _identity(report)
    _reuse(report)
    _tuned(report)
    _memory(report)
    _overhead(report)


def _read(engine: LlamaEngine, tokens: Sequence[int], size: int, shifts: Iterator[int]) -> Stats:
    """Reads `size` of `tokens` from a different place each time, so that the KV cache gives no hit."""
    start = next(shifts)
    return answer(engine, tokens[start : start + size], 1)[1]


def _plain(report: Report, tools: Tools) -> None:
    model = pairs.bundled()
    with opened(model) as engine:
        text = engine.tokenize((NOTES / "club" / "minutes-2026-03-12.md").read_text(encoding="utf-8"))
        shifts = itertools.count()
        _read(engine, text, 512, shifts)
        ours, theirs = alternated(
            partial(written, engine, asked(engine, WRITING["story"]), 129),
            partial(tools.bench, model, written=128),
        )
        report.add("plain decoding over llama-bench tg128", ratio(ours, theirs), ">= 0.97")
        ours, theirs = alternated(
            lambda: _read(engine, text, 512, shifts).prefill_tps, partial(tools.bench, model, read=512)
        )
        report.add("reading a prompt over llama-bench pp512", ratio(ours, theirs), ">= 0.97")


def _draft_models(report: Report, tools: Tools | None) -> None:
    deep = pairs.deep()
    report.add("deep model: scores that differ from the bundled model's", _differing_scores(deep), "<= 0")
    for name, draft in pairs.drafts().items():
        with (
            opened(deep) as plain,
            opened(deep, Drafting.DRAFT, draft=draft) as drafted,
            opened(deep, Drafting.AUTO, draft=draft) as auto,
        ):
            shares, gains, theirs, auto_gains = [], [], [], []
            most = 0
            for request in WRITING.values():
                prompt = asked(plain, request)
                sides = [partial(written, engine, prompt) for engine in (plain, drafted, auto)]
                if tools is not None:
                    layout = plain.render([("user", request)]) or request
                    rate = partial(tools.drafted, deep, draft, layout, WRITTEN)
                    most = most or max(LLAMA_MOST, key=rate)
                    sides.append(partial(tools.bench, deep, written=WRITTEN, depth=len(prompt)))
                    sides.append(partial(rate, most))
                slow, fast, chosen, *llama = alternated(*sides)
                stats = answer(drafted, prompt)[1]
                shares.append(stats.accepted_tokens / max(stats.drafted_tokens, 1))
                gains.append(ratio(fast, slow))
                auto_gains.append(ratio(chosen, slow))
                if llama:
                    theirs.append(ratio(llama[1], llama[0]))
        report.add(f"{name} draft: share of proposals accepted", statistics.mean(shares))
        report.add(f"{name} draft: drafting over plain", statistics.mean(gains))
        if theirs:
            report.add(
                f"{name} draft: llama.cpp's drafting, up to {most} tokens, over plain",
                statistics.mean(theirs),
            )
            ours_over = min(ours / other for ours, other in zip(gains, theirs, strict=True))
            report.add(f"{name} draft: our speed-up over llama.cpp's", ours_over, ">= 1.0")
        report.add(f"{name} draft: auto over plain", min(auto_gains), ">= 0.95")


def _differing_scores(deep: Path) -> int:
    """The number of scores that differ between the deep model and the bundled one."""
    scores = []
    for path in (pairs.bundled(), deep):
        model = LlamaModel(path, name=path.stem)
        context = LlamaContext(model, SETTINGS, rows=1)
        context.compute(model.tokenize(" ".join(WRITING.values())))
        scores.append(context.scores(0).copy())
        context.close()
        model.close()
    return int((scores[0] != scores[1]).sum())


def _quoting() -> dict[str, str]:
    """Prompts that continue by quoting an earlier passage, as a quoting answer does."""
    files = {
        "minutes": "club/minutes-2026-03-12.md",
        "trip": "travel/lisbon-2026.md",
        "visits": "health/visits.md",
    }
    texts = {name: (NOTES / file).read_text(encoding="utf-8")[:500] for name, file in files.items()}
    return {name: f"{text}\n\nThe same text once more:\n\n{text[:60]}" for name, text in texts.items()}


def _lookup(report: Report) -> None:
    deep, draft = pairs.deep(), pairs.bundled()
    gains = []
    with (
        opened(deep) as plain,
        opened(deep, Drafting.LOOKUP) as lookup,
        opened(deep, Drafting.DRAFT, draft=draft) as drafted,
        opened(deep, Drafting.AUTO, draft=draft) as auto,
    ):
        engines = (plain, lookup, drafted, auto)
        prompts = {f"quoting {name}": plain.tokenize(text) for name, text in _quoting().items()}
        prompts |= {f"writing {name}": asked(plain, request) for name, request in WRITING.items()}
        for name, prompt in prompts.items():
            for engine in engines:
                answer(engine, prompt, 2)
            rates = alternated(*(partial(written, engine, prompt) for engine in engines))
            gain = ratio(rates[1], rates[0])
            report.add(f"{name}: lookup over plain", gain)
            if name.startswith("quoting"):
                gains.append(gain)
            better = max(rates[1:3], key=statistics.median)
            over = ratio(rates[3], better)
            report.add(f"{name}: auto over the better of lookup and draft", over, ">= 0.97")
    report.add("quoting: lookup over plain", statistics.median(gains), ">= 1.3")


def _identity(report: Report) -> None:
    """Counts the answers that drafting changes.

    llama.cpp computes the same scores for a token alone and in a batch up to 256 tokens, and beyond that with
    a quantised KV cache. Otherwise a near-tie may be decided differently.
    """
    deep, bundled = pairs.deep(), pairs.bundled()
    with opened(bundled) as engine:
        requests = [*WRITING.values(), "List the numbers from one to thirty as words.", "What is a lease?"]
        short = [asked(engine, request) for request in requests]
        long = [engine.tokenize(text * 2 + text[:60]) for text in _quoting().values()]
    for prompts, target, settings, kind, bound in (
        (short, deep, SETTINGS, "", "<= 0"),
        (long, bundled, replace(SETTINGS, kv_type=KVType.Q8_0), "long prompts, keys in q8_0: ", "<= 0"),
        (long, bundled, SETTINGS, "long prompts, keys in f16: ", ""),
    ):
        with (
            opened(target, settings=settings) as plain,
            opened(target, Drafting.AUTO, draft=bundled, settings=settings) as auto,
        ):
            differing = sum(
                answer(plain, prompt, 120)[0] != answer(auto, prompt, 120)[0] for prompt in prompts
            )
        report.add(f"{kind}greedy answers that drafting changed, of {len(prompts)}", differing, bound)


def _long_prompts(engine: LlamaEngine, count: int) -> list[list[int]]:
    """Prompts of 1,500 tokens that share their beginning and end with different questions."""
    files = sorted(NOTES.rglob("*.md"))
    text = engine.tokenize("\n".join(file.read_text(encoding="utf-8") for file in files))
    questions = [engine.tokenize(f"\n\nQuestion {number}: what was decided?") for number in range(count)]
    return [text[: PROMPT_TOKENS - len(question)] + question for question in questions]


def _reuse(report: Report) -> None:
    model = pairs.bundled()
    cold, warm, restored = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        cache = KVCache(Path(scratch), fingerprint="benchmark", most_bytes=1 << 30, key=IntegrityKey(b""))
        # The first run marks the prefix as seen, the second stores it, the others restore it.
        for number in range(ROUNDS + 2):
            with opened(model) as engine:
                prompts = _long_prompts(engine, ROUNDS + 2)
                cold.append(answer(engine, prompts[0], 1)[1].ttft_ms)
                warm.append(answer(engine, prompts[1], 1)[1].ttft_ms)
            with opened(model, cache=cache) as engine:
                stats = answer(engine, prompts[number], 1)[1]
                if stats.reused_tokens:
                    restored.append(stats.ttft_ms)
    whole = statistics.median(cold)
    report.add(
        "follow-up on the same passages: first token over cold", statistics.median(warm) / whole, "<= 0.08"
    )
    report.add("restored from disk: first token over cold", statistics.median(restored) / whole, "<= 0.15")


def _tuned(report: Report) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for event in tune(pairs.bundled(), "bundled", SETTINGS, Path(scratch)):
            if isinstance(event, TuningResult):
                outcome = event
        before, after = outcome.before.variant, outcome.after.variant
        with (
            opened(before.path, settings=before.settings) as slow,
            opened(after.path, settings=after.settings) as fast,
        ):
            text = _long_prompts(slow, 1)[0] * 2
            sides = (
                partial(_read, engine, text, PROMPT_TOKENS, itertools.count()) for engine in (slow, fast)
            )
            old, new = alternated(*(lambda side=side: side().ttft_ms for side in sides))
        report.add("tuned to", after.name)
        report.add("tuned: divergence from the original, nats", outcome.after.divergence, "<= 0.1")
        report.add("tuned: cold first token over before", ratio(new, old), "<= 0.45")


_CHILD = """
import sys
from pathlib import Path
from assistant.engine import Sampling
from assistant.engine.llama import LlamaEngine, Weights
from assistant.engine.settings import ContextSettings, Drafting
target, draft = (Weights(Path(path), Path(path).stem) for path in sys.argv[1:3])
engine = LlamaEngine(target, ContextSettings(tokens=2048), draft=draft, drafting=Drafting.DRAFT)
prompt = engine.tokenize("A note on the lease. " * 400)[:1500]
"".join(engine.generate(prompt, Sampling(), limit=32))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) * 1024)
"""
"""Prints its peak memory, which `getrusage` would get wrong: that counts the parent's memory at the fork."""


def _memory(report: Report) -> None:
    deep, draft = pairs.deep(), pairs.bundled()
    output = subprocess.run(
        [sys.executable, "-c", _CHILD, str(deep), str(draft)], capture_output=True, check=True, text=True
    ).stdout
    kv = sum(read_header(path).kv_bytes for path in (deep, draft)) * SETTINGS.tokens
    allowed = deep.stat().st_size + draft.stat().st_size + kv + 250e6
    report.add("peak memory of target and draft over files + KV + 250 MB", int(output) / allowed, "<= 1.0")


def _overhead(report: Report) -> None:
    """Python's time a token, which is all time outside llama.cpp, early and late in an answer.

    Both are measured at the same position of the context, because the data that llama.cpp reads for a token
    evicts Python's code and data from the processor's caches, the more the later the position.
    """
    early, late = 63, 2047
    with opened(pairs.bundled(), settings=ContextSettings(tokens=4096)) as engine:
        prompt = asked(engine, WRITING["story"])
        tokens, long = _outside_computing(engine, prompt, late + 1)
        if len(long) < late:
            report.add("Python's time a token", f"the answer ended after {len(long)} tokens")
            return
        begun = [*prompt, *tokens[: late - early]]
        _, short = _outside_computing(engine, begun, early + 1)
    at_early, at_late = statistics.median(short[-32:]), statistics.median(long[-32:])
    report.add(f"Python's time a token, the {early}rd of an answer, ms", at_early * 1e3)
    report.add(f"Python's time a token, the {late}th over the {early}rd", at_late / at_early, "<= 1.2")


def _outside_computing(
    engine: LlamaEngine, prompt: Sequence[int], limit: int
) -> tuple[list[int], list[float]]:
    """An answer's tokens, and the seconds between consecutive tokens minus the time spent in llama.cpp."""
    computing = 0.0
    compute = LlamaContext.compute

    def timed(self: LlamaContext, *arguments: object, **keywords: object) -> None:
        nonlocal computing
        started = time.perf_counter()
        compute(self, *arguments, **keywords)  # type: ignore[arg-type]
        computing += time.perf_counter() - started

    spent = []
    pieces = []
    LlamaContext.compute = timed  # type: ignore[method-assign]
    try:
        started = time.perf_counter()
        for piece in engine.generate(prompt, Sampling(), limit=limit):
            spent.append(time.perf_counter() - started - computing)
            pieces.append(piece)
    finally:
        LlamaContext.compute = compute  # type: ignore[method-assign]
    return engine.tokenize("".join(pieces)), [later - sooner for sooner, later in itertools.pairwise(spent)]


if __name__ == "__main__":
    main()
