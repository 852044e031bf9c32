"""Decides whether the results of a search answer a question, and which sentences do.

The smallest set of passages that answers is used: those of the documents that a follow-up depends on, those
of the latest versions, or all of them. Rules and the reader decide (`assistant.answers.abstaining`), and a
larger model is asked as well. If the document that answers is amended (`assistant.answers.amendments`), the
amendment is searched and read as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.answers import abstaining
from assistant.answers.amendments import amending_quotes, to_end_of_clause
from assistant.answers.excerpts import excerpts
from assistant.answers.prompting import NO, YES, check_prompt
from assistant.answers.questions import Understood, asks_yes_or_no
from assistant.answers.quoting import SMALL_MODEL, another_day_says_more, quotable
from assistant.answers.recency import asked_latest, latest_statement
from assistant.answers.retrieval import Retriever
from assistant.answers.rows import is_one_of_several
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.answers.showing import shown, shown_quote
from assistant.answers.terms import defines
from assistant.answers.versions import without_earlier
from assistant.dialogue import Asking, Passage, Search, State
from assistant.engine import Engine
from ingest.embedding import Embedder
from ingest.selection import Selection

AMENDING_PASSAGES = 5
"""Passages of an amendment that are read."""

CHECKED_TOKENS = 160
"""The most tokens of the best sentence and its neighbours that a larger model reads to check it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What passages say about a question."""

    sentences: SentenceIndex
    """Those of the passages."""
    quotes: tuple[Passage, ...]
    """The sentences that would be quoted."""
    confidence: float
    """The probability that they are the answer, 0 to 1."""
    state: State
    """What the reply is."""
    is_sure: bool
    """Whether the quotes, if they are an answer, surely answer what was asked."""
    amending: tuple[Passage, ...] = ()
    """The clause of an amendment that belongs before the quotes, because it may replace them."""
    amendment: tuple[Passage, ...] = ()
    """The passages of the amendment that the clause is from."""

    def amended(self, quotes: Sequence[Passage]) -> tuple[Passage, ...]:
        """The clause of an amendment and then `quotes`, without those that it contains."""
        said = [clause.text for clause in self.amending]
        return *self.amending, *(quote for quote in quotes if not any(quote.text in text for text in said))

    def with_amendment(self, found: Sequence[Passage]) -> tuple[Passage, ...]:
        """The passages that were found, and then those of an amendment that are not among them."""
        known = {chunk for passage in found for chunk in passage.chunk_ids}
        added = [passage for passage in self.amendment if known.isdisjoint(passage.chunk_ids)]
        return *found, *(replace(new, rank=rank) for rank, new in enumerate(added, start=len(found) + 1))


class Decider:
    """Decides for one library and one model."""

    def __init__(self, retriever: Retriever, embedder: Embedder, engine: Callable[[], Engine]) -> None:
        """
        retriever: of the library. embedder: the one that it uses.
        engine: returns the engine, and opens it on the first call.
        """
        self._retriever = retriever
        self._embedder = embedder
        self._engine = engine

    def decide(
        self, understood: Understood, features: QueryFeatures, search: Search, asking: Asking
    ) -> Decision:
        """What the passages that were found say about a question.

        features: of the text of `understood`. asking: the request that `search` was made for.
        """
        meant, _ = abstaining.about_the_question(search.passages)
        latest = without_earlier(meant)
        own = _within(latest, understood)
        for passages in dict.fromkeys(filter(None, (own, latest, meant))) or [()]:
            decision = self._decided(understood.text, features, passages)
            if decision.state is State.ANSWERED:
                break
        is_there = not understood.is_elsewhere([quote.locator.path for quote in decision.quotes])
        decision = self._latest(understood.text, features, decision)
        decision = replace(decision, is_sure=decision.is_sure and is_there)
        return self._amended(understood.text, features, decision, asking.selection)

    def _amended(
        self, query: str, features: QueryFeatures, decision: Decision, selection: Selection
    ) -> Decision:
        """The decision with what an amendment of the quoted documents says about an answered question: its
        own answer, or else its sentence about the same thing. The answer is then not sure."""
        if decision.state is not State.ANSWERED:
            return decision
        amending = self._retriever.amendments({quote.locator.path for quote in decision.quotes}, query)
        if decision.quotes[0].locator.path in amending:
            return decision
        selected = self._retriever.select(selection) if amending else ()
        keys = {path: key for key, path in selected}
        for path in filter(keys.__contains__, amending):
            found = self._retriever.search(
                query, AMENDING_PASSAGES, features=features, documents=[keys[path]]
            )
            own = self._decided(query, features, found.passages)
            quotes = own.quotes[:1] if own.state is State.ANSWERED else ()
            base = [quote for quote in decision.quotes if quote.locator.path not in amending]
            quotes = quotes or amending_quotes(features, own.sentences, base)
            if quotes:
                clause = to_end_of_clause(quotes[0], found.passages)
                return replace(decision, is_sure=False, amending=(clause,), amendment=found.passages)
        return decision

    def _decided(self, query: str, features: QueryFeatures, passages: Sequence[Passage]) -> Decision:
        """Whether `passages` answer a question, and by which sentences."""
        calibration = abstaining.calibration(self._embedder.fingerprint, features)
        sentences = SentenceIndex(passages, self._embedder)
        covered = abstaining.confidence(abstaining.signals(features, sentences), calibration)
        quotes = quotable(features, sentences)
        confidence = abstaining.confidence_read(covered, passages, quotes)
        is_defined = bool(quotes) and defines(quotes[0].text, features.term)
        if is_defined:
            confidence = abstaining.DEFINED
        state = abstaining.decide(confidence, covered, calibration.threshold, quotes)
        if state is not State.NOT_FOUND:
            # The search found the subject, whatever the rules and the model say.
            state = State.CLOSEST
            # "What is chargeable weight" asks for words and not for a weight.
            if is_defined or not abstaining.is_ruled_out(query, features, quotes, passages):
                confidence = self._checked(query, quotes, sentences, confidence)
                decided = abstaining.decide(confidence, covered, calibration.threshold, quotes)
                state = State.ANSWERED if decided is State.ANSWERED else State.CLOSEST
        is_sure = abstaining.is_sure(query, confidence, quotes)
        is_sure = is_sure and not is_one_of_several(query, quotes, passages)
        is_sure = is_sure and not another_day_says_more(features, sentences, quotes)
        return Decision(sentences, quotes, confidence, state, is_sure)

    def _latest(self, query: str, features: QueryFeatures, decision: Decision) -> Decision:
        """The decision for the latest statement, if an answered question asks for it; it is sure only if no
        other can be later."""
        thing = asked_latest(query)
        if not thing or decision.state is not State.ANSWERED:
            return decision
        passages = decision.sentences.passages
        paths = list(dict.fromkeys(passage.locator.path for passage in passages))
        pages = {
            (content.path, number): page
            for content in self._retriever.contents_at(paths)
            for number, page in enumerate(content.pages, start=1)
        }
        part, is_latest = latest_statement(thing, decision.quotes, passages, pages)
        if part is None:
            return replace(decision, is_sure=decision.is_sure and is_latest)
        latest = self._decided(query, features, [part])
        is_sure = latest.is_sure and is_latest and latest.state is State.ANSWERED
        return replace(latest, state=State.ANSWERED, is_sure=is_sure)

    def _checked(
        self, query: str, quotes: Sequence[Passage], sentences: SentenceIndex, confidence: float
    ) -> float:
        """The confidence in `quotes` once a larger model has read the first of them with its neighbours.

        A model below a billion parameters says yes and no by chance, and no model can say yes to a question
        that itself asks for yes or no. Then the confidence stays as it is, as it does without the reader.
        """
        is_read = any(quote.reading is not None for quote in quotes)
        if not is_read or asks_yes_or_no(query) or (engine := self._engine()).parameters < SMALL_MODEL:
            return confidence
        row = shown_quote(quotes[0], sentences.passages)
        (excerpt,) = excerpts(quotes[:1], sentences)
        # The row of a table means nothing without the names of its columns.
        text = replace(quotes[0], text=row) if row != shown(quotes[0].text) else excerpt
        prompt = check_prompt(engine, query, text, reading=CHECKED_TOKENS)
        return abstaining.confidence_checked(confidence, engine.log_odds(prompt.tokens, YES, NO))


def _within(passages: tuple[Passage, ...], understood: Understood) -> tuple[Passage, ...]:
    """The `passages` of the documents that a question depends on."""
    if not understood.depends:
        return ()
    return tuple(passage for passage in passages if passage.locator.path in understood.preferred)
