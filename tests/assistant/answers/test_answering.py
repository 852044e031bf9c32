"""Questions and their answers, with a scripted model and a library of a few notes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.answers.answering import (
    LONGEST_QUESTION,
    PICKED_SENTENCES,
    Answerer,
    AnswerLimits,
)
from assistant.answers.quoting import QUOTED_SENTENCES
from assistant.answers.reader import open_reader
from assistant.answers.retrieval import Retriever
from assistant.dialogue import (
    DEFAULT_ASKING,
    Answer,
    AnswerSpan,
    AnswerText,
    Asking,
    Event,
    Reading,
    Search,
    SearchFinished,
    State,
)
from assistant.engine import Engine, Finish, Sampling
from assistant.engine.scripted import ScriptedEngine
from assistant.errors import QuestionTooLong
from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder
from ingest.vectors.exact import ExactVectors
from tests.libraries import IndexedFolder, indexed
from tests.running import KEY

NOTES = {
    "lease.md": "# Lease\n\nThe lease ends on 30 June 2027. The monthly rent is 870 euros.\n",
    "trip.md": "# Lisbon\n\nWe fly to Lisbon on 12 May. The hotel is called Janelas Verdes.\n",
    "bike.txt": "The bicycle has a flat tyre. The pump is in the cellar.\n",
    "租房.md": "本合同于2027年6月30日到期。月租为870欧元。\n",
    "임대차.md": "임대차 계약은 2027년 6월 30일에 끝난다. 월세는 870유로이다.\n",
}

SMALL = 135_000_000
"""Parameters of a model that answers by quoting."""

DOUBTFUL = -8.0
"""Log-odds with which a larger model doubts that the sentence about the rent answers, without denying it."""


class NotesLibrary(IndexedFolder):
    """A library of `NOTES`, and the questions to it."""

    def __init__(self, folder: Path, texts: Mapping[str, str] = NOTES) -> None:
        self.notes = notes = folder / "notes"
        notes.mkdir()
        for name, text in texts.items():
            (notes / name).write_text(text, encoding="utf-8")
        super().__init__(folder, notes)

    def ask(
        self,
        question: str,
        engine: Engine | None,
        *,
        prompt_tokens: int = 4000,
        answer_tokens: int = 500,
        cancelled: Callable[[], bool] = lambda: False,
        earlier: Sequence[Answer] = (),
        asking: Asking = DEFAULT_ASKING,
    ) -> list[Event]:
        """The events of the answer. If `engine` is None, opening an engine fails the test."""

        def open_engine() -> Engine:
            assert engine is not None, "the engine was opened"
            return engine

        answerer = Answerer(
            self.retriever,
            self.embedder,
            open_engine,
            limits=AnswerLimits(3, prompt_tokens, answer_tokens),
            sampling=Sampling(),
        )
        return list(answerer.ask(question, earlier=earlier, asking=asking, cancelled=cancelled))

    def answer(
        self, question: str, engine: Engine | None, *, prompt_tokens: int = 4000, answer_tokens: int = 500
    ) -> Answer:
        """The answer alone."""
        last = self.ask(question, engine, prompt_tokens=prompt_tokens, answer_tokens=answer_tokens)[-1]
        assert isinstance(last, Answer)
        return last


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotesLibrary]:
    """Shared by the tests of this module, which do not change it."""
    with NotesLibrary(tmp_path_factory.mktemp("library")) as library:
        yield library


def test_the_search_comes_first_then_the_text_and_last_the_answer(library: NotesLibrary) -> None:
    events = library.ask("When does the lease end?", ScriptedEngine("The lease ends on 30 June 2027."))
    assert isinstance(events[0], SearchFinished)
    assert all(isinstance(event, AnswerText) for event in events[1:-1])
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text == "The lease ends on 30 June 2027. [1]"
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == answer.text
    assert all(event.text for event in events if isinstance(event, AnswerText))
    assert answer.stats is not None
    assert answer.stats.finish is Finish.STOP


def test_a_citation_gives_the_place_of_its_quote_in_the_file(library: NotesLibrary) -> None:
    answer = library.answer(
        "What is the hotel called?", ScriptedEngine("It is the hotel Janelas Verdes [3].")
    )
    assert answer.text == "It is the hotel Janelas Verdes. [1]"
    (citation,) = answer.citations
    assert citation.quote == "The hotel is called Janelas Verdes."
    text = (library.notes / "trip.md").read_text(encoding="utf-8")
    assert Path(citation.locator.path) == library.notes / "trip.md"
    assert text[slice(*citation.locator.chars)] == citation.quote
    assert citation.locator.lines == (3, 3)


def test_the_prompt_contains_the_question_and_the_passages_of_the_answer(library: NotesLibrary) -> None:
    prompts: list[str] = []

    def script(prompt: str) -> str:
        prompts.append(prompt)
        return "870 euros."

    answer = library.answer("What is the rent of the lease?", ScriptedEngine(script))
    (prompt,) = prompts
    assert "What is the rent of the lease?" in prompt
    assert answer.passages
    assert all(passage.text in prompt for passage in answer.passages)


@pytest.mark.parametrize(
    "question", ["Who painted Guernica?", "格尔尼卡是谁画的?", "게르니카를 그렸던 화가?", "?!", "", "   "]
)
def test_a_question_without_an_answer_in_the_library_does_not_open_the_model(
    library: NotesLibrary, question: str
) -> None:
    events = library.ask(question, None)
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.state is State.NOT_FOUND
    assert answer.text.startswith("I found nothing about this in the documents I searched.")
    assert (answer.citations, answer.stats) == ((), None)
    assert [type(event) for event in events] == [SearchFinished, Answer]
    # The nearest passages are shown instead.
    assert isinstance(events[0], SearchFinished)
    assert answer.passages == events[0].search.passages
    assert len(answer.passages) == 3


def test_a_reply_that_nothing_was_found_names_the_words_that_no_document_mentions(
    library: NotesLibrary,
) -> None:
    answer = library.answer("Who painted Guernica?", None)
    assert answer.missing == ("Guernica",)
    assert answer.text.endswith("None of them mentions “Guernica”.")
    assert library.retriever.nowhere("When do the leases end?") == ()


@pytest.mark.parametrize(
    "question", ["请问这份合同要到什么时候才会到期?", "우리 집 임대차 기간은 언제까지인가요?"]
)
def test_a_question_in_a_script_without_spaces_is_answered_although_few_of_its_pairs_match(
    library: NotesLibrary, question: str
) -> None:
    answer = library.answer(question, ScriptedEngine("", parameters=SMALL))
    assert answer.state is State.ANSWERED
    assert "2027" in answer.text


def test_an_empty_library_abstains(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "empty.db", KEY)
    embedder = HashingEmbedder()
    answerer = Answerer(
        Retriever(catalogue, ExactVectors(), embedder),
        embedder,
        lambda: pytest.fail("the engine was opened"),
        limits=AnswerLimits(3, 1000, 100),
        sampling=Sampling(),
    )
    *_, answer = answerer.ask("When does the lease end?")
    assert isinstance(answer, Answer)
    assert answer.state is State.NOT_FOUND
    assert answer.passages == ()
    catalogue.close()


def test_a_question_over_the_limit_is_refused_and_one_at_the_limit_is_answered(library: NotesLibrary) -> None:
    with pytest.raises(QuestionTooLong) as refused:
        library.ask("lease " * (LONGEST_QUESTION // 6 + 1), None)
    assert refused.value.remedy
    longest = ("When does the lease end? " * LONGEST_QUESTION)[:LONGEST_QUESTION]
    engine = ScriptedEngine("In June 2027.")
    assert library.answer(longest, engine, prompt_tokens=8000).state is State.ANSWERED


@pytest.mark.parametrize("after", [0, 1, 10, 25])
def test_a_cancelled_answer_keeps_the_text_generated_so_far(library: NotesLibrary, after: int) -> None:
    text = "The lease ends on 30 June 2027. The monthly rent is 870 euros."
    prompts: list[str] = []

    def script(prompt: str) -> str:
        prompts.append(prompt)
        return text

    polls = 0

    def cancelled() -> bool:
        nonlocal polls
        polls += bool(prompts)
        return polls > after

    events = library.ask("When does the lease end?", ScriptedEngine(script), cancelled=cancelled)
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.stats is not None
    assert answer.stats.finish is Finish.CANCELLED
    assert answer.state is State.ANSWERED
    shown = answer.text.split(" [")[0]
    assert text.startswith(shown)
    assert len(shown) >= after
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == answer.text


def test_an_answer_ends_at_its_token_limit(library: NotesLibrary) -> None:
    answer = library.answer("When does the lease end?", ScriptedEngine("lease " * 400), answer_tokens=60)
    assert answer.stats is not None
    assert (answer.stats.finish, answer.stats.answer_tokens) == (Finish.LENGTH, 60)


def test_a_model_without_a_chat_template_stops_before_a_question_of_its_own(library: NotesLibrary) -> None:
    engine = ScriptedEngine(
        "The lease ends on 30 June 2027.\nQuestion: And the rent?\nAnswer: 900", chat_layout=False
    )
    assert library.answer("When does the lease end?", engine).text == "The lease ends on 30 June 2027. [1]"


def test_passages_that_do_not_fit_into_the_prompt_are_counted(library: NotesLibrary) -> None:
    answer = library.answer("When does the lease end?", ScriptedEngine("In June."), prompt_tokens=340)
    assert answer.left_out > 0


def test_if_nothing_of_an_answer_is_backed_the_sentences_are_the_answer(library: NotesLibrary) -> None:
    events = library.ask("When does the lease end?", ScriptedEngine("Penguins swim. They swim far."))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text.startswith("The lease ends on 30 June 2027. [1]")
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == answer.text


def test_what_is_unbacked_beside_a_backed_sentence_is_marked(library: NotesLibrary) -> None:
    engine = ScriptedEngine("Penguins swim. The lease ends on 30 June 2027. It costs 5 euros.")
    answer = library.answer("When does the lease end?", engine)
    assert answer.text == "Penguins swim. [?] The lease ends on 30 June 2027. [1] It costs 5 euros. [?]"


def test_a_larger_model_reads_what_was_picked_and_not_the_rest(tmp_path: Path) -> None:
    filler = "".join(
        f"The {number}th page is about gardens and their many flowers.\n\n" for number in range(400)
    )
    prompts: list[str] = []

    def script(prompt: str) -> str:
        prompts.append(prompt)
        return "The key of the cellar is under the blue pot."

    keys = f"# Keys\n\n{filler}The key of the cellar is under the blue pot.\n\n{filler}"
    with indexed(tmp_path, {"keys.md": keys}) as folder:
        answerer = Answerer(
            folder.retriever,
            folder.embedder,
            lambda: ScriptedEngine(script),
            limits=AnswerLimits(5, 100_000, 500),
            sampling=Sampling(),
        )
        *_, answer = answerer.ask("Where is the key of the cellar?")
    assert isinstance(answer, Answer)
    assert answer.text.endswith("blue pot. [1]")
    (prompt,) = prompts
    assert "Keys" in prompt
    assert "under the blue pot" in prompt
    assert prompt.count("gardens") <= 2 * PICKED_SENTENCES


# Small models


def test_the_wording_of_a_small_model_is_used_if_the_sentences_support_it(library: NotesLibrary) -> None:
    engine = ScriptedEngine("The lease ends on 30 June 2027.", parameters=SMALL)
    answer = library.answer("When does the lease end?", engine)
    assert answer.text == "The lease ends on 30 June 2027. [1]"
    assert [citation.quote for citation in answer.citations] == ["The lease ends on 30 June 2027."]


@pytest.mark.parametrize(
    "wording",
    [
        "The lease ends on 30 June 2029.",
        "When does the lease end?",
        "I am a language model.",
        "",
        "The lease ends on 30 June 2027. Penguins swim in cold water.",
        "The lease ends.",
        "Der lease ends on 30 June 2027.",
        "The lease to end the lease ends on 30 June 2027.",
        "The lease ends on the end of 30 June 2027.",
    ],
)
def test_otherwise_the_best_sentences_replace_the_wording_of_a_small_model(
    library: NotesLibrary, wording: str
) -> None:
    engine = ScriptedEngine(wording, parameters=SMALL)
    events = library.ask("When does the lease end?", engine)
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text.startswith("The lease ends on 30 June 2027. [1]")
    assert len(answer.citations) == QUOTED_SENTENCES
    for citation in answer.citations:
        text = Path(citation.locator.path).read_text(encoding="utf-8")
        assert text[slice(*citation.locator.chars)] == citation.quote
        assert f"{citation.quote} [{citation.marker}]" in answer.text
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == answer.text


def test_a_small_model_s_wording_adds_no_title_to_the_sentences(tmp_path: Path) -> None:
    library = NotesLibrary(tmp_path, {"hall.md": "# Parish rooms\n\nThe key hangs behind the door.\n"})
    wording = "Parish rooms: the key hangs behind the door."
    answer = library.answer("Where does the key hang?", ScriptedEngine(wording, parameters=SMALL))
    assert answer.text == "The key hangs behind the door. [1]"
    library.catalogue.close()


def test_a_small_model_s_wording_adds_no_number_to_the_sentences(tmp_path: Path) -> None:
    text = "# Report 2023\n\nThe board proposes a dividend of 11.5 pence, the same as in the year before.\n"
    library = NotesLibrary(tmp_path, {"report.md": text})
    wording = "The board proposes a dividend of 11.5 pence, the same as in 2023."
    answer = library.answer(
        "What dividend does the board propose for 2023?", ScriptedEngine(wording, parameters=SMALL)
    )
    assert "year before" in answer.text
    library.catalogue.close()


def test_sentences_of_two_documents_are_no_sure_answer(library: NotesLibrary) -> None:
    read = library.retriever.search

    def sure(*args: Any, **kwargs: Any) -> Search:
        """The search, with a reader that sees the answer in every sentence."""
        search = read(*args, **kwargs)
        reading = Reading(0.99, (AnswerSpan(0, 4, 0.95), AnswerSpan(8, 9, 0.95)))
        return replace(search, passages=tuple(replace(each, reading=reading) for each in search.passages))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library.retriever, "search", sure)
        answer = library.answer("Where is the pump of the hotel?", ScriptedEngine("", parameters=SMALL))
    assert len({citation.locator.path for citation in answer.citations}) == 2, answer.text
    assert answer.is_unsure


def test_a_small_model_reads_only_the_best_sentences(library: NotesLibrary) -> None:
    prompts: list[str] = []

    def script(prompt: str) -> str:
        prompts.append(prompt)
        return ""

    library.ask("What is the hotel in Lisbon called?", ScriptedEngine(script, parameters=SMALL))
    assert "The hotel is called Janelas Verdes." in prompts[0]
    assert sum(sentence in prompts[0] for sentence in ("lease ends", "flat tyre", "pump is")) <= 1


def test_of_documents_that_fit_equally_a_sentence_each_is_quoted_after_its_name(tmp_path: Path) -> None:
    rent = "The monthly rent of the flat is {} euros, due on the third.\n"
    texts = {"north.md": rent.format(870), "south.md": rent.format(640), "bike.txt": NOTES["bike.txt"]}
    engine = ScriptedEngine("The rent is 870 euros.", parameters=SMALL)
    with NotesLibrary(tmp_path, texts) as library:
        answer = library.answer("What is the monthly rent of the flat?", engine)
    first, second = sorted(answer.text.split("\n\n"))
    assert first.startswith("north.md: The monthly rent of the flat is 870 euros")
    assert second.startswith("south.md: The monthly rent of the flat is 640 euros")
    assert len(answer.citations) == 2


@pytest.mark.model
def test_the_wording_of_a_small_model_without_the_words_that_answer_is_not_used(
    library: NotesLibrary, starter_models: None
) -> None:
    question, wording = "How much is the monthly rent?", "The monthly rent is in euros."
    unread = library.answer(question, ScriptedEngine(wording, parameters=SMALL))
    assert unread.text == "The monthly rent is in euros. [1]", "the wording is backed"
    library.retriever._reader = open_reader(None)
    read = library.answer(question, ScriptedEngine(wording, parameters=SMALL))
    library.retriever._reader = None
    assert read.text.startswith("The monthly rent is 870 euros. [1]")


@pytest.mark.parametrize(
    ("log_odds", "parameters", "state"),
    [
        (3.0, 1_500_000_000, State.ANSWERED),
        (-12.0, 1_500_000_000, State.CLOSEST),
        (-12.0, SMALL, State.ANSWERED),
    ],
)
def test_a_larger_model_may_say_that_the_best_sentence_does_not_answer(
    library: NotesLibrary, log_odds: float, parameters: int, state: State
) -> None:
    engine = ScriptedEngine("The rent is 870 euros a month.", log_odds=log_odds, parameters=parameters)
    library.retriever._reader = open_reader(None)
    assert library.answer("How much is the monthly rent?", engine).state is state
    is_it = library.answer("Is the monthly rent 870 euros?", engine)
    library.retriever._reader = None
    assert is_it.state is State.ANSWERED, "no model can say yes to a question that asks for yes or no"


def test_a_larger_model_s_wording_is_shown_only_with_the_words_that_answer(library: NotesLibrary) -> None:
    library.retriever._reader = open_reader(None)
    answer = library.answer("How much is the monthly rent?", ScriptedEngine("The monthly rent is in euros."))
    library.retriever._reader = None
    assert "870 euros" in answer.text


def test_each_part_of_a_question_is_answered_with_its_citation(library: NotesLibrary) -> None:
    def script(prompt: str) -> str:
        is_about_lease = "When does the lease end" in prompt
        return "The lease ends on 30 June 2027." if is_about_lease else "The hotel is called Janelas Verdes."

    events = library.ask(
        "When does the lease end, and what is the hotel in Lisbon called?",
        ScriptedEngine(script, parameters=SMALL),
    )
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text == ("The lease ends on 30 June 2027. [1]\n\nThe hotel is called Janelas Verdes. [2]")
    assert [citation.marker for citation in answer.citations] == [1, 2]
    assert [Path(citation.locator.path).name for citation in answer.citations] == ["lease.md", "trip.md"]
    assert [sentence.marker for sentence in answer.sentences] == [1, 2]
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == answer.text
    assert [type(event) for event in events].count(SearchFinished) == 1


def test_a_sentence_that_answers_both_parts_is_said_once(library: NotesLibrary) -> None:
    events = library.ask(
        "When does the lease end and which lease ends?",
        ScriptedEngine("The lease ends on 30 June 2027.", parameters=SMALL),
    )
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text == "The lease ends on 30 June 2027. [1]"
    assert len(answer.sentences) == len(answer.citations) == 1
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == answer.text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "When does the lease end and who painted Guernica?",
            "The lease ends on 30 June 2027. [1]\n\nI found no answer to “who painted Guernica?”",
        ),
        (
            "Who painted Guernica and when does the lease end?",
            "I found no answer to “Who painted Guernica?”\n\nThe lease ends on 30 June 2027. [1]",
        ),
    ],
)
def test_a_part_that_is_not_answered_is_named(library: NotesLibrary, question: str, text: str) -> None:
    events = library.ask(question, ScriptedEngine("The lease ends on 30 June 2027.", parameters=SMALL))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert (answer.state, answer.text) == (State.ANSWERED, text)
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == text


def test_a_question_whose_parts_are_all_unanswered_gets_one_reply(library: NotesLibrary) -> None:
    events = library.ask("Who painted Guernica and where is the Prado?", None)
    assert [type(event) for event in events] == [SearchFinished, Answer]
    assert isinstance(events[-1], Answer)
    assert events[-1].state is State.NOT_FOUND


@pytest.mark.parametrize("wording", ["The monthly rent is 870 euros.", "It is very high."])
def test_an_answer_that_may_not_be_what_was_asked_is_marked(library: NotesLibrary, wording: str) -> None:
    library.retriever._reader = open_reader(None)
    sure = library.answer("How much is the monthly rent?", ScriptedEngine(wording, log_odds=3.0))
    doubtful = library.answer("How much is the monthly rent?", ScriptedEngine(wording, log_odds=DOUBTFUL))
    library.retriever._reader = None
    assert not sure.is_unsure
    assert "870 euros. [1]" in sure.text
    assert doubtful.state is State.ANSWERED
    assert doubtful.is_unsure
    assert "870 euros. [1?]" in doubtful.text
    assert doubtful.sentences[0].reason == "it may not be what you asked for"


def test_the_text_of_an_answer_says_from_the_first_word_whether_it_is_sure(library: NotesLibrary) -> None:
    library.retriever._reader = open_reader(None)
    for log_odds, is_unsure in ((3.0, False), (DOUBTFUL, True)):
        engine = ScriptedEngine("The monthly rent is 870 euros.", log_odds=log_odds)
        events = library.ask("How much is the monthly rent?", engine)
        pieces = [event for event in events if isinstance(event, AnswerText)]
        assert {piece.is_unsure for piece in pieces} == {is_unsure}
    library.retriever._reader = None


def test_a_follow_up_that_only_gets_the_last_answer_again_is_marked(library: NotesLibrary) -> None:
    engine = ScriptedEngine("The lease ends on 30 June 2027.", parameters=SMALL)
    first = library.answer("When does the lease end?", engine)
    *_, again = library.ask("And when was it signed?", engine, earlier=[first])
    *_, other = library.ask("And the monthly rent?", engine, earlier=[first])
    assert isinstance(again, Answer)
    assert isinstance(other, Answer)
    assert not first.is_unsure
    assert "30 June 2027" in again.text
    assert again.is_unsure, "the sentence says nothing of a signature"
    assert "870 euros" in other.text
    assert not other.is_unsure


@pytest.mark.parametrize(
    "question", ["where does it say that?", "And which document is that from?", "Wo steht das?"]
)
def test_a_question_for_the_source_shows_the_last_answer_and_its_place(
    question: str, library: NotesLibrary
) -> None:
    engine = ScriptedEngine("The lease ends on 30 June 2027.", parameters=SMALL)
    first = library.answer("When does the lease end?", engine)
    *_, again = library.ask(question, engine, earlier=[first])
    assert isinstance(again, Answer)
    *_, other = library.ask("And the monthly rent?", engine, earlier=[first, again])
    assert isinstance(other, Answer)
    assert (again.question, again.text, again.citations) == (question, first.text, first.citations)
    assert "870 euros" in other.text


def test_a_short_question_that_other_documents_answer_is_marked(tmp_path: Path) -> None:
    files = {
        "weir.md": "# Weir\n\nThe committee resolved unanimously to mend the weir in May.\n",
        "ferry.md": "# Ferry\n\nMrs Holt voted against. The ferry is sold all the same.\n",
    }
    library = NotesLibrary(tmp_path, files)
    engine = ScriptedEngine("Nothing of this is written.", parameters=SMALL)
    first = library.answer("What did the committee resolve about the weir?", engine)
    alone = library.answer("who voted against?", engine)
    *_, followed = library.ask("who voted against?", engine, earlier=[first])
    assert isinstance(followed, Answer)
    assert "weir" in first.text
    assert not alone.is_unsure
    assert followed.is_unsure, "another matter may be meant"
    library.catalogue.close()


def test_a_follow_up_is_answered_in_place_of_what_it_contrasts_with(tmp_path: Path) -> None:
    fees = "# Stall 7\n\nThe fee of stall 7 is 45 euros.\n\nThe deposit of stall 7 is 120 euros.\n"
    library = NotesLibrary(tmp_path, {"market.md": fees})
    engine = ScriptedEngine("Nothing of this is written.", parameters=SMALL)
    fee = library.answer("How much is the fee of stall 7?", engine)
    *_, deposit = library.ask("and the deposit?", engine, earlier=[fee])
    assert isinstance(deposit, Answer)
    assert "45 euros" in fee.text
    assert deposit.query == "How much is the deposit of stall 7?"
    assert deposit.text.startswith("The deposit of stall 7 is 120 euros.")
    library.catalogue.close()


def test_of_two_versions_the_later_one_is_quoted_unless_the_question_names_the_earlier_one(
    tmp_path: Path,
) -> None:
    library = NotesLibrary(
        tmp_path,
        {
            "mooring 2025.txt": "Mooring agreement 2025\n\nThe fee for mooring of the boat is 200 euros.\n",
            "mooring 2026.txt": "Mooring agreement 2026, replaces the one of 2025\n\n"
            "A fee of 260 euros is charged for the boat at the mooring.\n",
        },
    )
    engine = ScriptedEngine("Nothing of this is written.", parameters=SMALL)
    fee = library.answer("fee for the mooring of the boat", engine)
    assert {Path(citation.locator.path).name for citation in fee.citations} == {"mooring 2026.txt"}
    assert "260 euros" in fee.text
    earlier = library.answer("What was the fee for the mooring of the boat in 2025?", engine)
    assert earlier.text.startswith("The fee for mooring of the boat is 200 euros.")
    library.catalogue.close()


def test_the_latest_of_dated_statements_is_quoted(tmp_path: Path) -> None:
    notes = (
        "Asthma of Olga Fenn\n\n3.2.26 Olga Fenn, latest check: peak flow 310.\n\n"
        "24.3. Peak flow 355.\n\n2.6. Peak flow 390, no cough.\n"
    )
    library = NotesLibrary(tmp_path, {"asthma.txt": notes})
    library.retriever._reader = open_reader(None)
    engine = ScriptedEngine("Nothing of this is written.", parameters=SMALL)
    answer = library.answer("What is the latest peak flow of Olga Fenn?", engine)
    assert "390" in answer.text
    assert "310" not in answer.text
    library.catalogue.close()


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("noun", ["papers", "documents"])
def test_the_documents_that_mention_a_name_are_listed_also_when_all_are_read(
    library: NotesLibrary, every: bool, noun: str
) -> None:
    *_, answer = library.ask(f"Which of my {noun} mention Lisbon?", None, asking=Asking(every=every))
    assert isinstance(answer, Answer)
    assert [Path(citation.locator.path).name for citation in answer.citations] == ["trip.md"]
    *_, missing = library.ask(f"Which of my {noun} mention Guernica?", None, asking=Asking(every=every))
    assert isinstance(missing, Answer)
    assert "“mention”" not in missing.text


@pytest.mark.parametrize(
    "question",
    ["How much is the monthly rent", "rent of the flat", "Is the pump in the cellar", "bicycle tyre"],
)
def test_the_mark_at_the_end_of_a_question_changes_no_reply(library: NotesLibrary, question: str) -> None:
    library.retriever._reader = open_reader(None)
    replies = []
    for mark in ("", "?", " ?", ".", "??", " …"):
        engine = ScriptedEngine("The monthly rent is 870 euros.", parameters=SMALL)
        answer = library.answer(question + mark, engine)
        assert answer.query == question + mark
        replies.append((answer.state, answer.text, answer.confidence, answer.is_unsure, answer.missing))
    library.retriever._reader = None
    assert set(replies) == {replies[0]}
