"""A question to ranked passages: by meaning and by words, fused.

Dense retrieval finds paraphrases and misses rare names; keyword search does the reverse. Both
propose candidates, every candidate gets both scores, and the two are added after each is put on
a scale from its theoretical minimum to the best value seen for this question: a convex
combination, which keeps how much better one candidate is than the next where rank fusion throws
it away (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval",
ACM TOIS 42(1), sections 3 and 4: TM2C2).

Then the sentences of the best are read (`assistant.answers.sentences`), and the best of each counts too: a
chunk is ranked by what it holds together, not by what it holds somewhere.

Chunks are small so that they rank sharply; neighbours that rank are joined again into one
passage, verbatim as the document has it.
"""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answers.grounding import content_words
from assistant.answers.reranking import Reranker
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.dialogue import Passage, Search
from ingest import keywords
from ingest.catalogue import Catalogue
from ingest.documents import Chunk
from ingest.embedding import Embedder, Vectors
from ingest.selection import Selection
from ingest.vectors import VectorIndex

CANDIDATES = 100
"""Chunks each of the two searches proposes."""

DENSE_WEIGHT = 0.75
"""Share of the dense score in the fused one; the rest is BM25's."""

READ = 15
"""The best chunks, whose sentences are read."""

FUSED, HELD, NEAR = 0.6, 0.15, 0.25
"""Shares in a read chunk's score: of the fused score, of the question's rare words that its best sentence
holds, and of the cosine of its nearest one."""

PASSAGE_CHUNKS = 4
"""Most neighbouring chunks joined into one passage."""

REACH = 4
"""For k passages, the best k times this many chunks may join one of them."""

RERANKED = 10
"""The best chunks, which a reranker reads."""

SPREAD_REACH = 12
"""The same, when they are spread over documents."""


@dataclass(frozen=True, slots=True)
class _Scored:
    """A candidate."""

    chunk_id: str
    similarity: float
    """Cosine of question and chunk, -1 to 1."""
    score: float
    """0 to 1."""


class Retriever:
    """Searches one library."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: VectorIndex,
        embedder: Embedder,
        reranker: Reranker | None = None,
    ) -> None:
        """reranker: orders the best that was found; None leaves it by its score."""
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._reranker = reranker

    def search(
        self,
        query: str,
        k: int,
        *,
        wanted: QueryFeatures | None = None,
        documents: Sequence[int] | None = None,
        dense_weight: float | None = None,
        spread: bool = False,
    ) -> Search:
        """The `k` passages that answer `query` best; fewer when there are no more.

        wanted: what it asks for, where that is known already.
        documents: keys of the only documents that are searched; None for all.
        dense_weight: 1 ranks by meaning alone, 0 by words alone, and nothing is read, to compare with; None
            ranks as was measured best.
        spread: takes from each document its best passage before the second best of any.
        """
        began = time.perf_counter()
        query = " ".join(query.split())
        wanted = wanted or self.features(query)
        weight = DENSE_WEIGHT if dense_weight is None else dense_weight
        scored = self._scores(query, wanted.vector, weight, documents)
        if dense_weight is None:
            scored = self._read(wanted, scored)
            if self._reranker is not None:
                scored = self._reranked(query, scored, self._reranker)
        passages = self._passages(scored, k, spread)
        return Search(query, passages, 1000 * (time.perf_counter() - began))

    def select(self, selection: Selection) -> list[tuple[int, str]]:
        """The documents that can be searched and that `selection` holds: key and path, by path."""
        return self._catalogue.documents.select(selection)

    def document_keys(self, selection: Selection) -> list[int] | None:
        """The keys of the selected documents, for `search`; None if `selection` selects everything."""
        return [key for key, _ in self.select(selection)] if selection else None

    def unread(self, selection: Selection) -> list[tuple[str, str]]:
        """The documents that would be selected and could not be read: path and reason."""
        return self._catalogue.documents.unread(selection)

    def size(self, documents: Sequence[int]) -> int:
        """How many chunks these documents have."""
        return self._catalogue.chunks.count(documents)

    def features(self, question: str) -> QueryFeatures:
        """What `question` asks for; a word is as rare as it is among the library's chunks (inverse document
        frequency, smoothed).

        One that stands nowhere is as rare as one that stands once: it may be a plain one.
        """
        words = content_words(question)
        chunks, bearing = self._catalogue.full_text.frequencies(words)
        rarity = {word: math.log(1 + chunks / max(1, bearing[word])) for word in words}
        return QueryFeatures.of(question, rarity, self._embedder)

    def _scores(
        self, query: str, vector: Vectors, dense_weight: float, documents: Sequence[int] | None
    ) -> list[_Scored]:
        """The candidate chunks for `query`, which means `vector`, with their fused scores, best first."""
        words = self._catalogue.full_text.expand(keywords.terms(query))
        among = None if documents is None else self._catalogue.chunks.vector_names(documents)
        nearest = dict(self._vectors.nearest(vector[None], CANDIDATES, among=among))
        bearers = self._catalogue.chunks.ids_by_vector(list(nearest), documents=documents)
        dense = {
            chunk_id: similarity
            for name, similarity in nearest.items()
            for chunk_id in bearers.get(name, ())  # A vector may outlive its chunk for a moment.
        }
        sparse = self._catalogue.full_text.scores(words, CANDIDATES, documents=documents)
        sparse |= self._catalogue.full_text.scores(
            words, CANDIDATES, among=[chunk_id for chunk_id in dense if chunk_id not in sparse]
        )
        missing = self._catalogue.chunks.vectors([chunk_id for chunk_id in sparse if chunk_id not in dense])
        dense |= {chunk_id: float(held @ vector) for chunk_id, held in missing.items()}
        best_dense = max(dense.values(), default=0.0)
        best_sparse = max(sparse.values(), default=0.0)
        found = []
        for chunk_id in dense.keys() | sparse.keys():
            # A chunk whose vector is still to come ranks by its words, as if unrelated in meaning.
            similarity = dense.get(chunk_id, 0.0)
            bm25 = sparse.get(chunk_id, 0.0)
            near = (similarity + 1.0) / (best_dense + 1.0) if best_dense > -1.0 else 0.0
            worded = bm25 / best_sparse if best_sparse > 0.0 else 0.0
            fused = dense_weight * near + (1.0 - dense_weight) * worded
            found.append(_Scored(chunk_id, similarity, fused))
        return _ranked(found)

    def _read(self, wanted: QueryFeatures, scored: list[_Scored]) -> list[_Scored]:
        """The same with the sentences of the best; the others are as if theirs held nothing."""
        best = self._alone(scored[:READ])
        sentences = SentenceIndex([passage for _, passage in best], self._embedder)
        held = sentences.best_of_passages(sentences.shares(wanted))
        near = sentences.best_of_passages(sentences.similarities(wanted))
        return _ranked(
            [
                replace(each, score=FUSED * each.score + HELD * float(share) + NEAR * float(similarity))
                for (each, _), share, similarity in zip(best, held, near, strict=True)
            ]
            + [replace(each, score=FUSED * each.score) for each in scored[READ:]]
        )

    def _reranked(self, query: str, scored: list[_Scored], reranker: Reranker) -> list[_Scored]:
        """The same, the best in the reranker's order; their scores stay those of the search."""
        best = self._alone(scored[:RERANKED])
        marks = reranker.scores(query, [passage for _, passage in best]) if best else []
        order = sorted(range(len(best)), key=lambda place: -marks[place])
        return [best[place][0] for place in order] + scored[RERANKED:]

    def _alone(self, scored: Sequence[_Scored]) -> list[tuple[_Scored, Passage]]:
        """Each that is still there, as a passage of one chunk."""
        chunks = self._catalogue.chunks.by_id([candidate.chunk_id for candidate in scored])
        return [
            (each, self._passage(rank, each, [chunks[each.chunk_id]]))
            for rank, each in enumerate(scored, start=1)
            if each.chunk_id in chunks
        ]

    def _passages(self, scored: list[_Scored], k: int, spread: bool) -> tuple[Passage, ...]:
        """Joins neighbours among the best, leaves out what is said twice and keeps the first `k` passages."""
        reached = scored[: k * (SPREAD_REACH if spread else REACH)]
        chunks = self._catalogue.chunks.by_id([candidate.chunk_id for candidate in reached])
        groups: list[tuple[_Scored, list[Chunk]]] = []
        said: set[str] = set()
        for candidate in reached:
            chunk = chunks.get(candidate.chunk_id)
            if chunk is None:  # Removed while the search ran.
                continue
            text = " ".join(chunk.text.split())
            if text in said:
                continue
            said.add(text)
            home = next((members for _, members in groups if _adjoins(chunk, members)), None)
            if home is not None:
                home.append(chunk)
            elif len(groups) < k or spread:
                groups.append((candidate, [chunk]))
        if spread:
            groups = _spread(groups)[:k]
        return tuple(
            self._passage(rank, best, sorted(members, key=lambda chunk: chunk.ordinal))
            for rank, (best, members) in enumerate(groups, start=1)
        )

    def _passage(self, rank: int, best: _Scored, members: list[Chunk]) -> Passage:
        first, last = members[0].locator, members[-1].locator
        lines = None if first.lines is None or last.lines is None else (first.lines[0], last.lines[1])
        locator = replace(first, lines=lines, chars=(first.chars[0], last.chars[1]))
        document = members[0].document_id
        return Passage(
            rank=rank,
            score=best.score,
            similarity=best.similarity,
            title=self._catalogue.documents.title(document),
            text=self._catalogue.documents.text(document, locator) if len(members) > 1 else members[0].text,
            locator=locator,
            chunk_ids=tuple(chunk.id for chunk in members),
        )


def _ranked(scored: list[_Scored]) -> list[_Scored]:
    return sorted(scored, key=lambda each: (-each.score, each.chunk_id))


def _spread(groups: list[tuple[_Scored, list[Chunk]]]) -> list[tuple[_Scored, list[Chunk]]]:
    """The best of every document, then the second best, and so on."""
    seen: Counter[str] = Counter()
    turns = []
    for group in groups:
        document = group[1][0].document_id
        turns.append((seen[document], group))
        seen[document] += 1
    return [group for _, group in sorted(turns, key=lambda turn: turn[0])]


def _adjoins(chunk: Chunk, members: list[Chunk]) -> bool:
    """Whether `chunk` stands directly before or after `members`, on their page and under their heading."""
    return (
        len(members) < PASSAGE_CHUNKS
        and chunk.document_id == members[0].document_id
        and chunk.locator.page == members[0].locator.page
        and chunk.locator.heading == members[0].locator.heading
        and any(abs(chunk.ordinal - member.ordinal) == 1 for member in members)
    )
