"""One question to one answer: retrieve, decide whether to answer, generate, check, cite.

The question is first made whole: filters are taken out of it, and one that leans on the conversation is
joined with what it leans on. Where nothing that was found holds the answer, the reply says so. A model of
a billion parameters and more reads whole passages and its words are passed on as it writes. A smaller one
reads only the best sentences, and is held to them: where they do not back what it writes, or it leaves out
what the best of them says, they are the answer.

Every sentence that is shown was held against the passages, by the program (`assistant.answers.grounding`).

Nothing here opens anything: the retriever and the engine are given, and the engine only when it
is needed, because a question the library knows nothing about is answered without it.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answers import abstaining
from assistant.answers.citing import CitedText
from assistant.answers.exhaustive import ExhaustiveResult, gather
from assistant.answers.grounding import GroundingChecker, content_words
from assistant.answers.prompting import Prompt, answer_prompt
from assistant.answers.questions import expects_several_documents, resolve_follow_up
from assistant.answers.quoting import SMALL, best_sentences
from assistant.answers.retrieval import Retriever
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.dialogue import (
    DEFAULT_ASKING,
    Answer,
    AnswerText,
    Asking,
    Event,
    Mode,
    Passage,
    Receipt,
    SearchFinished,
    Sentence,
    Verdict,
)
from assistant.engine import Engine, Generation, Sampling
from assistant.errors import QuestionTooLong
from ingest.embedding import Embedder
from ingest.selection import Selection

NOTHING_FOUND = "I found nothing about this in the library."

SENTENCES = 2
"""How many sentences a small model reads, and quotes."""

TOLD = 0.6
"""Share of the words of the best sentence that what it writes must hold: what a small model leaves out is too
often the answer. Without this it was right for 61% of the questions for which its two sentences held the
answer for 93%; with it, for 82%."""

LONGEST_QUESTION = 4000
"""Characters; a longer question is refused at once."""


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """How much is read and written for an answer."""

    passages: int
    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class _Search:
    """A question, what was found for it, and how likely that holds the answer."""

    question: str
    query: str
    passages: tuple[Passage, ...]
    sentences: SentenceIndex
    confidence: float


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
        self._retriever = retriever
        self._embedder = embedder
        self._engine = engine
        self._limits = limits
        self._sampling = sampling

    def ask(
        self,
        question: str,
        *,
        earlier: Sequence[str] = (),
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """Answers `question` and streams the answer: `SearchFinished`, `AnswerText`s, and last the `Answer`.

        With `asking.every`, `DocumentProgress` events come instead of `SearchFinished`.

        earlier: the questions of the conversation so far, the last one last.
        `cancelled` is polled before every token; a cancelled answer keeps what was written.
        Raises `QuestionTooLong`.
        """
        if len(question) > LONGEST_QUESTION:
            raise QuestionTooLong(
                f"The question is {len(question):,} characters long; {LONGEST_QUESTION:,} are the most.",
                remedy="Ask in a sentence or two; a long text can be saved as a file and summarized.",
            )
        words = " ".join(question.split())
        query = resolve_follow_up(words, [" ".join(text.split()) for text in earlier])
        if asking.every:
            yield from self._gather(question, query, asking.selection, cancelled)
            return
        documents = self._retriever.document_keys(asking.selection)
        wanted = self._retriever.features(query)
        search = self._retriever.search(
            query,
            self._limits.passages,
            wanted=wanted,
            documents=documents,
            spread=expects_several_documents(query),
        )
        yield SearchFinished(search)
        calibration = abstaining.calibration(self._embedder.fingerprint, wanted)
        sentences = SentenceIndex(search.passages, self._embedder)
        confidence = abstaining.confidence(abstaining.signals(wanted, sentences), calibration)
        found = _Search(question, query, search.passages, sentences, confidence)
        if confidence < calibration.threshold:
            yield from self._abstain(found)
            return
        engine = self._engine()
        small = engine.parameters < SMALL
        if asking.mode is Mode.QUOTE or (asking.mode is Mode.AUTO and small):
            # A follow-up says what it wants, and what it leans on where that is looked for.
            if content_words(words) and words != query:
                wanted = self._retriever.features(words)
            yield from self._quote(engine, found, wanted, cancelled)
        else:
            yield from self._write(engine, found, asking.strict, cancelled)

    def _abstain(self, found: _Search) -> Iterator[Event]:
        yield AnswerText(NOTHING_FOUND)
        yield Answer(
            question=found.question,
            query=found.query,
            text=NOTHING_FOUND,
            abstained=True,
            confidence=found.confidence,
            passages=found.passages,
            receipt=self._receipt(),
        )

    def _gather(
        self, question: str, query: str, selection: Selection, cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """Every document is read; none may have anything to say."""
        for event in gather(query, selection, self._retriever, self._embedder, cancelled=cancelled):
            if not isinstance(event, ExhaustiveResult):
                yield event
                continue
            abstained = not event.citations
            if abstained:
                yield AnswerText(NOTHING_FOUND)
            yield Answer(
                question=question,
                query=query,
                text=NOTHING_FOUND if abstained else event.text,
                abstained=abstained,
                confidence=event.confidence,
                sentences=event.sentences,
                citations=event.citations,
                passages=event.passages,
                coverage=event.coverage,
                receipt=self._receipt(),
            )

    def _write(
        self, engine: Engine, found: _Search, strict: bool, cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """The model reads the passages and its words are passed on as they come."""
        prompt = self._prompt(engine, found.query, found.passages)
        grounds = GroundingChecker(prompt.passages, self._embedder)
        cited = CitedText(grounds, strict=strict)
        generation = self._generation(engine, prompt, cancelled)
        for piece in generation:
            if shown := cited.feed(piece):
                yield AnswerText(shown)
        if shown := cited.finish():
            yield AnswerText(shown)
        if strict and not cited.sentences:
            yield from self._abstain(found)
            return
        yield Answer(
            question=found.question,
            query=found.query,
            text=cited.text.strip(),
            abstained=False,
            confidence=found.confidence,
            sentences=cited.sentences,
            citations=grounds.citations,
            passages=prompt.passages,
            left_out=prompt.left_out,
            receipt=self._receipt(engine, prompt),
            stats=generation.stats,
        )

    def _quote(
        self, engine: Engine, found: _Search, wanted: QueryFeatures, cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """The model reads the sentences that fit `wanted` best; they are the answer unless they back what it
        writes."""
        best = best_sentences(wanted, found.sentences, SENTENCES)
        prompt = self._prompt(engine, found.query, best)
        generation = self._generation(engine, prompt, cancelled)
        written = "".join(generation).strip()
        text, sentences, grounds = self._borne_out(written, found.query, best) or self._quoted(best)
        yield AnswerText(text)
        yield Answer(
            question=found.question,
            query=found.query,
            text=text,
            abstained=False,
            confidence=found.confidence,
            sentences=sentences,
            citations=grounds.citations,
            passages=found.passages,
            receipt=self._receipt(engine, prompt),
            stats=generation.stats,
        )

    def _borne_out(
        self, written: str, query: str, best: Sequence[Passage]
    ) -> tuple[str, tuple[Sentence, ...], GroundingChecker] | None:
        """What a small model wrote, cited; None unless `best` backs it all, each sentence says something new,
        and all together say what the best one says."""
        grounds = GroundingChecker(best, self._embedder)
        cited = CitedText(grounds)
        cited.feed(written)
        cited.finish()
        asked = content_words(query)
        backed = all(
            sentence.verdict is Verdict.BACKED and content_words(sentence.text) - asked
            for sentence in cited.sentences
        )
        told = content_words(best[0].text)
        whole = len(told & content_words(written)) >= TOLD * len(told)
        if not (cited.sentences and backed and whole):
            return None
        return cited.text.strip(), cited.sentences, grounds

    def _quoted(self, best: Sequence[Passage]) -> tuple[str, tuple[Sentence, ...], GroundingChecker]:
        """The sentences themselves as the answer."""
        grounds = GroundingChecker(best, self._embedder)
        sentences = tuple(
            Sentence(" ".join(each.text.split()), Verdict.BACKED, "", grounds.quote(each).marker)
            for each in best
        )
        return " ".join(f"{each.text} [{each.marker}]" for each in sentences), sentences, grounds

    def _receipt(self, engine: Engine | None = None, prompt: Prompt | None = None) -> Receipt:
        """What went into an answer; without a prompt no model was asked."""
        passages = prompt.passages if prompt else ()
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
