"""Summarizes a whole document of any length, part by part, and says first what matters in its kind.

The document is divided into parts that fit the model, along its headings and pages. Each part is summarized,
and the summaries are summarized again, level by level, until one remains. Every block of the document is in
exactly one part, so nothing is left out to make it fit, except lists of references and tables of contents.

A small model does not write summaries, because it invents things. Its summaries are quoted: the sentences
that represent a part best, and of those the ones that represent the whole best
(`assistant.answers.centrality`). The kind of the document (`assistant.answers.kinds`) decides which sentences
come first, such as the decisions of minutes. Code and spreadsheets are described by computation.

The summary of each part is cached (`SummaryCache`) under a hash of its text and of everything else that
shapes it, so summarizing a document again, or after an interruption, continues from there. What a model wrote
is checked against the document sentence by sentence, as answers are; the document's own sentences need no
check.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from assistant.answers.centrality import central_sentences
from assistant.answers.figures import figures
from assistant.answers.filters import narrowest_name
from assistant.answers.grounding import GroundingChecker, Judgement, content_words
from assistant.answers.kinds import texts
from assistant.answers.kinds.digest import Digest, Extent, Material, PointGroup
from assistant.answers.kinds.pieces import are_separate, readable
from assistant.answers.kinds.recognizing import KINDS, KindRow, material_of, row_of
from assistant.answers.parts import Part, parts_of
from assistant.answers.prompting import summary_prompt
from assistant.answers.quoting import SMALL_MODEL
from assistant.dialogue import Sentence, Verdict
from assistant.engine import Engine, Finish, Sampling, Stats, energy
from assistant.summary import Length, SectionSummary, Summary, SummaryGroup, SummaryKind, SummaryProgress
from ingest.documents import Document
from ingest.embedding import Embedder
from ingest.segmentation import sentence_spans
from policies.hygiene import one_line

PART_TOKENS = 900
"""The largest number of tokens in a part; less if the model's context is small."""

SECTION_WORDS = {Length.SHORT: 25, Length.MEDIUM: 40, Length.LONG: 80}
"""Words that the model is asked for in the summary of a part."""

WHOLE_WORDS = {Length.SHORT: 50, Length.MEDIUM: 120, Length.LONG: 300}
"""Words that the model is asked for in the summary of the whole; the length of a quoted one."""

SECTION_SENTENCES = {Length.SHORT: 1, Length.MEDIUM: 2, Length.LONG: 4}
"""Sentences in the quoted summary of a part."""

MAX_SENTENCES = 40
"""The largest number of sentences in a quoted summary of the whole."""

DIRECT_PARTS = 4
"""Parts up to which a quoted summary of the whole is chosen from all sentences, not from those of the parts'
summaries, which would be too few."""

OWN_WORDS = (SummaryKind.MINUTES, SummaryKind.TRANSCRIPT, SummaryKind.JOURNAL)
"""Kinds whose points follow what a model wrote, in the document's own words."""

TOKENS_PER_WORD = 2
"""Tokens that are allowed for a word. This is enough for languages that the tokenizer splits finely."""


class SummaryCache(Protocol):
    """Summaries of parts by hash. Losing one costs only time."""

    def get(self, key: str) -> str | None:
        """The summary under `key`; None if there is none."""

    def put(self, key: str, summary: str) -> None:
        """Stores a summary under `key`."""


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
        cache: SummaryCache | None = None,
    ) -> None:
        """
        focus: the subject of the summary; empty for everything.
        language: the language to write in; ignored by a model that only quotes.
        cache: where the summaries of parts are looked up and stored; None for nowhere.
        """
        self._engine = engine
        self._embedder = embedder
        self._sampling = sampling
        self._length = length
        self._focus = focus
        self._language = language
        self._cache = cache
        # The other half of a small context is for the prompt's wording and the summary.
        self._part_tokens = min(PART_TOKENS, engine.context_tokens // 2)

    def summarize(
        self, document: Document, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[SummaryProgress | Summary]:
        """Yields a `SummaryProgress` before each part, and one `Summary` at the end.

        cancelled: polled before every token; the parts summarized so far become the summary.
        """
        material = material_of(readable(document))
        row = row_of(material)
        if row.computed:
            yield SummaryProgress(0, 1, ())
            yield self._computed(material, row)
            return
        parts = list(parts_of(material, row.kind, self._token_count, self._part_tokens))
        total = len(parts) + (len(parts) > 1)
        summaries: list[str] = []
        sections: list[SectionSummary] = []
        stats: list[Stats] = []
        for done, part in enumerate(parts):
            if cancelled():
                break
            yield SummaryProgress(done, total, part.heading)
            text = self._summarize_part(document, part, row.kind, stats, cancelled)
            summaries.append(text)
            shown = " ".join(text.split("\n")) if row.kind is not SummaryKind.TRANSCRIPT else text
            sections.append(SectionSummary(part.heading, part.pages, part.lines, shown))
        yield SummaryProgress(len(sections), total, ())
        if self._quotes:
            candidates = [sentence for part in parts[: len(sections)] for sentence in part.sentences]
            if len(parts) > DIRECT_PARTS:
                candidates = [line for summary in summaries for line in summary.split("\n")]
            chosen = self._highlights(candidates, row.kind)
            digest = row.digest(material, Extent(self._length, chosen, self._choose))
            groups = digest.groups
            if self._focus or len(sections) < len(parts) or not groups:
                groups = (PointGroup("", chosen),) if chosen else ()
            quoted = [_quoted(group, material) for group in groups]
        else:
            digest = row.digest(material, Extent(self._length, (), self._choose))
            text = self._merge(summaries, document.title, stats, cancelled)
            written = tuple(self._checked_sentences(text, parts))
            quoted = [SummaryGroup("", written)] if written else []
            if row.kind in OWN_WORDS and not self._focus:
                quoted += [_quoted(group, material) for group in digest.groups if group.heading]
        yield Summary(
            path=document.path,
            kind=row.kind,
            about=digest.about,
            text=_text(quoted),
            groups=tuple(quoted),
            sections=tuple(sections),
            parts=len(parts),
            stats=_total(self._engine.name, stats),
        )

    def overview(self, summaries: Sequence[Summary], title: str) -> str:
        """What several documents say, from their summaries: in the model's words, else a line for each.

        title: what they belong to, such as the name of a folder.
        """
        if not self._quotes:
            return self._merge([summary.text for summary in summaries], title, [], lambda: False)
        paths = [summary.path for summary in summaries]
        return "\n".join(
            f"- {one_line(narrowest_name(summary.path, paths))}: {self._gist(summary)}"
            for summary in summaries
        )

    def _gist(self, summary: Summary) -> str:
        """A document in a line: its most representative point, preceded by its kind if its points are
        grouped."""
        grouped = [group for group in summary.groups if group.heading]
        if not grouped:
            points = [point.text for group in summary.groups for point in group.points]
            return " ".join(self._central(texts.telling(points), 1, summary.kind)) or summary.about
        is_computed = any(row.computed for row in KINDS if row.kind is summary.kind)
        return summary.about if is_computed else f"{summary.about} {grouped[0].points[0].text}"

    @property
    def _quotes(self) -> bool:
        """Whether summaries are quoted."""
        return self._engine.parameters < SMALL_MODEL

    def _computed(self, material: Material, row: KindRow) -> Summary:
        """The summary of a document that is described by computation, as one part."""
        digest = row.digest(material, Extent(self._length, (), self._choose))
        groups = tuple(_quoted(group, material) for group in self._focused(digest))
        text = _text(groups)
        first, last = material.document.blocks[0].locator, material.document.blocks[-1].locator
        return Summary(
            path=material.document.path,
            kind=row.kind,
            about=digest.about,
            text=text,
            groups=groups,
            sections=(SectionSummary((), None, _span(first.lines, last.lines), text),),
            parts=1,
            stats=_total(self._engine.name, []),
        )

    def _focused(self, digest: Digest) -> Sequence[PointGroup]:
        """The groups with only the points that have a word of the focus; all of them if none has."""
        words = content_words(self._focus)
        chosen = [
            PointGroup(group.heading, points)
            for group in digest.groups
            if (points := tuple(point for point in group.points if words & content_words(point)))
        ]
        return chosen or digest.groups

    def _summarize_part(
        self,
        document: Document,
        part: Part,
        kind: SummaryKind,
        stats: list[Stats],
        cancelled: Callable[[], bool],
    ) -> str:
        """The summary of a part, from the cache if it is there; a quoted one has a sentence on each line.

        Appends to `stats` if the model is used.
        """
        inputs = (
            self._engine.digest,
            kind,
            self._length,
            self._focus,
            self._language,
            document.title,
            part.text,
        )
        key = hashlib.sha256("\0".join(inputs).encode("utf-8", "surrogatepass")).hexdigest()
        cached = self._cache.get(key) if self._cache else None
        if cached is not None:
            return cached
        if self._quotes:
            text = "\n".join(self._central(part.sentences, SECTION_SENTENCES[self._length], kind))
        else:
            words = SECTION_WORDS[self._length]
            text = self._generate(part.text, document.title, part.heading, words, stats, cancelled)
        if self._cache and not cancelled():
            self._cache.put(key, text)
        return text

    def _central(
        self, sentences: Sequence[str], count: int, kind: SummaryKind, *, words: int = 0
    ) -> tuple[str, ...]:
        """The sentences that represent the others best, or say most about the focus."""
        if kind is SummaryKind.TEXT and not self._focus:
            return central_sentences(sentences, self._embedder, count, words=words, bonus=texts.worth)
        return central_sentences(sentences, self._embedder, count, words=words, focus=self._focus)

    def _highlights(self, sentences: Sequence[str], kind: SummaryKind) -> tuple[str, ...]:
        """The sentences that represent the whole document, up to the length of a summary."""
        return self._central(sentences, MAX_SENTENCES, kind, words=WHOLE_WORDS[self._length])

    def _choose(self, sentences: Sequence[str], count: int) -> tuple[str, ...]:
        """At most `count` of the sentences, those that represent them best."""
        return central_sentences(sentences, self._embedder, count, focus=self._focus)

    def _merge(
        self, summaries: list[str], title: str, stats: list[Stats], cancelled: Callable[[], bool]
    ) -> str:
        """One summary of several, made level by level."""
        words = WHOLE_WORDS[self._length]
        while len(summaries) > 1 and not cancelled():
            merged = [
                self._generate(text, title, (), words, stats, cancelled) for text in self._packed(summaries)
            ]
            # A cancelled merge says less than the summaries that it merges.
            if not cancelled():
                summaries = merged
        return " ".join(summaries)

    def _generate(
        self,
        text: str,
        title: str,
        heading: Sequence[str],
        words: int,
        stats: list[Stats],
        cancelled: Callable[[], bool],
    ) -> str:
        """A summary of `text` in the model's words. Appends to `stats`."""
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
            limit=words * TOKENS_PER_WORD,
            stop=prompt.stop,
            cancelled=cancelled,
        )
        summary = "".join(generation).strip()
        stats.append(generation.stats)
        if generation.stats.finish is Finish.LENGTH:
            summary = _complete_sentences(summary)
        return summary

    def _checked_sentences(self, text: str, parts: Sequence[Part]) -> Iterator[Sentence]:
        """The sentences of a summary, checked against the document."""
        checker = GroundingChecker([part.passage for part in parts])
        for start, end in sentence_spans(text):
            judgement = checker.check(text[start:end])
            if (
                self._language
                and judgement.verdict is Verdict.UNBACKED
                and not figures(text[start:end]).states
            ):
                # A summary in another language shares no words with the document.
                judgement = Judgement(Verdict.WEAK, "its language is not that of the document")
            yield Sentence(text[start:end], judgement.verdict, judgement.reason, None)

    def _packed(self, summaries: list[str]) -> Iterator[str]:
        """Joins summaries up to the size of a part, and at least two of them, so that merging ends."""
        joined: list[str] = []
        size = 0
        for summary in summaries:
            tokens = self._token_count(summary)
            if len(joined) > 1 and size + tokens > self._part_tokens:
                yield "\n".join(joined)
                joined, size = [], 0
            joined.append(summary)
            size += tokens
        yield "\n".join(joined)

    def _token_count(self, text: str) -> int:
        return len(self._engine.tokenize(text))


def _span(first: tuple[int, int] | None, last: tuple[int, int] | None) -> tuple[int, int] | None:
    """From the first to the last line."""
    return None if first is None or last is None else (first[0], last[1])


def _quoted(group: PointGroup, material: Material) -> SummaryGroup:
    """Points that are the document's own words, or computed from it."""
    points = tuple(Sentence(point, Verdict.BACKED, "", None) for point in group.points)
    return SummaryGroup(group.heading, points, are_separate(group.points, material.pieces))


def _text(groups: Sequence[SummaryGroup]) -> str:
    """The points of a summary as one text: prose, or a list, under its heading if it has one."""
    if not any(group.is_list for group in groups):
        return " ".join(point.text for group in groups for point in group.points)
    return "\n\n".join(
        "\n".join([*filter(None, [group.heading]), *(f"- {point.text}" for point in group.points)])
        for group in groups
    )


def _complete_sentences(text: str) -> str:
    """`text` without its last sentence, which the token limit cut off; all of it if it has only one."""
    spans = sentence_spans(text)
    return text[: spans[-2][1]] if len(spans) > 1 else text


def _total(model: str, stats: list[Stats]) -> Stats:
    """The statistics of several generations as one: sums, and rates over the total time."""
    prompt_tokens = sum(one.prompt_tokens for one in stats)
    reused_tokens = sum(one.reused_tokens for one in stats)
    answer_tokens = sum(one.answer_tokens for one in stats)
    prefill_s = sum(one.ttft_ms for one in stats) / 1000
    total_s = sum(one.total_ms for one in stats) / 1000
    decode_s = total_s - prefill_s
    return Stats(
        model=model,
        prompt_tokens=prompt_tokens,
        answer_tokens=answer_tokens,
        ttft_ms=stats[0].ttft_ms if stats else 0.0,
        prefill_tps=(prompt_tokens - reused_tokens) / prefill_s if prefill_s else 0.0,
        decode_tps=(answer_tokens - len(stats)) / decode_s if decode_s else 0.0,
        total_ms=1000 * total_s,
        finish=stats[-1].finish if stats else Finish.CANCELLED,
        reused_tokens=reused_tokens,
        drafted_tokens=sum(one.drafted_tokens for one in stats),
        accepted_tokens=sum(one.accepted_tokens for one in stats),
        joules=energy.total(one.joules for one in stats),
        battery_share=energy.total(one.battery_share for one in stats),
    )
