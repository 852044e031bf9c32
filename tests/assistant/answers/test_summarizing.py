"""Summaries of whole documents, from which nothing is left out."""

import itertools
from collections.abc import Callable

import pytest

from assistant.answers.summarizing import PART_TOKENS, Summarizer
from assistant.engine import Finish, Sampling
from assistant.engine.scripted import ScriptedEngine
from assistant.summary import Summary, SummaryProgress
from ingest.documents import Document
from ingest.embedding import HashingEmbedder
from tests.parsing import parse_bytes


def document_text(prompt: str) -> str:
    """The document's text in a prompt."""
    return prompt.split(":\n\n", 1)[1].rsplit("\n\nSummarize this text", 1)[0]


def long_document(chapters: int = 12, paragraphs: int = 9) -> Document:
    """A document with a heading for each chapter, and paragraphs that are all different."""
    counter = itertools.count()
    text = "# The Year\n\n"
    for chapter in range(chapters):
        text += f"## Month {chapter}\n\n"
        for _ in range(paragraphs):
            number = next(counter)
            text += f"Fact {number:03} was written down. It is about item {number:03}, as agreed.\n\n"
    return parse_bytes("/notes/year.md", text.encode())


class RecordingModel:
    """A script for `ScriptedEngine` that records the prompts."""

    def __init__(self, reply: Callable[[int], str] = lambda number: f"Part {number} matters.") -> None:
        self.prompts: list[str] = []
        self._reply = reply

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self._reply(len(self.prompts))


def summarized(
    document: Document,
    model: RecordingModel,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    context: int = 16_384,
    parameters: int = 8_000_000_000,
) -> tuple[list[SummaryProgress], Summary]:
    """The progress events and the summary."""
    engine = ScriptedEngine(model, context_tokens=context, parameters=parameters)
    summarizer = Summarizer(engine, HashingEmbedder(), Sampling())
    *progress, summary = summarizer.summarize(document, cancelled=cancelled)
    assert isinstance(summary, Summary)
    return [event for event in progress if isinstance(event, SummaryProgress)], summary


def test_a_short_document_is_summarized_in_one_part() -> None:
    model = RecordingModel()
    progress, summary = summarized(parse_bytes("/notes/lease.md", b"# Lease\n\nIt ends in June.\n"), model)
    assert len(model.prompts) == 1
    assert (summary.path, summary.text) == ("/notes/lease.md", "Part 1 matters.")
    (section,) = summary.sections
    assert (section.heading, section.summary, section.lines) == (("Lease",), "Part 1 matters.", (3, 3))
    assert progress[0] == SummaryProgress(0, 1, ("Lease",))


def test_every_block_of_a_long_document_is_in_exactly_one_part() -> None:
    document = long_document()
    model = RecordingModel()
    _, summary = summarized(document, model)
    parts = [document_text(prompt) for prompt in model.prompts[: len(summary.sections)]]
    assert len(parts) > 3
    for block in document.blocks:
        assert sum(block.text in part for part in parts) == 1
    # In the order of the document.
    places = [next(i for i, part in enumerate(parts) if block.text in part) for block in document.blocks]
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
def test_no_character_of_an_unstructured_document_is_left_out_or_repeated(text: str) -> None:
    model = RecordingModel()
    _, summary = summarized(parse_bytes("/notes/long.txt", text.encode()), model)
    read = "".join(map(document_text, model.prompts[: len(summary.sections)]))
    assert len(summary.sections) > 1
    assert "".join(read.split()) == "".join(text.split())


def test_the_places_of_sections_have_no_gaps_or_overlaps() -> None:
    document = long_document()
    _, summary = summarized(document, RecordingModel())
    lines = [section.lines for section in summary.sections if section.lines]
    assert len(lines) == len(summary.sections)
    assert all(first <= last for first, last in lines)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(lines))
    covered = {line for first, last in lines for line in range(first, last + 1)}
    assert all(block.locator.lines and block.locator.lines[0] in covered for block in document.blocks)
    assert all(section.heading[:1] == ("The Year",) for section in summary.sections)


def test_a_part_has_a_largest_size() -> None:
    model = RecordingModel()
    _, summary = summarized(long_document(), model)
    sizes = [len(document_text(prompt)) for prompt in model.prompts[: len(summary.sections)]]
    assert PART_TOKENS / 3 < max(sizes) <= PART_TOKENS


def test_summaries_are_summarized_until_one_remains() -> None:
    model = RecordingModel(lambda number: f"Part {number:02} " + "matters " * 10 + "much.")
    progress, summary = summarized(long_document(40), model)
    sections = len(summary.sections)
    merges = model.prompts[sections:]
    assert len(merges) > 2
    # Each summary is part of one merge of the first level.
    for section in summary.sections:
        assert sum(section.summary in merge for merge in merges) == 1
    assert summary.text == f"Part {len(model.prompts):02} " + "matters " * 10 + "much."
    assert [event.done for event in progress] == list(range(sections + 1))
    assert {event.total for event in progress} == {sections + 1}


def test_merging_ends_even_if_summaries_do_not_fit() -> None:
    model = RecordingModel(lambda number: "long " * 400)
    _, summary = summarized(long_document(20), model)
    assert summary.text


def test_a_summary_at_its_token_limit_ends_with_a_complete_sentence() -> None:
    model = RecordingModel(lambda number: "The lease ends in June. " + "And so on " * 200)
    _, summary = summarized(parse_bytes("/notes/lease.md", b"# Lease\n\nIt ends in June.\n"), model)
    assert summary.text == "The lease ends in June."
    assert summary.stats.finish is Finish.LENGTH


def test_statistics_add_up_over_all_generations() -> None:
    model = RecordingModel()
    _, summary = summarized(long_document(), model)
    engine = ScriptedEngine("")
    assert summary.stats.prompt_tokens == sum(
        len(engine.tokenize(text, special=True)) for text in model.prompts
    )
    assert summary.stats.answer_tokens == sum(
        len(f"Part {number + 1} matters.") for number in range(len(model.prompts))
    )


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_a_cancelled_summary_keeps_the_parts_summarized_so_far(parts: int) -> None:
    model = RecordingModel()
    _, summary = summarized(long_document(), model, cancelled=lambda: len(model.prompts) > parts or not parts)
    summaries = [f"Part {number + 1} matters." for number in range(parts)]
    assert [section.summary for section in summary.sections][:parts] == summaries
    assert summary.text.startswith(" ".join(summaries))
    assert len(model.prompts) <= parts + 1
    assert summary.stats.finish is Finish.CANCELLED


def test_a_summary_cancelled_during_merging_keeps_its_sections() -> None:
    document = long_document()
    sections = len(summarized(document, RecordingModel())[1].sections)
    model = RecordingModel()
    _, summary = summarized(document, model, cancelled=lambda: len(model.prompts) > sections)
    assert len(summary.sections) == sections
    assert summary.text == " ".join(section.summary for section in summary.sections)


def test_parts_are_smaller_for_a_small_context() -> None:
    document = long_document()
    model = RecordingModel()
    _, summary = summarized(document, model, context=900)
    parts = [document_text(prompt) for prompt in model.prompts[: len(summary.sections)]]
    assert max(map(len, parts)) <= 450
    assert all(sum(block.text in text for text in parts) == 1 for block in document.blocks)


# Small models


def test_the_summary_of_a_small_model_consists_of_sentences_of_the_document() -> None:
    model = RecordingModel()
    document = long_document()
    progress, summary = summarized(document, model, parameters=100_000_000)
    assert model.prompts == []
    assert len(progress) > len(summary.sections) > 3
    text = " ".join(document.pages[0].split())
    points = (line.removeprefix("- ") for line in summary.text.splitlines())
    for quoted in (*points, *(section.summary for section in summary.sections)):
        sentences = [f"{part}." for part in quoted.rstrip(".").split(". ")]
        assert sentences
        assert all(sentence in text for sentence in sentences)
        assert len(set(sentences)) == len(sentences)


def test_a_text_without_sentences_is_its_own_quoted_summary() -> None:
    _, summary = summarized(
        parse_bytes("/notes/a.txt", b"rent 900"), RecordingModel(), parameters=100_000_000
    )
    assert summary.text == "rent 900"


def quoted_summary(name: str, text: str) -> Summary:
    _, summary = summarized(parse_bytes(name, text.encode()), RecordingModel(), parameters=100_000_000)
    return summary


BEANS = (
    "# Beans\n\nSow the beans in March. Pick them while the scar is green. The roots stay in the ground.\n"
)

LEASE = """# Lease of the boat house

1. Term. The term begins on 1 May 2026 and runs for two years.

2. Rent. 2.1 The tenant pays 300 EUR a month in advance. 2.2 The rent rises by 2% a year.

3. Repairs. The landlord keeps the roof in repair.
"""

BILL = "Bill 7\n\nTar: 40 EUR\nRope: 25 EUR\nTotal: 65 EUR\n\nPay by 3 June 2026, please.\n"


def test_sentences_of_one_paragraph_are_prose_and_clauses_and_lines_a_list() -> None:
    beans = quoted_summary("/notes/beans.md", BEANS)
    assert (
        beans.text
        == "Sow the beans in March. Pick them while the scar is green. The roots stay in the ground."
    )
    lease = quoted_summary("/notes/lease.md", LEASE).text.splitlines()
    assert all(line.startswith("- ") for line in lease)
    assert "- 2.1 The tenant pays 300 EUR a month in advance." in lease
    assert "- 2.2 The rent rises by 2% a year." in lease
    assert "- Total: 65 EUR" in quoted_summary("/notes/bill.txt", BILL).text.splitlines()


def test_the_overview_of_a_folder_has_a_line_for_each_document() -> None:
    minutes = "# Board\n\n## Decisions\n\n- The fee rises to 20 EUR.\n\n## Tasks\n\n- Ada orders tar.\n"
    table = "Plot,Holder\n1,Finch\n2,Marr\n3,Lal\n"
    texts = {
        "north/beans.md": BEANS,
        "south/beans.md": BEANS.replace("March", "May"),
        "bill.txt": BILL,
        "minutes.md": minutes,
        "plots.csv": table,
    }
    summaries = [quoted_summary(f"/notes/{name}", text) for name, text in texts.items()]
    engine = ScriptedEngine(RecordingModel(), parameters=100_000_000)
    lines = Summarizer(engine, HashingEmbedder(), Sampling()).overview(summaries, "notes").splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"- {name}" for name in texts]
    said = [line.partition(": ")[2] for line in lines]
    assert said[0] in BEANS
    assert said[2] in {"Total: 65 EUR", "Pay by 3 June 2026, please."}
    assert "The fee rises to 20 EUR." in said[3]
    assert said[4] == "Table, “plots”: 3 rows, 2 columns."


def test_a_model_that_writes_merges_the_summaries_of_a_folder() -> None:
    summaries = [quoted_summary(f"/notes/{number}.md", BEANS) for number in range(2)]
    engine = ScriptedEngine(RecordingModel(lambda number: "Both are about beans."), parameters=8_000_000_000)
    assert (
        Summarizer(engine, HashingEmbedder(), Sampling()).overview(summaries, "notes")
        == "Both are about beans."
    )
