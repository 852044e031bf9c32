"""The reader that comes with Carrel, on small texts whose answers are plain."""

import pytest

from assistant.answers.reader import LONGEST, OnnxReader
from assistant.models.finding import find_reader

pytestmark = pytest.mark.model

FLAT = (
    "Lease, Flat 3",
    "The tenant is Amir Kaplan. The monthly rent is 870 EUR. The deposit was paid on 3 May 2022. "
    "Keeping one dog is allowed.",
)
GARDEN = ("Garden", "Water the tomatoes in the evening. The hedge is cut in June and in September.")


@pytest.fixture(scope="module")
def reader(starter_models: None) -> OnnxReader:
    reader, embedder = find_reader(library=None)
    return OnnxReader(reader.path, embedder.path)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much is the monthly rent?", "870 EUR"),
        ("Who is the tenant?", "Amir Kaplan"),
        ("When was the deposit paid?", "3 May 2022"),
    ],
)
def test_the_likeliest_answer_is_where_it_stands(reader: OnnxReader, question: str, answer: str) -> None:
    reading = reader.read(question, [FLAT])[0]
    best = reading.spans[0]
    assert answer in FLAT[1][best.start : best.end]
    assert best.probability <= reading.answers


def test_a_text_that_answers_is_told_from_one_that_does_not(reader: OnnxReader) -> None:
    answering, other = reader.read("How much is the monthly rent of Flat 3?", [FLAT, GARDEN])
    assert answering.answers > 0.5 > other.answers


def test_readings_do_not_depend_on_what_is_read_beside_them(reader: OnnxReader) -> None:
    together = reader.read("When is the hedge cut?", [FLAT, GARDEN, ("", "x")])
    alone = reader.read("When is the hedge cut?", [GARDEN])[0]
    assert together[1].answers == pytest.approx(alone.answers, abs=0.05)
    assert together[1].spans[0].start == alone.spans[0].start


def test_a_claim_that_a_text_makes_is_told_from_its_opposite(reader: OnnxReader) -> None:
    said, changed = reader.check(
        [("The monthly rent is 870 EUR.", FLAT[1]), ("The monthly rent is 920 EUR.", FLAT[1])]
    )
    assert said.supported > changed.supported
    assert said.supported + said.contradicted + said.unaddressed == pytest.approx(1, abs=1e-4)


def test_texts_of_any_length_are_read(reader: OnnxReader) -> None:
    readings = reader.read("word " * 500, [("", ""), ("title " * 400, "text " * LONGEST), ("", "\x00\ud800")])
    assert len(readings) == 3
    assert not readings[0].spans
    assert reader.read("Anything?", []) == []
