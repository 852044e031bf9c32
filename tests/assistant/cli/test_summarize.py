"""`carrel summarize`."""

import dataclasses
import io

import pytest

from assistant.cli.output import Output
from assistant.cli.render.summaries import print_summary, summary_object
from assistant.dialogue import Sentence, Verdict
from assistant.summary import SectionSummary, Summary, SummaryGroup, SummaryKind
from tests.running import Carrel
from tests.still import STATS, StillLibrary

SUMMARY = Summary(
    path="/notes/lease.pdf",
    kind=SummaryKind.TEXT,
    about="“Lease”, 2 pages.",
    text="The lease ends in 2028. The rent is high.",
    groups=(
        SummaryGroup(
            "",
            (
                Sentence("The lease ends\nin 2028.", Verdict.BACKED, "", 1),
                Sentence("The rent is high.", Verdict.UNBACKED, "the document says otherwise", None),
            ),
        ),
    ),
    sections=(
        SectionSummary(("Term", "End"), (1, 2), None, "It ends in 2028."),
        SectionSummary((), None, (3, 9), "It costs 900 euros."),
    ),
    parts=2,
    stats=STATS,
)


def printed(form: str, summary: Summary = SUMMARY) -> tuple[str, str]:
    """stdout and stderr of a printed summary."""
    out, err = io.StringIO(), io.StringIO()
    print_summary(Output(out, err), summary, form)
    return out.getvalue(), " ".join(err.getvalue().split())


def test_a_summary_is_prose_with_its_sections_and_a_mark_at_what_is_not_supported() -> None:
    out, err = printed("md")
    assert out.startswith("“Lease”, 2 pages.\nThe lease ends in 2028. The rent is high. [?]\n")
    assert "\nTerm › End · pages 1-2\nIt ends in 2028.\n" in out
    assert "\nlines 3-9\nIt costs 900 euros.\n" in out
    assert "Not supported by the document: The rent is high. (the document says otherwise)" in err
    assert "Read the whole document, 2 parts." in err


def test_bullets_have_a_sentence_a_line_and_no_sections() -> None:
    out, _ = printed("bullets")
    assert out == "“Lease”, 2 pages.\n- The lease ends in 2028.\n- The rent is high. [?]\n"


def test_points_under_a_heading_are_a_list_in_every_form() -> None:
    backed = Sentence("The roof is mended.", Verdict.BACKED, "", None)
    minutes = dataclasses.replace(
        SUMMARY, kind=SummaryKind.MINUTES, groups=(SummaryGroup("Decisions", (backed,)),)
    )
    for form in ("md", "bullets"):
        assert "\n\nDecisions\n- The roof is mended.\n" in printed(form, minutes)[0]
    assert summary_object(minutes, "-")["sentences"] == [
        {"text": "The roof is mended.", "verdict": "backed", "reason": "", "group": "Decisions"}
    ]


def test_a_summary_that_was_stopped_early_says_how_to_continue() -> None:
    _, err = printed("md", dataclasses.replace(SUMMARY, sections=SUMMARY.sections[:1]))
    assert "Read 1 of 2 parts of the document. Run the command again to continue." in err


def test_the_object_of_a_summary_has_the_promised_keys() -> None:
    value = summary_object(SUMMARY, "-")
    assert set(value) == {"path", "kind", "about", "summary", "sentences", "sections", "coverage", "stats"}
    assert value["path"] == "-"
    assert value["coverage"] == {"parts": 2, "read": 2}
    assert [set(section) for section in value["sections"]] == [
        {"heading", "pages", "summary"},
        {"heading", "lines", "summary"},
    ]
    assert value["sentences"][1] == {
        "text": "The rent is high.",
        "verdict": "unbacked",
        "reason": "the document says otherwise",
    }


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.md"], 2, "There is no file or folder nowhere.md, and no document with this name"),
        (["nowhere.pdf"], 2, "There is no file or folder nowhere.pdf, and no document with this name"),
        (["-"], 1, "Standard input"),
        (["-", "--length", "huge"], 2, "no length huge"),
        (["-", "--format", "rtf"], 2, "no format rtf"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_summarized_is_reported_before_a_model_is_loaded(
    carrel: Carrel, arguments: list[str], code: int, words: str
) -> None:
    outcome = carrel.here("summarize", *arguments, "--json", library=StillLibrary())
    assert outcome.code == outcome.error["exit"] == code
    assert words in outcome.narration


# With the starter models


@pytest.mark.model
def test_a_document_on_standard_input_is_summarized_without_a_library(
    carrel: Carrel, starter_models: None
) -> None:
    note = b"The hall is painted on Thursday, so the meeting moves to Friday."
    outcome = carrel.here("summarize", "-", "--json", stdin=note)
    assert outcome.code == 0, outcome.narration
    summary = outcome.object
    assert summary["path"] == "-"
    assert summary["summary"]
    assert [set(section) for section in summary["sections"]] == [{"heading", "lines", "summary"}]
    assert summary["sections"][0]["lines"] == [1, 1]
    assert not carrel.library.exists()


@pytest.mark.model
def test_a_folder_is_summarized_and_its_summaries_are_cached_until_it_is_removed(filled: Carrel) -> None:
    club = filled.home / "notes" / "club"
    first = filled.here("summarize", club, "--length", "short", "--json").object
    assert len(first["documents"]) == len(list(club.iterdir()))
    assert first["summary"]
    for document in first["documents"]:
        assert document["coverage"]["read"] == document["coverage"]["parts"]
        assert all(sentence["verdict"] == "backed" for sentence in document["sentences"])
    cached = filled.library / "cache" / "summaries"
    assert len(list(cached.glob("*.json"))) == len(first["documents"])
    assert filled.here("summarize", club, "--length", "short", "--json").object == first
    bullets = filled.here(
        *("summarize", club / "minutes-2026-03-12.md", "--format", "bullets", "--focus", "the boat")
    )
    assert "\n- " in bullets.text
    assert "boat" in bullets.text
    filled.here("rm", club)
    assert list(cached.glob("*.json")) == []
