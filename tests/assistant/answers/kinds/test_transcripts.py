"""Summaries of transcripts."""

from assistant.summary import SummaryKind
from tests.summarized import points, summary_of

TRANSCRIPT = """Ana: {vocalsound} Okay , so um , welcome everybody .
Ben: Hi .
Ana: We looked at the the remote control with the rubber buttons last week .
Ben: Uh , the rubber buttons cost two euros more than the plastic buttons .
Ana: So we've decided to use the plastic buttons for the remote control .
Ben: Yeah . I will send the new drawings of the remote control to the factory by Friday .
Ana: {disfmarker} And the colour of the rubber case , let's leave that for the next meeting .
Ben: Okay .
Ana: The battery lasts for two years in the laboratory test of the remote control .
Ben: Mm-hmm .
"""


def test_a_transcript_says_who_speaks_what_was_decided_and_who_does_what() -> None:
    summary = summary_of("/notes/talk.txt", TRANSCRIPT)
    assert summary.kind is SummaryKind.TRANSCRIPT
    assert "2 speakers (Ana, Ben)" in summary.about
    assert "remote control" in summary.about
    spoken = {group.heading: " ".join(point.text for point in group.points) for group in summary.groups}
    assert "use the plastic buttons" in f"{spoken}"
    assert "send the new drawings of the remote control to the factory by Friday" in f"{spoken}"


def test_noises_and_hesitation_are_left_out() -> None:
    text = summary_of("/notes/talk.txt", TRANSCRIPT).text
    assert "{" not in text
    assert "the the" not in text
    assert " ," not in text
    assert "Uh" not in text


def test_a_list_of_settings_is_no_transcript() -> None:
    text = "".join(f"Name {number}: value {number}\n" for number in range(30))
    summary = summary_of("/notes/settings.txt", text)
    assert summary.kind is not SummaryKind.TRANSCRIPT
    assert points(summary, "Tasks, as spoken") == []
