"""Turns ranked chunks into the passages that are shown.

Chunks are small, so that they rank sharply. Neighbours among the best ones are joined again into one passage,
verbatim as in the document. A text that several documents repeat is shown once, with the paths of the others;
so is a message that a reply quotes in part. Of several versions of a document (`assistant.answers.versions`),
no passage of an earlier one comes before the latest, unless the question asks for an earlier one. The passage
of the latest names the earlier ones.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answers.versions import later_versions
from assistant.dialogue import AnswerSpan, Passage, Reading
from ingest.catalogue import Catalogue
from ingest.documents import Chunk
from ingest.segmentation import unit_spans

PASSAGE_CHUNKS = 4
"""The largest number of neighbouring chunks that are joined into one passage."""

REACH = 4
"""For k passages, the best `REACH` * k chunks are considered for joining."""

SPREAD_REACH = 12
"""The same factor if passages are spread over documents."""

EQUAL_SCORE = 0.97
"""Share of the best score from which on a passage fits the question as well as the best one."""

EQUAL_WORDS = 0.6
"""Share of the words of two passages that both contain, from which on they say the same of two things."""

REPEATED_SHARE = 0.8
"""Share of a quoted message, in characters, that the original must contain."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """A candidate."""

    chunk_id: str
    similarity: float
    """Cosine similarity of question and chunk, -1 to 1."""
    score: float
    """0 to 1."""


def ranked(scored: Sequence[ScoredChunk]) -> list[ScoredChunk]:
    """Best first; equal scores by id, so that the order is always the same."""
    return sorted(scored, key=lambda chunk: (-chunk.score, chunk.chunk_id))


def single_passages(catalogue: Catalogue, scored: Sequence[ScoredChunk]) -> list[tuple[ScoredChunk, Passage]]:
    """Each candidate that still exists, with its chunk as a passage."""
    with catalogue.unchanged():
        chunks = catalogue.chunks.by_id([candidate.chunk_id for candidate in scored])
        return [
            (candidate, _passage(catalogue, rank, candidate, [chunks[candidate.chunk_id]], {}))
            for rank, candidate in enumerate(scored, start=1)
            if candidate.chunk_id in chunks
        ]


def joined_passages(
    catalogue: Catalogue,
    question: str,
    scored: Sequence[ScoredChunk],
    k: int,
    readings: Mapping[str, Reading],
    *,
    spread: bool,
) -> tuple[Passage, ...]:
    """The first `k` passages. The catalogue must not change meanwhile.

    readings: what the reader made of chunks, by their ids.
    spread: whether the best passage of each document comes before the second best of any.
    """
    considered = scored[: k * (SPREAD_REACH if spread else REACH)]
    chunks = catalogue.chunks.by_id([candidate.chunk_id for candidate in considered])
    # A candidate without a chunk was removed while the search was running.
    existing = [candidate for candidate in considered if candidate.chunk_id in chunks]
    found_in = [chunks[candidate.chunk_id].locator.path for candidate in existing]
    near = frozenset(list(dict.fromkeys(found_in))[: 2 * k])

    def opening(path: str) -> str:
        first = catalogue.chunks.of_document(path, 0, 1) if path in near else []
        return "".join(chunk.text for chunk in first)

    latest = later_versions(frozenset(found_in), question, opening)

    def order(place: int) -> float:
        """The place of a candidate, after the first of the latest version if it is of an earlier one."""
        path = found_in[place]
        return max(place, found_in.index(latest[path]) + 0.5) if path in latest else place

    existing = [existing[place] for place in sorted(range(len(existing)), key=order)]
    groups: list[tuple[ScoredChunk, list[Chunk]]] = []
    paths: dict[str, list[str]] = {}
    """The documents that contain a text, by its words; the first one is shown."""
    originals = _originals(chunks.values())
    for candidate in existing:
        chunk = chunks[candidate.chunk_id]
        if chunk.locator.is_quote and _is_in(chunk, originals):
            continue
        repeated = paths.setdefault(_words(chunk), [])
        repeated.append(chunk.locator.path)
        if len(repeated) > 1:
            continue
        neighbours = next((members for _, members in groups if _adjoins(chunk, members)), None)
        if neighbours is not None:
            neighbours.append(chunk)
        elif len(groups) < k or spread:
            groups.append((candidate, [chunk]))
    if spread:
        groups = _spread(groups)[:k]
    result = []
    for rank, (best, members) in enumerate(groups, start=1):
        members.sort(key=lambda chunk: chunk.ordinal)
        path = members[0].locator.path
        others = {other for chunk in members for other in paths[_words(chunk)]} - {path}
        earlier = {other for other, later in latest.items() if later == path}
        passage = _passage(catalogue, rank, best, members, readings)
        result.append(replace(passage, also=tuple(sorted(others - earlier)), earlier=tuple(sorted(earlier))))
    return tuple(result)


def alike(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The best passage and those of other documents that fit as well and say the same in other numbers or
    names, one for each document; empty if there are none.

    The question then does not say which document it means.
    """
    found: dict[str, Passage] = {}
    for passage in passages:
        best = passages[0]
        words, other = (set(_WORD.findall(text.text.casefold())) for text in (best, passage))
        is_equal = passage.score >= EQUAL_SCORE * best.score and (
            len(words & other) >= EQUAL_WORDS * len(words | other)
        )
        if is_equal and passage.locator.path not in best.earlier:
            found.setdefault(passage.locator.path, passage)
    return tuple(found.values()) if len(found) > 1 else ()


def _words(chunk: Chunk) -> str:
    """The words and numbers of a chunk: what makes it the same text as another."""
    return " ".join(_WORD.findall(chunk.text.casefold())) or chunk.id


def _originals(chunks: Iterable[Chunk]) -> list[str]:
    """The words of each document's own text, without what it quotes of earlier messages."""
    by_document: dict[str, list[Chunk]] = {}
    for chunk in sorted(chunks, key=lambda chunk: chunk.ordinal):
        if not chunk.locator.is_quote:
            by_document.setdefault(chunk.document_id, []).append(chunk)
    return [f" {' '.join(map(_words, own))} " for own in by_document.values()]


def _is_in(quote: Chunk, originals: Sequence[str]) -> bool:
    """Whether most sentences of a quoted message are in the original messages."""
    sentences = [_words(replace(quote, text=quote.text[start:end])) for start, end in unit_spans(quote.text)]
    total = sum(map(len, sentences))
    found = sum(len(words) for words in sentences if any(f" {words} " in text for text in originals))
    return found >= REPEATED_SHARE * total


def _passage(
    catalogue: Catalogue,
    rank: int,
    best: ScoredChunk,
    members: Sequence[Chunk],
    readings: Mapping[str, Reading],
) -> Passage:
    """The passage of consecutive chunks, with the score of the best one."""
    first, last = members[0].locator, members[-1].locator
    lines = None if first.lines is None or last.lines is None else (first.lines[0], last.lines[1])
    locator = replace(first, lines=lines, chars=(first.chars[0], last.chars[1]))
    document = members[0].document_id
    return Passage(
        rank=rank,
        score=best.score,
        similarity=best.similarity,
        title=catalogue.documents.title(document),
        text=catalogue.documents.text(document, locator) if len(members) > 1 else members[0].text,
        locator=locator,
        chunk_ids=tuple(chunk.id for chunk in members),
        reading=_joined(members, readings),
    )


def _joined(members: Sequence[Chunk], readings: Mapping[str, Reading]) -> Reading | None:
    """What the reader makes of consecutive chunks as one text: the best that it makes of any."""
    first = members[0].locator.chars[0]
    read = [(chunk.locator.chars[0] - first, readings[chunk.id]) for chunk in members if chunk.id in readings]
    if not read:
        return None
    spans = [
        AnswerSpan(span.start + offset, span.end + offset, span.probability)
        for offset, reading in read
        for span in reading.spans
    ]
    spans.sort(key=lambda span: -span.probability)
    return Reading(max(reading.answers for _, reading in read), tuple(spans))


def _spread(groups: list[tuple[ScoredChunk, list[Chunk]]]) -> list[tuple[ScoredChunk, list[Chunk]]]:
    """The best group of every document, then the second best of every document, and so on."""
    seen: Counter[str] = Counter()
    rounds = []
    for group in groups:
        document = group[1][0].document_id
        rounds.append((seen[document], group))
        seen[document] += 1
    return [group for _, group in sorted(rounds, key=lambda item: item[0])]


def _adjoins(chunk: Chunk, members: list[Chunk]) -> bool:
    """Whether `chunk` comes directly before or after one of `members`, on the same page and under their
    heading."""
    return (
        len(members) < PASSAGE_CHUNKS
        and chunk.document_id == members[0].document_id
        and chunk.locator.page == members[0].locator.page
        and chunk.locator.heading == members[0].locator.heading
        and any(abs(chunk.ordinal - member.ordinal) == 1 for member in members)
    )
