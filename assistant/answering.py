"""One question to one answer: retrieve, prompt, generate, cite.

A model of a billion parameters and more reads the passages and its answer is passed on as it
writes. A smaller one reads only the best sentences, and is held to them (`assistant.quoting`).

Nothing here opens anything: the retriever and the engine are given, and the engine only when it
is needed, because a question the library knows nothing about is answered without it.
"""

from collections.abc import Callable, Iterator, Sequence

from assistant.citing import CitedText, Citer, content_words
from assistant.dialogue import Answer, Citation, Event, Found, Passage, Piece
from assistant.engine import Engine, Generation, Sampling
from assistant.errors import QuestionTooLong
from assistant.prompting import Prompt, answer_prompt
from assistant.quoting import SMALL, best_sentences
from assistant.retrieval import Retriever
from ingest import keywords
from ingest.chunking import sentences
from ingest.embedding import Embedder

NOTHING_FOUND = "I found nothing about this in the library."

SIMILAR = 0.35
"""Cosine of question and passage from which a passage is taken to be about the question."""

COVERED = 0.5
"""Share of the question's words in a passage from which it is, whatever the cosine."""

SENTENCES = 2
"""How many sentences it then reads, and quotes."""

BORNE_OUT = 0.7
"""Share of the weight of a sentence it writes that a quote must hold."""

LONGEST_QUESTION = 4000
"""Characters; a longer question is refused at once."""


class Answerer:
    """Answers questions from one library with one model."""

    def __init__(
        self,
        retriever: Retriever,
        embedder: Embedder,
        engine: Callable[[], Engine],
        *,
        passages: int,
        prompt_tokens: int,
        answer_tokens: int,
        sampling: Sampling,
    ) -> None:
        self._retriever = retriever
        self._embedder = embedder
        self._engine = engine
        self._passages = passages
        self._prompt_tokens = prompt_tokens
        self._answer_tokens = answer_tokens
        self._sampling = sampling

    def ask(self, question: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Answers `question` as it is written: `Found`, pieces, and last the `Answer`.

        `cancelled` is polled before every token; a cancelled answer keeps what was written.
        Raises `QuestionTooLong`.
        """
        if len(question) > LONGEST_QUESTION:
            raise QuestionTooLong(
                f"The question is {len(question):,} characters long; {LONGEST_QUESTION:,} are the most.",
                remedy="Ask in a sentence or two; a long text can be saved as a file and summarized.",
            )
        search = self._retriever.search(question, self._passages)
        yield Found(search)
        if not any(relevant(question, passage) for passage in search.passages):
            yield Piece(NOTHING_FOUND)
            yield Answer(question, NOTHING_FOUND, True, (), search.passages, 0, None)
            return
        engine = self._engine()
        if engine.parameters < SMALL:
            yield from self._quote(engine, question, search.passages, cancelled)
        else:
            yield from self._write(engine, question, search.passages, cancelled)

    def _write(
        self, engine: Engine, question: str, passages: Sequence[Passage], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """The model reads the passages and its words are passed on as they come."""
        prompt = self._prompt(engine, question, passages)
        citer = Citer(prompt.passages)
        cited = CitedText(citer)
        generation = self._generation(engine, prompt, cancelled)
        for piece in generation:
            if shown := cited.feed(piece):
                yield Piece(shown)
        if shown := cited.finish():
            yield Piece(shown)
        yield Answer(
            question=question,
            text=cited.text,
            abstained=False,
            citations=citer.citations,
            passages=prompt.passages,
            left_out=prompt.left_out,
            stats=generation.stats,
        )

    def _quote(
        self, engine: Engine, question: str, passages: Sequence[Passage], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """The model reads the best sentences; they are the answer unless they bear out what it writes."""
        best = best_sentences(question, passages, self._embedder, SENTENCES)
        generation = self._generation(engine, self._prompt(engine, question, best), cancelled)
        text, citations = _borne_out("".join(generation).strip(), question, best) or _quotes(best)
        yield Piece(text)
        yield Answer(
            question=question,
            text=text,
            abstained=False,
            citations=citations,
            passages=tuple(passages),
            left_out=0,
            stats=generation.stats,
        )

    def _prompt(self, engine: Engine, question: str, passages: Sequence[Passage]) -> Prompt:
        return answer_prompt(
            engine, question, passages, budget=self._prompt_tokens, reserve=self._answer_tokens
        )

    def _generation(self, engine: Engine, prompt: Prompt, cancelled: Callable[[], bool]) -> Generation:
        return engine.generate(
            prompt.tokens, self._sampling, limit=self._answer_tokens, stop=prompt.stop, cancelled=cancelled
        )


def _borne_out(
    written: str, question: str, best: Sequence[Passage]
) -> tuple[str, tuple[Citation, ...]] | None:
    """What a small model wrote, cited; None unless `best` bears it all out and it says something new."""
    citer = Citer(best)
    asked = content_words(question)
    cited = []
    for start, end in sentences(written):
        sentence = written[start:end]
        citation = citer.cite(sentence, backed=BORNE_OUT)
        if citation is None or not (content_words(sentence) & content_words(citation.quote)) - asked:
            return None
        cited.append(f"{sentence} [{citation.marker}]")
    return (" ".join(cited), citer.citations) if cited else None


def _quotes(best: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """Sentences as an answer, each with its own marker."""
    citations = tuple(
        Citation(marker, passage.text, passage.locator, passage.title)
        for marker, passage in enumerate(best, start=1)
    )
    return " ".join(f"{' '.join(each.quote.split())} [{each.marker}]" for each in citations), citations


def relevant(question: str, passage: Passage) -> bool:
    """Whether `passage` is about `question`: close in meaning, or holding most of its words."""
    wanted = keywords.terms(question)
    held = set(keywords.terms(f"{passage.title} {' '.join(passage.locator.heading)} {passage.text}"))
    covered = sum(word in held for word in wanted) / len(wanted) if wanted else 0.0
    return passage.similarity >= SIMILAR or covered >= COVERED
