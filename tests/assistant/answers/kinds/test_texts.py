"""Summaries of letters, contracts and notes."""

from assistant.summary import SummaryKind
from tests.summarized import summary_of

LETTER = b"""From: Ines Calder <ines@harbour.example>
To: Tom Abel <tom@roof.example>
Subject: Offer for the shed roof
Date: Mon, 4 May 2026 09:00:00 +0000
Content-Type: text/plain; charset=utf-8

Dear Tom,

I hope you had a good weekend. It was lovely to see the roses in your garden again.

We accept your offer of 2,340 euros for the shed roof. The work must be finished by 30 June 2026.
Please send the invoice to the office, not to my home.

Kind regards,
Ines
"""


def test_a_letter_is_named_by_sender_and_subject_and_greetings_are_left_out() -> None:
    summary = summary_of("/notes/offer.eml", LETTER)
    assert summary.kind is SummaryKind.TEXT
    assert "Ines Calder" in summary.about
    assert "Offer for the shed roof" in summary.about
    assert "2,340 euros" in summary.text
    assert "30 June 2026" in summary.text


def test_marks_of_markdown_and_html_are_not_shown() -> None:
    text = "# Note\n\nThe **boiler** was [serviced](https://example.org/x) on <b>4 May 2026</b> by `Holm`.\n"
    assert summary_of("/notes/n.md", text).text == "The boiler was serviced on 4 May 2026 by `Holm`."


def test_an_item_of_a_list_is_quoted_with_what_it_is_a_list_of() -> None:
    items = "- Cash above 600 euros\n- Damage by mice\n"
    text = f"# Policy\n\nThe insurance covers fire.\n\n## Not covered\n\n{items}"
    assert "Not covered: Cash above 600 euros" in summary_of("/notes/policy.md", text).text


def test_front_matter_is_no_part_of_a_summary() -> None:
    text = (
        "---\nauthor: Ines Calder\ndate: 2026-05-01\n---\n# Note\n\nThe boiler was serviced by Holm in May.\n"
    )
    assert summary_of("/notes/n.md", text).text == "The boiler was serviced by Holm in May."
