"""Answers one question: search, decide whether to answer, generate, check and cite.

A follow-up question is joined with the question it depends on. A question for a count, a list, a sum or a
cell is computed (`assistant.answers.computing`), without a search and without a model. If the search results
do not contain the answer, the reply says so. A model with a billion parameters or more reads whole passages,
and its words are streamed. A smaller one reads only the best sentences. Its wording is used if those
sentences support all of it and it repeats most of the best one; otherwise the sentences themselves are the
answer.

The program checks every sentence that is shown against the passages (`assistant.answers.grounding`).

This module is long because every way to answer shares one decision, one check and one receipt.

Nothing here opens a file or a model. The retriever is passed in, and so is a function that returns the
engine; it is called only when the model is needed, so a question without an answer in the library loads no
model.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from assistant.answers import abstaining
from assistant.answers.citing import CitedText, as_unsure, citing_marker
from assistant.answers.combining import ask_in_parts
from assistant.answers.computing import computed_answer, computed_reply
from assistant.answers.deciding import Decider, Decision
from assistant.answers.dividing import divided
from assistant.answers.excerpts import excerpts
from assistant.answers.exhaustive import ExhaustiveResult, gather
from assistant.answers.grounding import GroundingChecker, content_words
from assistant.answers.identifying import without_contained
from assistant.answers.prompting import Prompt, answer_prompt
from assistant.answers.questions import (
    Understood,
    asks_for_source,
    asks_yes_or_no,
    expects_several_documents,
    understand,
    without_last_mark,
)
from assistant.answers.quoting import (
    QUOTED_SENTENCES,
    SMALL_MODEL,
    best_of_alike,
    best_sentences,
    closest,
    quotable,
    without_needless,
)
from assistant.answers.retrieval import Retriever
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.answers.showing import shown_quote
from assistant.answers.stating import state as state_computed
from assistant.answers.tablereading import TableReading, read_tables
from assistant.answers.wanted import asks_for_mentions
from assistant.answers.wordforms import adds_numbers, mixes_languages, repeats_words
from assistant.answers.wording import CLOSEST, headline
from assistant.dialogue import (
    DEFAULT_ASKING,
    Answer,
    AnswerText,
    Asking,
    Coverage,
    Event,
    Mode,
    Passage,
    Receipt,
    Search,
    SearchFinished,
    Sentence,
    State,
    Verdict,
)
from assistant.engine import Engine, Finish, Generation, Sampling
from assistant.errors import QuestionTooLong
from ingest.embedding import Embedder
from ingest.segmentation import CONTENTS_LINE
from policies.hygiene import as_text

MOST_MISSING = 3
"""Words of the question of which a reply says that the documents do not mention them."""

CLOSEST_PASSAGES = 3
"""Passages that are shown as the closest."""

CLOSEST_LENGTH = 600
"""Characters up to which a closest passage is extended beyond the best sentence and its neighbours. For 49 of
81 questions about private documents that got no answer, the passages then contain it; otherwise for 39."""

TABLE_DOCUMENTS = 3
"""Documents whose tables are read: the first that the search found."""

PICKED_SENTENCES = 5
"""Sentences that a larger model reads with their neighbours."""

READ_TOKENS = 420
"""Tokens of them in a prompt: a model of 1.5 billion parameters reads 85 a second on two cores."""

MIN_REPEATED_SHARE = 0.6
"""Share of the content words of the best sentence that a small model's wording must repeat. A small model
often leaves out exactly the answer: for questions whose two sentences contained the answer in 93% of the
cases, its wording was right for 61% without this condition, and for 82% with it."""

SURE = 0.5
"""The probability from which the words that the reader takes for the answer must be in a model's wording."""

LONGEST_QUESTION = 4000
"""Characters. A longer question is refused at once."""


def _with_its_sources(question: str, query: str, last: Answer) -> Iterator[Event]:
    """The last answer again, with its sources, for a question that asks where it is from."""
    yield SearchFinished(Search(query, last.passages, 0.0))
    if last.state is State.ANSWERED:
        yield AnswerText(last.text, last.is_unsure)
    yield replace(last, question=question, query=query, stats=None, corrections=(), left_out=0)


def require_short(question: str) -> None:
    """Raises `QuestionTooLong` for a question of more than `LONGEST_QUESTION` characters."""
    if len(question) > LONGEST_QUESTION:
        raise QuestionTooLong(
            f"The question is {len(question):,} characters long; the limit is {LONGEST_QUESTION:,}.",
            remedy="Ask in a sentence or two. A long text can be saved as a file and summarized.",
        )


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """How much is read and generated for an answer."""

    passages: int
    """The largest number of passages."""
    prompt_tokens: int
    """The largest number of tokens in the prompt."""
    answer_tokens: int
    """The largest number of tokens that are generated."""


@dataclass(frozen=True, slots=True)
class _SearchResult:
    """A question with its search results."""

    question: str
    query: str
    passages: tuple[Passage, ...]
    decision: Decision
    is_sure: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """The passages that were found for a question, and the decision whether they answer it."""

    features: QueryFeatures
    search: Search
    decision: Decision


@dataclass(frozen=True, slots=True)
class _CheckedText:
    """The text of an answer whose sentences are all backed."""

    text: str
    sentences: tuple[Sentence, ...]
    checker: GroundingChecker


class Answerer:
    """Answers questions from one library with one model."""

    def __init__(
        self,
        retriever: Retriever,
        embedder: Embedder,
        engine: Callable[[], Engine],
        *,
        limits: AnswerLimits,
        sampling: Sampling,
    ) -> None:
        """
        retriever: searches the library.
        embedder: the one that the retriever uses.
        engine: returns the engine, and opens it on the first call.
        """
        self._retriever = retriever
        self._embedder = embedder
        self._engine = engine
        self._decider = Decider(retriever, embedder, engine)
        self._limits = limits
        self._sampling = sampling

    def ask(
        self,
        question: str,
        *,
        earlier: Sequence[Answer] = (),
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """Answers `question` and streams the answer: `SearchFinished`, `AnswerText`s, and last the `Answer`.

        With `asking.every`, `DocumentProgress` events come instead of `SearchFinished`.

        question: without filters; those are in `asking.selection`.
        earlier: the answers of the conversation so far, in order.
        cancelled: polled before every token; a cancelled answer keeps the text generated so far.
        Raises `QuestionTooLong`.
        """
        require_short(question)
        typed = " ".join(question.split())
        if earlier and earlier[-1].citations and asks_for_source(typed):
            yield from _with_its_sources(question, typed, earlier[-1])
            return
        words = asked = without_last_mark(typed)
        understood = understand(words, earlier)
        query, corrections = self._retriever.put_right(understood.text)
        words = query if understood.is_whole else self._retriever.put_right(words)[0]
        understood = replace(understood, text=query)
        computed = None
        # With `every`, only the documents that mention a name are counted: such a count reads all of them.
        if query == words and (not asking.every or asks_for_mentions(query)):
            computed = computed_answer(question, query, asking.selection, self._retriever, self._receipt())
        found = None
        is_searched = computed is None and not asking.every
        if is_searched and understood.otherwise and understood.depends:
            found = self._found(understood, asking)
            if not self._answers_there(understood, found):
                alone, otherwise = self._retriever.put_right(understood.otherwise)
                other = self._found(replace(understood, text=alone, otherwise=""), asking)
                if other.decision.state is State.ANSWERED:
                    query, words, corrections = alone, alone, otherwise
                    understood = replace(understood, text=alone, otherwise="")
                    found = replace(other, decision=replace(other.decision, is_sure=False))
        if computed:
            events = computed
        elif asking.every:
            events = self._ask_every_document(question, query, asking, cancelled)
        elif query == words and len(parts := divided(query, self._retriever.is_phrase)) > 1:
            events = self._ask_in_parts(question, parts, understood, asking, cancelled)
        else:
            events = self._ask_nearest(question, words, understood, asking, cancelled, found)
        # A question is the same with and without its question mark.
        shown = typed if query == asked else query
        for event in events:
            match event:
                case SearchFinished(search):
                    yield SearchFinished(replace(search, query=shown, corrections=corrections))
                case Answer():
                    yield replace(event, query=shown, corrections=corrections)
                case _:
                    yield event

    def _ask_in_parts(
        self,
        question: str,
        parts: Sequence[str],
        understood: Understood,
        asking: Asking,
        cancelled: Callable[[], bool],
    ) -> Iterator[Event]:
        """The answers to the parts of a question, joined; if none is answered, the reply to the whole.

        understood: the whole question.
        """

        def ask(part: str, text: str) -> Iterator[Event]:
            computed = computed_answer(part, text, asking.selection, self._retriever, self._receipt())
            own = replace(understood, text=text)
            return computed or self._ask_nearest(part, part, own, asking, cancelled)

        is_answered = yield from ask_in_parts(question, understood.text, parts, ask)
        if not is_answered:
            yield from self._ask_nearest(question, understood.text, understood, asking, cancelled)

    def _ask_nearest(
        self,
        question: str,
        words: str,
        understood: Understood,
        asking: Asking,
        cancelled: Callable[[], bool],
        found: _Found | None = None,
    ) -> Iterator[Event]:
        """The answer from the nearest passages.

        words: the question without what it depends on, its typing errors put right.
        found: the passages and the decision for `understood`; None if they were not looked for yet.
        """
        query = understood.text
        features = found.features if found else self._retriever.query_features(query)
        search = found.search if found else self._nearest(understood, features, asking)
        yield SearchFinished(search)
        decision = found.decision if found else self._decider.decide(understood, features, search, asking)
        state, sentences = decision.state, decision.sentences
        said = [quote.text for quote in decision.quotes]
        is_sure = decision.is_sure and not understood.repeats(question, said)
        # If two questions were joined, a table might answer only the first.
        is_joined = words != query and bool(content_words(words))
        read = None if is_joined else self._read_tables(query, sentences.passages)
        if read and understood.is_elsewhere(read.result.paths):
            read = replace(read, is_sure=False)
        # The words of a table are surer than the reader, unless they had to be guessed.
        if read and not decision.amending and (read.is_sure or not (state is State.ANSWERED and is_sure)):
            yield from self._answer_from_table(question, read, search)
            return
        result = _SearchResult(question, query, decision.with_amendment(search.passages), decision, is_sure)
        if state is State.NOT_FOUND:
            yield from self._abstain(result)
            return
        if state is State.CLOSEST:
            yield from self._show_closest(result, features)
            return
        engine = self._engine()
        is_small = engine.parameters < SMALL_MODEL
        # The earlier question helps to find the passages; the follow-up alone says which sentence answers.
        if content_words(words) and words != query:
            features = self._retriever.query_features(words)
        if asking.mode is Mode.QUOTE or (asking.mode is Mode.AUTO and is_small):
            yield from self._answer_with_quotes(engine, result, features, words == query, cancelled)
        else:
            yield from self._answer_freely(engine, result, features, asking.strict, cancelled)

    def _nearest(self, understood: Understood, features: QueryFeatures, asking: Asking) -> Search:
        """What the search finds for a question."""
        return self._retriever.search(
            understood.text,
            self._limits.passages,
            features=features,
            documents=self._retriever.document_keys(asking.selection),
            spread=expects_several_documents(understood.text),
            preferred=understood.preferred,
            boost=understood.boost,
        )

    def _found(self, understood: Understood, asking: Asking) -> _Found:
        """The passages and the decision for a question."""
        features = self._retriever.query_features(understood.text)
        search = self._nearest(understood, features, asking)
        return _Found(features, search, self._decider.decide(understood, features, search, asking))

    def _answers_there(self, understood: Understood, found: _Found) -> bool:
        """Whether sentences or a table of the documents that the last answer rests on answer a follow-up."""
        decision = found.decision
        if decision.state is State.ANSWERED:
            return not understood.is_elsewhere([quote.locator.path for quote in decision.quotes])
        read = self._read_tables(understood.text, decision.sentences.passages)
        return read is not None and not understood.is_elsewhere(read.result.paths)

    def _read_tables(self, query: str, passages: Sequence[Passage]) -> TableReading | None:
        """What a table of the first documents of `passages` answers; None if none does."""
        paths = list(dict.fromkeys(passage.locator.path for passage in passages))[:TABLE_DOCUMENTS]
        is_measured = abstaining.is_measured(self._embedder.fingerprint)
        return read_tables(query, self._retriever.contents_at(paths), self._embedder if is_measured else None)

    def _answer_from_table(self, question: str, read: TableReading, search: Search) -> Iterator[Event]:
        """The reply that a table gives; it says so if it may not be what was asked."""
        files = len({passage.locator.path for passage in search.passages[:TABLE_DOCUMENTS]})
        chunks = sum(len(passage.chunk_ids) for passage in search.passages)
        computed = state_computed(
            [read.result],
            Coverage(files=files, files_read=files, chunks=chunks, chunks_read=chunks, unread=()),
            Verdict.BACKED if read.is_sure else Verdict.UNSURE,
        )
        yield AnswerText(computed.text, not read.is_sure)
        confidence = 1.0 if read.is_sure else abstaining.ANSWERED_FROM
        yield computed_reply(question, search.query, computed, self._receipt(), confidence)

    def _abstain(self, result: _SearchResult) -> Iterator[Event]:
        """The reply that the library does not contain the answer."""
        missing = self._retriever.nowhere(result.query)[:MOST_MISSING]
        yield Answer(
            question=result.question,
            query=result.query,
            text=headline(State.NOT_FOUND, missing),
            state=State.NOT_FOUND,
            missing=missing,
            confidence=result.decision.confidence,
            passages=result.passages,
            receipt=self._receipt(),
        )

    def _show_closest(self, result: _SearchResult, features: QueryFeatures) -> Iterator[Event]:
        """The reply that nothing answers the question, with the passages that come closest."""
        checker = GroundingChecker(())
        # A document that lacks a name of the question may still be the one that was meant.
        sentences = SentenceIndex(result.passages, self._embedder)
        near = excerpts(closest(features, sentences, CLOSEST_PASSAGES), sentences, length=CLOSEST_LENGTH)
        # A table of contents beside the best sentence says nothing.
        near = tuple(excerpt for excerpt in near if not CONTENTS_LINE.search(excerpt.text)) or near
        quotes = [
            f"- {_indented(shown_quote(excerpt, result.passages))} [{checker.quote(excerpt).marker}]"
            for excerpt in near
        ]
        lacking = [passage.lacks for passage in result.decision.sentences.passages]
        names = [name for name in (lacking[0] if lacking else ()) if all(name in lacks for lacks in lacking)]
        missing = without_contained((*names, *self._retriever.nowhere(result.query)))[:MOST_MISSING]
        yield Answer(
            question=result.question,
            query=result.query,
            text="\n".join([f"{headline(State.CLOSEST, missing)} {CLOSEST}", "", *quotes]),
            state=State.CLOSEST,
            missing=missing,
            confidence=result.decision.confidence,
            citations=checker.citations,
            passages=result.passages,
            receipt=self._receipt(),
        )

    def _ask_every_document(
        self, question: str, query: str, asking: Asking, cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """The answer from every selected document; an abstention if none of them answers."""
        for event in gather(query, asking.selection, self._retriever, self._embedder, cancelled=cancelled):
            if not isinstance(event, ExhaustiveResult):
                yield event
                continue
            state = State.ANSWERED if event.citations else State.NOT_FOUND
            missing = () if event.citations else self._retriever.nowhere(query)[:MOST_MISSING]
            yield Answer(
                question=question,
                query=query,
                text=event.text if event.citations else headline(state, missing),
                state=state,
                missing=missing,
                confidence=event.confidence,
                sentences=event.sentences,
                citations=event.citations,
                passages=event.passages,
                coverage=event.coverage,
                receipt=self._receipt(),
            )

    def _answer_freely(
        self,
        engine: Engine,
        result: _SearchResult,
        features: QueryFeatures,
        strict: bool,
        cancelled: Callable[[], bool],
    ) -> Iterator[Event]:
        """The model reads the best sentences with their neighbours. Its words are streamed from the first
        backed sentence on; if none is, the best sentences are the answer. So they are if the reader is sure
        of the words that answer, and the model leaves them out.

        features: of the question, to choose the sentences by.
        """
        picked = best_sentences(features, result.decision.sentences, PICKED_SENTENCES)
        prompt = answer_prompt(
            engine,
            result.query,
            (*result.decision.amending, *excerpts(picked, result.decision.sentences)),
            budget=self._limits.prompt_tokens,
            reserve=self._limits.answer_tokens,
            reading=READ_TOKENS,
            is_yes_or_no=asks_yes_or_no(result.question),
        )
        checker = GroundingChecker(prompt.passages, question=result.query)
        needed = frozenset() if asks_yes_or_no(result.question) else _answer_words(picked[:1], SURE)
        cited = CitedText(checker, strict=strict, hold=True, needed=needed, is_sure=result.is_sure)
        generation = self._generation(engine, prompt, cancelled)
        for piece in generation:
            if shown := cited.feed(piece):
                yield AnswerText(shown, not result.is_sure)
        if shown := cited.finish():
            yield AnswerText(shown, not result.is_sure)
        checked = _CheckedText(cited.text.strip(), cited.sentences, checker)
        if not cited.is_backed:
            checked = self._quotes(result.decision.amended(picked[:QUOTED_SENTENCES]), result)
            yield AnswerText(checked.text, not result.is_sure)
        yield Answer(
            question=result.question,
            query=result.query,
            text=checked.text,
            state=State.ANSWERED,
            confidence=result.decision.confidence,
            sentences=checked.sentences,
            citations=checked.checker.citations,
            passages=result.passages,
            left_out=prompt.left_out,
            receipt=self._receipt(engine, prompt),
            stats=generation.stats,
        )

    def _answer_with_quotes(
        self,
        engine: Engine,
        result: _SearchResult,
        features: QueryFeatures,
        was_read: bool,
        cancelled: Callable[[], bool],
    ) -> Iterator[Event]:
        """The model reads the best sentences. If they do not support its wording, they are the answer. If its
        wording would not be used, it reads nothing.

        features: of the question, to choose the sentences by.
        was_read: as for `without_needless`.
        """
        of_each = best_of_alike(features, result.decision.sentences)
        best = of_each or without_needless(
            quotable(features, result.decision.sentences, fitting=True), was_read=was_read
        )
        best = result.decision.amended(best)
        is_read = any(quote.reading is not None for quote in best)
        if is_read and not of_each and len({quote.locator.path for quote in best}) > 1:
            # Sentences from two documents are seldom about the same thing.
            result = replace(result, is_sure=False)
        prompt = stats = checked = None
        # A small model answers "is it allowed?" with the words of the question, in their order.
        if result.is_sure and not of_each and not asks_yes_or_no(result.question):
            prompt = self._prompt(engine, result.query, best)
            generation = self._generation(engine, prompt, cancelled)
            checked = self._supported("".join(generation).strip(), result.query, best)
            stats = generation.stats
            if checked is None and stats.finish is Finish.LENGTH:
                stats = replace(stats, finish=Finish.STOP)  # The quotes are complete.
        checked = checked or self._quotes(best, result, named=bool(of_each))
        yield AnswerText(checked.text, not result.is_sure)
        yield Answer(
            question=result.question,
            query=result.query,
            text=checked.text,
            state=State.ANSWERED,
            confidence=result.decision.confidence,
            sentences=checked.sentences,
            citations=checked.checker.citations,
            passages=result.passages,
            receipt=self._receipt(engine, prompt) if prompt else self._receipt(quoted=best),
            stats=stats,
        )

    def _supported(self, wording: str, query: str, best: Sequence[Passage]) -> _CheckedText | None:
        """A small model's wording with citations, or None if it cannot be used.

        Every sentence must be backed by `best` and must add a word to the question. The wording must be in
        the language of `best`, repeat `MIN_REPEATED_SHARE` of the best sentence, and contain the words that
        answer the question, where they are known. It must not take a word from titles or headings alone, nor
        repeat a word more often than the sentences do.
        """
        checker = GroundingChecker(best, question=query)
        cited = CitedText(checker)
        cited.feed(wording)
        cited.finish()
        query_words = content_words(query)
        all_backed = all(
            sentence.verdict is Verdict.BACKED and content_words(sentence.text) - query_words
            for sentence in cited.sentences
        )
        best_words = content_words(best[0].text)
        words = content_words(wording)
        is_repeated = len(best_words & words) >= MIN_REPEATED_SHARE * len(best_words)
        if not cited.sentences or not all_backed or not is_repeated or not _answer_words(best) <= words:
            return None
        quotes = [passage.text for passage in best]
        said = content_words(" ".join(quotes)) | query_words
        if any(words & content_words(_title_and_headings(passage)) - said for passage in best):
            return None
        garbles = repeats_words(wording, quotes) or adds_numbers(wording, quotes)
        if garbles or mixes_languages(wording, " ".join(quotes)):
            return None
        return _CheckedText(cited.text.strip(), cited.sentences, checker)

    def _quotes(self, best: Sequence[Passage], result: _SearchResult, *, named: bool = False) -> _CheckedText:
        """The sentences themselves as the answer; named: each after the name of its file."""
        checker = GroundingChecker(best)
        numbers = [checker.quote(passage).marker for passage in best]
        sentences = tuple(
            Sentence(shown_quote(passage, result.passages), Verdict.BACKED, "", number)
            for passage, number in zip(best, numbers, strict=True)
        )
        if not result.is_sure:
            sentences = tuple(map(as_unsure, sentences))
        marked = [
            f"{sentence.text} {citing_marker(sentence.verdict, number)}"
            for sentence, number in zip(sentences, numbers, strict=True)
        ]
        if named:
            names = (as_text(PurePath(passage.locator.path).name) for passage in best)
            marked = [f"{name}: {text}" for name, text in zip(names, marked, strict=True)]
        is_prose = not named and not any("\n" in text for text in marked)
        return _CheckedText((" " if is_prose else "\n\n").join(marked), sentences, checker)

    def _receipt(
        self, engine: Engine | None = None, prompt: Prompt | None = None, quoted: Sequence[Passage] = ()
    ) -> Receipt:
        """What an answer depends on; without engine and prompt, that of an answer without a model.

        quoted: the passages that an answer without a model consists of.
        """
        passages = prompt.passages if prompt else quoted
        return Receipt(
            model_digest=engine.digest if engine else "",
            chunks=tuple(
                (chunk, hashlib.sha256(passage.text.encode("utf-8", "surrogatepass")).hexdigest())
                for passage in passages
                for chunk in passage.chunk_ids
            ),
            prompt=hashlib.sha256(array("i", prompt.tokens).tobytes()).hexdigest() if prompt else "",
            seed=self._sampling.seed,
            temperature=self._sampling.temperature,
        )

    def _prompt(self, engine: Engine, query: str, passages: Sequence[Passage]) -> Prompt:
        return answer_prompt(
            engine,
            query,
            passages,
            budget=self._limits.prompt_tokens,
            reserve=self._limits.answer_tokens,
        )

    def _generation(self, engine: Engine, prompt: Prompt, cancelled: Callable[[], bool]) -> Generation:
        return engine.generate(
            prompt.tokens,
            self._sampling,
            limit=self._limits.answer_tokens,
            stop=prompt.stop,
            cancelled=cancelled,
        )


def _answer_words(best: Sequence[Passage], least: float = 0.0) -> frozenset[str]:
    """The content words of what the reader takes for the answer in one of `best`; empty if it sees none.

    least: the smallest probability with which it must do so.
    """
    found = [
        (span.probability, content_words(quote.text[span.start : span.end]))
        for quote in best
        if quote.reading is not None
        for span in quote.reading.spans
        if span.probability >= least
    ]
    return max(found, key=lambda each: each[0], default=(0.0, frozenset()))[1]


def _title_and_headings(passage: Passage) -> str:
    """The title and headings of a passage."""
    return " ".join((passage.title, *passage.locator.heading))


def _indented(text: str) -> str:
    """`text` as part of an item of a list."""
    return text.replace("\n", "\n  ")
