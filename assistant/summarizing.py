"""A whole document, section by section, whatever its length.

The document is divided into stretches that fit the model, along its own headings and pages; each
is summarized, and the summaries are summarized again, level by level, until one remains. Every
block of the document lies in exactly one stretch: nothing is left out to fit.

A model too small to be trusted with that does not write: its summaries are the sentences that say
most of what a stretch says, and of those the ones that say most of the whole (`assistant.quoting`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.dialogue import SectionSummary, Summarizing, Summary
from assistant.engine import Engine, Finish, Sampling, Stats
from assistant.prompting import summary_prompt
from assistant.quoting import SMALL, central_sentences
from ingest.chunking import chunks, sentences
from ingest.documents import Chunk, Document
from ingest.embedding import Embedder

STRETCH_TOKENS = 900
"""Tokens of the document read at once; fewer when the model's context is small."""

SECTION_WORDS = 40
"""Length asked for each stretch's summary."""

WHOLE_WORDS = 80
"""Length asked for the summary of the whole."""

SECTION_SENTENCES, WHOLE_SENTENCES = 2, 4
"""Lengths of summaries that are quoted."""

WORD_TOKENS = 2
"""Room for tokens a word, generous for languages the model's vocabulary splits finely."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive text of one document, read at once."""

    heading: tuple[str, ...]
    """What the headings of its chunks have in common."""
    pages: tuple[int, int] | None
    lines: tuple[int, int] | None
    text: str


class Summarizer:
    """Summarizes documents with one model."""

    def __init__(self, engine: Engine, embedder: Embedder, sampling: Sampling) -> None:
        self._engine = engine
        self._embedder = embedder
        self._sampling = sampling
        # The other half of a small context is for the prompt's wording and what is written.
        self._most = min(STRETCH_TOKENS, engine.context_tokens // 2)

    def summarize(
        self, document: Document, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Summarizing | Summary]:
        """Yields `Summarizing` before each stretch and one `Summary` at the end.

        `cancelled` is polled before every token; what was summarized by then becomes the summary.
        """
        stretches = list(self._stretches(document))
        total = len(stretches) + (len(stretches) > 1)
        sections: list[SectionSummary] = []
        costs: list[Stats] = []
        for done, stretch in enumerate(stretches):
            if cancelled():
                break
            yield Summarizing(done, total, stretch.heading)
            if self._quotes:
                text = self._quoted([stretch.text], SECTION_SENTENCES)
            else:
                text = self._write(
                    stretch.text, document.title, stretch.heading, SECTION_WORDS, costs, cancelled
                )
            sections.append(SectionSummary(stretch.heading, stretch.pages, stretch.lines, text))
        yield Summarizing(len(stretches), total, ())
        summaries = [section.summary for section in sections]
        if self._quotes and len(summaries) > 1:
            summaries = [self._quoted(summaries, WHOLE_SENTENCES)]
        while len(summaries) > 1 and not cancelled():
            merged = [
                self._write(text, document.title, (), WHOLE_WORDS, costs, cancelled)
                for text in self._packed(summaries)
            ]
            # A merge that was broken off says less than what it merges.
            if not cancelled():
                summaries = merged
        yield Summary(
            path=document.path,
            text=" ".join(summaries),
            sections=tuple(sections),
            stats=_added(self._engine.name, costs),
        )

    @property
    def _quotes(self) -> bool:
        return self._engine.parameters < SMALL

    def _quoted(self, texts: Sequence[str], count: int) -> str:
        return " ".join(central_sentences(texts, self._embedder, count))

    def _write(
        self,
        text: str,
        title: str,
        heading: Sequence[str],
        words: int,
        costs: list[Stats],
        cancelled: Callable[[], bool],
    ) -> str:
        prompt = summary_prompt(self._engine, text, title=title, heading=heading, words=words)
        generation = self._engine.generate(
            prompt.tokens,
            self._sampling,
            limit=words * WORD_TOKENS,
            stop=prompt.stop,
            cancelled=cancelled,
        )
        written = "".join(generation).strip()
        costs.append(generation.stats)
        if generation.stats.finish is Finish.LENGTH:
            written = _whole_sentences(written)
        return written

    def _stretches(self, document: Document) -> Iterator[_Stretch]:
        """Packs the document's chunks, in order, as far as they are read at once.

        A new top-level heading begins a new stretch unless the one before is still short.
        """
        packed: list[Chunk] = []
        size = 0
        for chunk in chunks(document, self._count, budget=self._most // 3):
            tokens = self._count(chunk.text)
            turned = bool(packed) and chunk.locator.heading[:2] != packed[-1].locator.heading[:2]
            if packed and (size + tokens > self._most or (turned and size > self._most // 3)):
                yield _stretch(packed)
                packed, size = [], 0
            packed.append(chunk)
            size += tokens
        if packed:
            yield _stretch(packed)

    def _packed(self, summaries: list[str]) -> Iterator[str]:
        """Joins summaries as far as they are read at once; at least two, so that merging comes to an end."""
        joined: list[str] = []
        size = 0
        for summary in summaries:
            tokens = self._count(summary)
            if len(joined) > 1 and size + tokens > self._most:
                yield "\n".join(joined)
                joined, size = [], 0
            joined.append(summary)
            size += tokens
        yield "\n".join(joined)

    def _count(self, text: str) -> int:
        return len(self._engine.tokenize(text))


def _stretch(packed: list[Chunk]) -> _Stretch:
    first, last = packed[0].locator, packed[-1].locator
    shared = 0
    while all(
        len(chunk.locator.heading) > shared and chunk.locator.heading[shared] == first.heading[shared]
        for chunk in packed
    ):
        shared += 1
    return _Stretch(
        heading=first.heading[:shared],
        pages=None if first.page is None or last.page is None else (first.page, last.page),
        lines=None if first.lines is None or last.lines is None else (first.lines[0], last.lines[1]),
        text="\n\n".join(chunk.text for chunk in packed),
    )


def _whole_sentences(text: str) -> str:
    """`text` without the sentence the limit broke off, if that leaves anything."""
    spans = sentences(text)
    return text[: spans[-2][1]] if len(spans) > 1 else text


def _added(model: str, costs: list[Stats]) -> Stats:
    """The figures of several generations as one: sums, and rates over the summed time."""
    prompt_tokens = sum(cost.prompt_tokens for cost in costs)
    reused_tokens = sum(cost.reused_tokens for cost in costs)
    answer_tokens = sum(cost.answer_tokens for cost in costs)
    prefill_s = sum(cost.ttft_ms for cost in costs) / 1000
    total_s = sum(cost.total_ms for cost in costs) / 1000
    decode_s = total_s - prefill_s
    return Stats(
        model=model,
        prompt_tokens=prompt_tokens,
        answer_tokens=answer_tokens,
        ttft_ms=costs[0].ttft_ms if costs else 0.0,
        prefill_tps=(prompt_tokens - reused_tokens) / prefill_s if prefill_s else 0.0,
        decode_tps=(answer_tokens - len(costs)) / decode_s if decode_s else 0.0,
        total_ms=1000 * total_s,
        finish=costs[-1].finish if costs else Finish.CANCELLED,
        reused_tokens=reused_tokens,
        drafted_tokens=sum(cost.drafted_tokens for cost in costs),
        accepted_tokens=sum(cost.accepted_tokens for cost in costs),
    )
