"""Header lines of mails, in answers: they are quoted only if the question is about the mail."""

from pathlib import Path

import pytest

from assistant.answers.excerpts import excerpts
from assistant.answers.quoting import best_sentences, closest
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.dialogue import Passage
from ingest.embedding import HashingEmbedder
from tests.libraries import indexed
from tests.passages import passage

FORWARDED = """Nora, please see below.

---------- Forwarded message ---------
From: Tarn Roofing <office@tarn.example>
Date: Thu, 11 Apr 2024 at 16:05
Subject: Gutter repair
To: Rosa Lind <rosa@lind.example>

Our roofer will come on 22 April. The ladder stays until Friday."""
QUOTED = """> Von: Jonas Feld <jonas@feld.example>
> Gesendet: Dienstag, 5. März 2024 19:22
> An: Petra Oswald <petra@oswald.example>
> Betreff: Gutter repair
> Die Leiter steht noch da. Kannst du jemanden anrufen?"""
FORM = """**From:** Tarn Roofing
**To:** Rosa Lind
**Date:** 28 February 2025
**Due:** 30 March 2025"""


def quoted(question: str, *texts: str) -> list[str]:
    """The texts of the two best sentences for `question`."""
    return [sentence.text for sentence in sentences_for(question, *texts)]


def sentences_for(question: str, *texts: str) -> tuple[Passage, ...]:
    features = QueryFeatures.of(question, dict.fromkeys(question.lower().split(), 2.0), HashingEmbedder())
    return best_sentences(features, index_of(*texts), 2)


def index_of(*texts: str) -> SentenceIndex:
    passages = [passage(text, rank=rank, path=f"/mails/{rank}.eml") for rank, text in enumerate(texts, 1)]
    return SentenceIndex(passages, HashingEmbedder())


@pytest.mark.parametrize("text", [FORWARDED, QUOTED])
@pytest.mark.parametrize("question", ["gutter repair", "when is the gutter repair", "rosa petra lind"])
def test_header_lines_are_not_quoted(text: str, question: str) -> None:
    assert quoted(question, text)
    assert not any(":" in said or "@" in said for said in quoted(question, text))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("who sent the gutter repair mail", "From: Tarn Roofing <office@tarn.example>"),
        ("whom was the gutter repair mail sent to", "To: Rosa Lind <rosa@lind.example>"),
        ("when was the gutter repair mail sent", "Date: Thu, 11 Apr 2024 at 16:05"),
        ("subject of the gutter repair mail", "Subject: Gutter repair"),
    ],
)
def test_a_question_about_the_mail_is_answered_by_its_header(question: str, said: str) -> None:
    assert quoted(question, FORWARDED)[0] == said


def test_a_header_is_not_joined_with_the_sentences_beside_it() -> None:
    for question, text in (("roofer april", FORWARDED), ("leiter steht", QUOTED), ("nora", FORWARDED)):
        features = QueryFeatures.of(question, dict.fromkeys(question.split(), 2.0), HashingEmbedder())
        index = index_of(text)
        for excerpt in excerpts(closest(features, index, 2), index):
            assert "Subject" not in excerpt.text and "Betreff" not in excerpt.text


def test_the_fields_of_a_form_are_no_header() -> None:
    assert quoted("rosa lind", FORM)[0] == "**To:** Rosa Lind"


def test_who_sent_a_mail_is_not_answered_by_when_it_was_sent(tmp_path: Path) -> None:
    text = "From: Rosa Lind <rosa@lind.example>\nTo: Nora <n@nora.example>\nSubject: Gutters\n\nSee it.\n\n"
    quoted_mail = "From: Tarn <a@tarn.example>\nSent: 2 May 2024\nTo: Rosa\nSubject: Gutters\n\nIt rained.\n"
    with indexed(tmp_path, {"gutters.eml": text + quoted_mail}) as library:
        answer = library.compute("Who sent the gutters?")
    assert answer is None
