"""A whole document to a summary: nothing left out, whatever its length."""

import itertools
from collections.abc import Callable

import pytest

from assistant.answers.summarizing import PART_TOKENS, Summarizer
from assistant.dialogue import Summary, SummaryProgress
from assistant.engine import Finish, Sampling
from assistant.engine.scripted import ScriptedEngine
from ingest.documents import Document
from ingest.embedding import HashingEmbedder
from tests.parsing import parse_bytes


def stretch(prompt: str) -> str:
    """The part of a prompt that is the document's."""
    return prompt.split(":\n\n", 1)[1].rsplit("\n\nSummarize this text", 1)[0]


def long_document(chapters: int = 12, paragraphs: int = 9) -> Document:
    counter = itertools.count()
    text = "# The Year\n\n"
    for chapter in range(chapters):
        text += f"## Month {chapter}\n\n"
        for _ in range(paragraphs):
            number = next(counter)
            text += f"Fact {number:03} was written down. It is about item {number:03}, as agreed.\n\n"
    return parse_bytes("/notes/year.md", text.encode())


class Reader:
    """Keeps what a model was given to read."""

    def __init__(self, says: Callable[[int], str] = lambda number: f"Part {number} matters.") -> None:
        self.texts: list[str] = []
        self._says = says

    def __call__(self, prompt: str) -> str:
        self.texts.append(prompt)
        return self._says(len(self.texts))


def summarized(
    document: Document,
    reader: Reader,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    context: int = 16_384,
    parameters: int = 8_000_000_000,
) -> tuple[list[SummaryProgress], Summary]:
    engine = ScriptedEngine(reader, context_tokens=context, parameters=parameters)
    summarizer = Summarizer(engine, HashingEmbedder(), Sampling())
    *progress, summary = summarizer.summarize(document, cancelled=cancelled)
    assert isinstance(summary, Summary)
    return [event for event in progress if isinstance(event, SummaryProgress)], summary


def test_a_short_document_is_read_once() -> None:
    reader = Reader()
    progress, summary = summarized(parse_bytes("/notes/lease.md", b"# Lease\n\nIt ends in June.\n"), reader)
    assert len(reader.texts) == 1
    assert (summary.path, summary.text) == ("/notes/lease.md", "Part 1 matters.")
    (section,) = summary.sections
    assert (section.heading, section.summary, section.lines) == (("Lease",), "Part 1 matters.", (3, 3))
    assert progress[0] == SummaryProgress(0, 1, ("Lease",))


def test_every_block_of_a_long_document_is_read_in_exactly_one_stretch() -> None:
    document = long_document()
    reader = Reader()
    _, summary = summarized(document, reader)
    stretches = [stretch(prompt) for prompt in reader.texts[: len(summary.sections)]]
    assert len(stretches) > 3
    for block in document.blocks:
        assert sum(block.text in stretch for stretch in stretches) == 1
    # In the document's order.
    places = [next(i for i, s in enumerate(stretches) if block.text in s) for block in document.blocks]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 3000,
        "x" * 9000,
        "\n".join(f"{i},{i * 7},row" for i in range(800)),
        "".join(f"Sentence {i} of one paragraph only. " for i in range(300)),
        "契約は六月に終わります。" * 300,
    ],
    ids=["words", "one word", "lines", "one paragraph", "Japanese"],
)
def test_no_character_of_a_shapeless_document_is_left_out_or_read_twice(text: str) -> None:
    reader = Reader()
    _, summary = summarized(parse_bytes("/notes/long.txt", text.encode()), reader)
    read = "".join(map(stretch, reader.texts[: len(summary.sections)]))
    assert len(summary.sections) > 1
    assert "".join(read.split()) == "".join(text.split())


def test_sections_tell_where_they_stand_without_gaps_or_overlaps() -> None:
    document = long_document()
    _, summary = summarized(document, Reader())
    lines = [section.lines for section in summary.sections if section.lines]
    assert len(lines) == len(summary.sections)
    assert all(first <= last for first, last in lines)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(lines))
    covered = {line for first, last in lines for line in range(first, last + 1)}
    assert all(block.locator.lines and block.locator.lines[0] in covered for block in document.blocks)
    assert all(section.heading[:1] == ("The Year",) for section in summary.sections)


def test_no_stretch_is_longer_than_a_model_reads_at_once() -> None:
    reader = Reader()
    _, summary = summarized(long_document(), reader)
    sizes = [len(stretch(prompt)) for prompt in reader.texts[: len(summary.sections)]]
    assert PART_TOKENS / 3 < max(sizes) <= PART_TOKENS


def test_summaries_are_summarized_until_one_remains() -> None:
    reader = Reader(lambda number: f"Part {number:02} " + "matters " * 10 + "much.")
    progress, summary = summarized(long_document(40), reader)
    sections = len(summary.sections)
    merges = reader.texts[sections:]
    assert len(merges) > 2
    # Each of the summaries goes into one merge of the first level.
    for section in summary.sections:
        assert sum(section.summary in merge for merge in merges) == 1
    assert summary.text == f"Part {len(reader.texts):02} " + "matters " * 10 + "much."
    assert [event.done for event in progress] == list(range(sections + 1))
    assert {event.total for event in progress} == {sections + 1}


def test_summaries_too_long_to_fit_still_come_to_an_end() -> None:
    reader = Reader(lambda number: "long " * 400)
    _, summary = summarized(long_document(20), reader)
    assert summary.text


def test_a_summary_that_breaks_off_ends_with_its_last_whole_sentence() -> None:
    reader = Reader(lambda number: "The lease ends in June. " + "And so on " * 200)
    _, summary = summarized(parse_bytes("/notes/lease.md", b"# Lease\n\nIt ends in June.\n"), reader)
    assert summary.text == "The lease ends in June."
    assert summary.stats.finish is Finish.LENGTH


def test_figures_are_those_of_all_readings_together() -> None:
    reader = Reader()
    _, summary = summarized(long_document(), reader)
    engine = ScriptedEngine("")
    assert summary.stats.prompt_tokens == sum(
        len(engine.tokenize(text, special=True)) for text in reader.texts
    )
    assert summary.stats.answer_tokens == sum(
        len(f"Part {number + 1} matters.") for number in range(len(reader.texts))
    )


@pytest.mark.parametrize("stretches", [0, 1, 3])
def test_a_cancelled_summary_keeps_what_was_summarized(stretches: int) -> None:
    reader = Reader()
    _, summary = summarized(
        long_document(), reader, cancelled=lambda: len(reader.texts) > stretches or not stretches
    )
    said = [f"Part {number + 1} matters." for number in range(stretches)]
    assert [section.summary for section in summary.sections][:stretches] == said
    assert summary.text.startswith(" ".join(said))
    assert len(reader.texts) <= stretches + 1
    assert summary.stats.finish is Finish.CANCELLED


def test_a_summary_cancelled_while_it_is_merged_keeps_its_sections() -> None:
    document = long_document()
    sections = len(summarized(document, Reader())[1].sections)
    reader = Reader()
    _, summary = summarized(document, reader, cancelled=lambda: len(reader.texts) > sections)
    assert len(summary.sections) == sections
    assert summary.text == " ".join(section.summary for section in summary.sections)


def test_a_model_with_a_small_context_reads_shorter_stretches() -> None:
    document = long_document()
    reader = Reader()
    _, summary = summarized(document, reader, context=900)
    read = [stretch(prompt) for prompt in reader.texts[: len(summary.sections)]]
    assert max(map(len, read)) <= 450
    assert all(sum(block.text in text for text in read) == 1 for block in document.blocks)


# Small models


def test_a_small_model_writes_nothing_and_its_summary_is_the_documents_own_words() -> None:
    reader = Reader()
    document = long_document()
    progress, summary = summarized(document, reader, parameters=100_000_000)
    assert reader.texts == []
    assert len(progress) > len(summary.sections) > 3
    text = " ".join(document.pages[0].split())
    for said in (summary.text, *(section.summary for section in summary.sections)):
        sentences = [f"{part}." for part in said.rstrip(".").split(". ")]
        assert sentences
        assert all(sentence in text for sentence in sentences)
        assert len(set(sentences)) == len(sentences)


def test_a_small_model_sums_up_a_text_without_sentences_by_the_text() -> None:
    _, summary = summarized(parse_bytes("/notes/a.txt", b"rent 900"), Reader(), parameters=100_000_000)
    assert summary.text == "rent 900"
