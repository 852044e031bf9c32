"""One question to one answer: retrieve, prompt, generate, cite.

Nothing here opens anything: the retriever and the engine are given, and the engine only when it
is needed, because a question the library knows nothing about is answered without it.
"""

from collections.abc import Callable, Iterator

from assistant.citing import CitedText, Citer
from assistant.dialogue import Answer, Event, Found, Passage, Piece
from assistant.engine import Engine, Sampling
from assistant.errors import QuestionTooLong
from assistant.prompting import answer_prompt
from assistant.retrieval import Retriever
from ingest import keywords

NOTHING_FOUND = "I found nothing about this in the library."

SIMILAR = 0.35
"""Cosine of question and passage from which a passage is taken to be about the question."""

COVERED = 0.5
"""Share of the question's words in a passage from which it is, whatever the cosine."""

LONGEST_QUESTION = 4000
"""Characters; a longer question is refused at once."""


class Answerer:
    """Answers questions from one library with one model."""

    def __init__(
        self,
        retriever: Retriever,
        engine: Callable[[], Engine],
        *,
        passages: int,
        prompt_tokens: int,
        answer_tokens: int,
        sampling: Sampling,
    ) -> None:
        self._retriever = retriever
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
                remedy="Ask in a sentence or two; to work on a long text, save it as a file and use summarize.",
            )
        search = self._retriever.search(question, self._passages)
        yield Found(search)
        if not any(relevant(question, passage) for passage in search.passages):
            yield Piece(NOTHING_FOUND)
            yield Answer(question, NOTHING_FOUND, True, (), search.passages, 0, None)
            return
        engine = self._engine()
        prompt = answer_prompt(
            engine, question, search.passages, budget=self._prompt_tokens, reserve=self._answer_tokens
        )
        citer = Citer(prompt.passages)
        cited = CitedText(citer)
        generation = engine.generate(
            prompt.tokens, self._sampling, limit=self._answer_tokens, cancelled=cancelled
        )
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


def relevant(question: str, passage: Passage) -> bool:
    """Whether `passage` is about `question`: close in meaning, or holding most of its words."""
    wanted = keywords.terms(question)
    held = set(keywords.terms(f"{passage.title} {' '.join(passage.locator.heading)} {passage.text}"))
    covered = sum(word in held for word in wanted) / len(wanted) if wanted else 0.0
    return passage.similarity >= SIMILAR or covered >= COVERED
