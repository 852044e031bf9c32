"""Ranks the passages of a library for a question, by meaning and by words.

Dense retrieval finds paraphrases and misses rare names; keyword search does the reverse. Both propose
candidates, and every candidate gets both scores. Each score is scaled to the range from its theoretical
minimum to the largest value for this question, and the two are added with weights. Such a convex combination
keeps how much better one candidate is than the next, which rank fusion throws away (Bruch, Gai and Ingber
2023, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 42(1), sections 3 and 4: TM2C2).

The best candidates are then scored again, more closely (`assistant.answers.rescoring`), and the best of these
become passages (`assistant.answers.joining`).
"""

import math
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from assistant.answers.amendments import amendments
from assistant.answers.grounding import content_words
from assistant.answers.identifying import best_fitting, document_fits, lacking, nowhere
from assistant.answers.joining import ScoredChunk, joined_passages, ranked, single_passages
from assistant.answers.questions import without_last_mark
from assistant.answers.reader import Reader
from assistant.answers.reranking import Reranker
from assistant.answers.rescoring import with_readings, with_sentences
from assistant.answers.sentences import QueryFeatures
from assistant.answers.spelling import Speller
from assistant.dialogue import Correction, Reading, Search
from ingest import keywords
from ingest.catalogue import Catalogue, DocumentContent
from ingest.catalogue.fulltext import WIDE
from ingest.embedding import Embedder, Vectors
from ingest.selection import Selection
from ingest.vectors import SPARE, VectorStore, nearest

CANDIDATES = 100
"""Chunks that each of the two searches proposes."""

DENSE_WEIGHT = 0.9
"""Weight of the dense score in the fused score; the rest is the weight of BM25."""

MEANT_CANDIDATES = 15
"""Chunks that the search by meaning proposes besides, of the documents that the question means."""

PHRASE_CHUNKS = 1000
"""Chunks above which two words are no phrase, but often stand together."""

RERANKED = 10
"""The best chunks, which a reranker reorders."""


class Retriever:
    """Searches one library."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: VectorStore,
        embedder: Embedder,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
    ) -> None:
        """
        catalogue, vectors: of the library.
        embedder: the one that made the vectors.
        reader: reads the best results; None to rank without it.
        reranker: reorders the best results; None keeps the order of their scores.
        """
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._reranker = reranker
        self._reader = reader
        self._speller = Speller(catalogue.full_text, embedder)

    def put_right(self, query: str) -> tuple[str, tuple[Correction, ...]]:
        """`query` with its typing errors put right, and what was replaced (`assistant.answers.spelling`)."""
        return self._speller.put_right(" ".join(query.split()))

    def search(
        self,
        query: str,
        k: int,
        *,
        features: QueryFeatures | None = None,
        documents: Sequence[int] | None = None,
        dense_weight: float | None = None,
        spread: bool = False,
        preferred: Collection[str] = (),
        boost: float = 0.0,
    ) -> Search:
        """The `k` passages that answer `query` best, or fewer if there are no more.

        Typing errors in `query` are put right, unless its features are given. The whole search reads one
        snapshot of the catalogue, because files may be stored at the same time.

        features: of the query, if they are known already.
        documents: keys of the documents to search; None for all.
        dense_weight: ranks by the fused score with this weight alone, for comparison: 1 ranks by meaning, 0
        by
            words. None ranks as described above, with the weights that were measured to be best.
        spread: whether the best passage of each document comes before the second best of any.
        preferred: paths of documents that fit the question better than their text says.
        boost: what the scores of their best chunks gain.
        """
        began = time.perf_counter()
        with self._catalogue.unchanged():
            query = " ".join(query.split())
            corrections: tuple[Correction, ...] = ()
            if features is None:
                query, corrections = self.put_right(query)
                features = self.query_features(without_last_mark(query))
            readings: dict[str, Reading] = {}
            if dense_weight is not None:
                scored = self._fused_scores(query, features.vector, dense_weight, documents)
            else:
                weight = DENSE_WEIGHT if features.is_readable else 0.0
                fits = document_fits(self._catalogue, query)
                meant = best_fitting(fits) if documents is None else []
                scored = self._fused_scores(query, features.vector, weight, documents, meant)
                keys = self._catalogue.chunks.documents([chunk.chunk_id for chunk in scored])
                chunk_fits = {chunk: fits[key] for chunk, key in keys.items() if key in fits}
                scored = with_sentences(
                    self._catalogue,
                    features,
                    scored,
                    chunk_fits,
                    preferred,
                    boost,
                    embedder=self._embedder,
                    is_read=self._reader is not None,
                )
                if self._reader is not None and features.is_readable:
                    scored, readings = with_readings(self._catalogue, query, scored, chunk_fits, self._reader)
                if self._reranker is not None:
                    scored = self._reranked(query, scored, self._reranker)
            passages = joined_passages(self._catalogue, query, scored, k, readings, spread=spread)
            documents_of = self._catalogue.chunks.documents([passage.chunk_ids[0] for passage in passages])
            lacks = lacking(self._catalogue, query, set(documents_of.values()))
            passages = tuple(
                replace(passage, lacks=lacks[documents_of[passage.chunk_ids[0]]]) for passage in passages
            )
        return Search(query, passages, 1000 * (time.perf_counter() - began), corrections)

    def amendments(self, paths: Collection[str], question: str) -> tuple[str, ...]:
        """The paths of what amends the documents at `paths` (`assistant.answers.amendments`)."""
        found = amendments(self._catalogue, paths, question).values()
        return tuple(dict.fromkeys(path for others in found for path in others))

    def nowhere(self, question: str) -> tuple[str, ...]:
        """The names and nouns of `question` that no document contains."""
        return nowhere(self._catalogue, question)

    def is_phrase(self, text: str) -> bool:
        """Whether these words stand next to each other in a document."""
        return bool(self._catalogue.full_text.documents_with(keywords.folded(text), PHRASE_CHUNKS))

    def select(self, selection: Selection) -> list[tuple[int, str]]:
        """Key and path of the selected documents that can be searched, by path."""
        return self._catalogue.documents.select(selection)

    def document_keys(self, selection: Selection) -> list[int] | None:
        """The keys of the selected documents, for `search`; None if `selection` selects everything."""
        return [key for key, _ in self.select(selection)] if selection else None

    def unread(self, selection: Selection) -> list[tuple[str, str]]:
        """Path and reason of the selected documents that failed to be indexed."""
        return self._catalogue.documents.unread(selection)

    def contents(self, documents: Sequence[int]) -> Iterator[DocumentContent]:
        """These documents, given by key, with their whole texts."""
        return self._catalogue.documents.contents(documents)

    def contents_at(self, paths: Sequence[str]) -> Iterator[DocumentContent]:
        """The documents at these paths with their whole texts, in order; without those that went away."""
        for path in paths:
            key = self._catalogue.documents.searchable_key(path)
            if key is not None:
                yield from self.contents([key])

    def nearest_documents(self, question: str, documents: Sequence[int], limit: int) -> list[int]:
        """The keys of up to `limit` of `documents` with words of `question`, those with the rarest first."""
        words = self._catalogue.full_text.expand(keywords.terms(question))
        return self._catalogue.full_text.documents(words, limit, among=documents)

    def documents_beginning(self, beginnings: Sequence[str]) -> set[int]:
        """The keys of the documents with a word that begins with one of `beginnings`, which are folded."""
        return self._catalogue.full_text.documents_beginning(beginnings)

    def sources(self) -> list[str]:
        """The paths of the library's sources."""
        return self._catalogue.sources.paths()

    def chunk_count(self, documents: Sequence[int]) -> int:
        """The number of chunks of these documents, given by key."""
        return self._catalogue.chunks.count(documents)

    def query_features(self, question: str) -> QueryFeatures:
        """The features of `question`, with inverse document frequencies among the library's chunks, smoothed.

        An unseen word gets the rarity of a word seen once, because it may be a common one.
        """
        words = content_words(question)
        chunks, frequencies = self._catalogue.full_text.frequencies(words)
        rarity = {word: math.log(1 + chunks / max(1, frequencies[word])) for word in words}
        return QueryFeatures.of(question, rarity, self._embedder)

    def _fused_scores(
        self,
        query: str,
        vector: Vectors,
        dense_weight: float,
        documents: Sequence[int] | None,
        meant: Sequence[int] = (),
    ) -> list[ScoredChunk]:
        """The candidates of both searches with their fused scores, best first.

        vector: the embedding of `query`, shape (dimensions,).
        meant: keys of documents whose nearest chunks are candidates in any case.
        """
        words = self._catalogue.full_text.expand(keywords.terms(query))
        only = None if documents is None else frozenset(documents)
        share = 1.0 if only is None else self._catalogue.chunks.share(only)
        similar = dict(self._nearest(vector, only, share))
        if meant:
            within = self._catalogue.chunks.vector_names(meant)
            similar |= dict(
                nearest(self._vectors, self._catalogue, vector[None], MEANT_CANDIDATES, among=within)
            )
        chunk_ids = self._catalogue.chunks.ids_by_vector(list(similar), documents=only)
        dense = {
            chunk_id: similarity
            for name, similarity in similar.items()
            for chunk_id in chunk_ids.get(name, ())  # A vector may outlive its chunk for a moment.
        }
        sparse = self._catalogue.full_text.scores(words, CANDIDATES, documents=only, share=share)
        sparse |= self._catalogue.full_text.scores(
            words, CANDIDATES, among=[chunk_id for chunk_id in dense if chunk_id not in sparse]
        )
        missing = self._catalogue.chunks.vectors([chunk_id for chunk_id in sparse if chunk_id not in dense])
        dense |= {chunk_id: float(other @ vector) for chunk_id, other in missing.items()}
        best_dense = max(dense.values(), default=0.0)
        best_sparse = max(sparse.values(), default=0.0)
        least = self._embedder.least_similarity
        scored = []
        for chunk_id in dense.keys() | sparse.keys():
            # A chunk that has no vector yet ranks by its words, as if its meaning were unrelated.
            similarity = dense.get(chunk_id, max(least, 0.0))
            bm25 = sparse.get(chunk_id, 0.0)
            scaled_dense = max(0.0, similarity - least) / (best_dense - least) if best_dense > least else 0.0
            scaled_sparse = bm25 / best_sparse if best_sparse > 0.0 else 0.0
            score = dense_weight * scaled_dense + (1.0 - dense_weight) * scaled_sparse
            scored.append(ScoredChunk(chunk_id, similarity, score))
        return ranked(scored)

    def _nearest(
        self, vector: Vectors, documents: frozenset[int] | None, share: float
    ) -> list[tuple[str, float]]:
        """The vectors of the chunks that are nearest to a question, of these documents or of all.

        share: of the library's chunks that are in the documents.
        """
        among: Collection[str] | None = None
        if documents is not None and share < WIDE:
            among = self._catalogue.chunks.vector_names(documents)
        elif documents is not None:
            # So many names would take longer than looking at more of the nearest of all.
            wanted, looked_at = CANDIDATES + SPARE, int(2 * (CANDIDATES + SPARE) / share)
            while True:
                names = self._vectors.propose(vector[None], looked_at)
                among = self._catalogue.chunks.ids_by_vector(names, documents=documents)
                if len(among) >= wanted or looked_at >= len(self._vectors):
                    break
                looked_at *= 4
        return nearest(self._vectors, self._catalogue, vector[None], CANDIDATES, among=among)

    def _reranked(self, query: str, scored: list[ScoredChunk], reranker: Reranker) -> list[ScoredChunk]:
        """The candidates, the first `RERANKED` in the reranker's order. Their scores stay those of the
        search."""
        best = single_passages(self._catalogue, scored[:RERANKED])
        scores = reranker.scores(query, [passage for _, passage in best]) if best else []
        order = sorted(range(len(best)), key=lambda place: -scores[place])
        return [best[place][0] for place in order] + scored[RERANKED:]
