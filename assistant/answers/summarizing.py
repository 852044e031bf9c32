"""A whole document, section by section, whatever its length.

The document is divided into stretches that fit the model, along its own headings and pages; each
is summarized, and the summaries are summarized again, level by level, until one remains. Every
block of the document lies in exactly one stretch: nothing is left out to fit.

A model too small to be trusted with that does not write: its summaries are the sentences that say
most of what a stretch says, and of those the ones that say most of the whole (`assistant.answers.quoting`).

The summary of each stretch is cached (`SummaryCache`) under a hash of its text and of everything else that
shapes it, so summarizing a document again, or after an interruption, continues from there. The summary of
the whole document is checked against the document sentence by sentence, as answers are.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.answers.grounding import GroundingChecker, Judgement, numbers
from assistant.answers.prompting import summary_prompt
from assistant.answers.quoting import SMALL, central_sentences
from assistant.dialogue import Length, Passage, SectionSummary, Sentence, Summary, SummaryProgress, Verdict
from assistant.engine import Engine, Finish, Sampling, Stats
from ingest.chunking import chunks
from ingest.documents import Chunk, Document, Locator
from ingest.embedding import Embedder
from ingest.segmentation import sentence_spans

STRETCH_TOKENS = 900
"""Tokens of the document read at once; fewer when the model's context is small."""

SECTION_WORDS = {Length.SHORT: 25, Length.MEDIUM: 40, Length.LONG: 80}
"""Length asked for each stretch's summary."""

WHOLE_WORDS = {Length.SHORT: 50, Length.MEDIUM: 120, Length.LONG: 300}
"""Length asked for the summary of the whole; of one that is quoted, its length."""

SECTION_SENTENCES = {Length.SHORT: 1, Length.MEDIUM: 2, Length.LONG: 4}
"""Length of a stretch's summary that is quoted."""

MOST_SENTENCES = 40
"""Of a summary that is quoted, whatever its length in words."""

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
    title: str
    locator: Locator

    @property
    def passage(self) -> Passage:
        """To hold sentences against."""
        return Passage(1, 1.0, 1.0, self.title, self.text, self.locator, ())


class SummaryCache(Protocol):
    """Summaries of stretches by hash. Losing one costs time alone."""

    def get(self, key: str) -> str | None:
        """The summary kept under `key`."""

    def put(self, key: str, summary: str) -> None:
        """Keeps a summary."""


class Summarizer:
    """Summarizes documents with one model."""

    def __init__(
        self,
        engine: Engine,
        embedder: Embedder,
        sampling: Sampling,
        *,
        length: Length = Length.MEDIUM,
        focus: str = "",
        language: str = "",
        kept: SummaryCache | None = None,
    ) -> None:
        """
        focus: what the summary is to be about; empty for everything.
        language: to write in; a model that only quotes leaves the document's own.
        kept: where the stretches' summaries are looked up and kept.
        """
        self._engine = engine
        self._embedder = embedder
        self._sampling = sampling
        self._length = length
        self._focus = focus
        self._language = language
        self._kept = kept
        # The other half of a small context is for the prompt's wording and what is written.
        self._most = min(STRETCH_TOKENS, engine.context_tokens // 2)

    def summarize(
        self, document: Document, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[SummaryProgress | Summary]:
        """Yields `SummaryProgress` before each stretch and one `Summary` at the end.

        `cancelled` is polled before every token; what was summarized by then becomes the summary.
        """
        stretches = list(self._stretches(document))
        total = len(stretches) + (len(stretches) > 1)
        sections: list[SectionSummary] = []
        costs: list[Stats] = []
        for done, stretch in enumerate(stretches):
            if cancelled():
                break
            yield SummaryProgress(done, total, stretch.heading)
            text = self._section(document, stretch, costs, cancelled)
            sections.append(SectionSummary(stretch.heading, stretch.pages, stretch.lines, text))
        yield SummaryProgress(len(sections), total, ())
        text = self._whole([section.summary for section in sections], document.title, costs, cancelled)
        yield Summary(
            path=document.path,
            text=text,
            sentences=tuple(self._judged(text, stretches)),
            sections=tuple(sections),
            parts=len(stretches),
            stats=_added(self._engine.name, costs),
        )

    def merged(
        self, summaries: Sequence[str], title: str, *, cancelled: Callable[[], bool] = lambda: False
    ) -> str:
        """One summary of several documents' summaries."""
        return self._whole(list(summaries), title, [], cancelled)

    @property
    def _quotes(self) -> bool:
        return self._engine.parameters < SMALL

    def _section(
        self, document: Document, stretch: _Stretch, costs: list[Stats], cancelled: Callable[[], bool]
    ) -> str:
        shaping = (
            self._engine.digest,
            self._length,
            self._focus,
            self._language,
            document.title,
            stretch.text,
        )
        key = hashlib.sha256("\0".join(shaping).encode("utf-8", "surrogatepass")).hexdigest()
        known = self._kept.get(key) if self._kept else None
        if known is not None:
            return known
        if self._quotes:
            count = SECTION_SENTENCES[self._length]
            text = " ".join(central_sentences([stretch.text], self._embedder, count, focus=self._focus))
        else:
            words = SECTION_WORDS[self._length]
            text = self._write(stretch.text, document.title, stretch.heading, words, costs, cancelled)
        if self._kept and not cancelled():
            self._kept.put(key, text)
        return text

    def _whole(
        self, summaries: list[str], title: str, costs: list[Stats], cancelled: Callable[[], bool]
    ) -> str:
        words = WHOLE_WORDS[self._length]
        if self._quotes and len(summaries) > 1:
            return " ".join(
                central_sentences(summaries, self._embedder, MOST_SENTENCES, words=words, focus=self._focus)
            )
        while len(summaries) > 1 and not cancelled():
            merged = [
                self._write(text, title, (), words, costs, cancelled) for text in self._packed(summaries)
            ]
            # A merge that was broken off says less than what it merges.
            if not cancelled():
                summaries = merged
        return " ".join(summaries)

    def _write(
        self,
        text: str,
        title: str,
        heading: Sequence[str],
        words: int,
        costs: list[Stats],
        cancelled: Callable[[], bool],
    ) -> str:
        prompt = summary_prompt(
            self._engine,
            text,
            title=title,
            heading=heading,
            words=words,
            focus=self._focus,
            language=self._language,
        )
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

    def _judged(self, text: str, stretches: Sequence[_Stretch]) -> Iterator[Sentence]:
        """The sentences of a summary, held against the document."""
        grounds = GroundingChecker([stretch.passage for stretch in stretches], self._embedder)
        for start, end in sentence_spans(text):
            judged = grounds.check(text[start:end])
            if self._language and judged.verdict is Verdict.UNBACKED and not numbers(text[start:end]):
                # Written in another language, it shares no words with what it summarizes.
                judged = Judgement(Verdict.WEAK, "it is in another language than the document", None)
            yield Sentence(text[start:end], judged.verdict, judged.reason, None)

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
                yield _stretch(packed, document.title)
                packed, size = [], 0
            packed.append(chunk)
            size += tokens
        if packed:
            yield _stretch(packed, document.title)

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


def _stretch(packed: list[Chunk], title: str) -> _Stretch:
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
        title=title,
        locator=first,
    )


def _whole_sentences(text: str) -> str:
    """`text` without the sentence the limit broke off, if that leaves anything."""
    spans = sentence_spans(text)
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
