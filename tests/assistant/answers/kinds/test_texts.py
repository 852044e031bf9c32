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


PRINTED = """Quay Street Practice
18 Quay Street, Harwick

To: Dr Amadi
Links Surgery
24 February 2026

Re: Mr Osric Pell, born 7 May 1982

Dear Dr Amadi,

Thank you for sending Mr Pell, whom I have seen six times. His score has come down from 21 to 9. He sleeps six
hours a night now and walks to work again. I would like to ask you for two things. First, could you repeat the
blood test of January? Second, he would welcome a note for a return to work in steps. I will see him until
June and will write again at the end.

With kind regards,
Ada Quill
"""


def test_the_summary_of_a_letter_begins_below_its_head_and_names_its_subject() -> None:
    summary = summary_of("/notes/letter.txt", PRINTED)
    assert "Mr Osric Pell, born 7 May 1982" in summary.about
    for line in ("Quay Street", "Links Surgery", "24 February"):
        assert line not in summary.text
    assert "from 21 to 9" in summary.text


def test_a_request_is_told_with_the_one_that_it_counts_on_from() -> None:
    text = summary_of("/notes/letter.txt", PRINTED).text
    assert "First, could you repeat the blood test of January?" in text
    assert "Second, he would welcome a note" in text


def test_a_note_that_greets_nobody_keeps_its_first_lines() -> None:
    text = (
        "The gate code is 4417.\nThe alarm is off at nine.\nDear me, what a day it was for all of us here.\n"
    )
    assert "The alarm is off at nine." in summary_of("/notes/n.txt", text).text


def test_what_begins_small_is_told_after_its_heading() -> None:
    text = (
        "AGREEMENT\n\n1. Frequency: once a month, on the first Thursday of the month.\n"
        "2. Notice: 48 hours before the meeting, by telephone.\n3. Fee: 70 pounds for each meeting.\n"
    )
    told = summary_of("/notes/agreement.txt", text).text
    assert "Frequency: once a month" in told
    assert "Notice: 48 hours" in told


def test_the_summary_of_a_bill_has_its_total() -> None:
    visits = "".join(f"{day:02d}.01. visit 78.00\n" for day in range(1, 29))
    bill = (
        f"INVOICE 2026-014\nAda Quill, Quay Street\n\n{visits}Total 2184.00\n\nPlease pay within 14 days.\n"
    )
    assert "Total 2184.00" in summary_of("/notes/bill.txt", bill).text
