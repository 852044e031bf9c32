"""What a larger model reads: the best sentences with their neighbours."""

from assistant.answers.excerpts import excerpts
from assistant.answers.quoting import best_sentences
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from ingest.embedding import HashingEmbedder
from tests.passages import passage

TEXT = "".join(
    f"The {word} stands in the yard.\n" for word in ("oak", "elm", "ash", "fir", "yew", "box", "fig")
)


def picked(*words: str) -> list[tuple[str, tuple[int, int] | None]]:
    """The texts and lines of the excerpts around the sentences about these words."""
    embedder = HashingEmbedder()
    index = SentenceIndex([passage(TEXT), passage("The bike is red.", rank=2, path="/notes/b.md")], embedder)
    best = [best_sentences(QueryFeatures.of(word, {word: 3.0}, embedder), index, 1)[0] for word in words]
    return [(excerpt.text, excerpt.locator.lines) for excerpt in excerpts(best, index)]


def test_a_sentence_is_read_with_its_neighbours() -> None:
    (excerpt,) = picked("ash")
    assert excerpt == (TEXT[TEXT.index("The elm") : TEXT.index("The yew") - 1], (12, 14))


def test_neighbouring_sentences_are_read_once() -> None:
    (excerpt,) = picked("ash", "fir")
    assert excerpt[0].count("stands") == 4


def test_excerpts_come_in_the_order_of_their_sentences() -> None:
    assert [text[:8] for text, _ in picked("bike", "oak", "fig")] == ["The bike", "The oak ", "The box "]


def test_nothing_picked_is_nothing_read() -> None:
    assert picked() == []


def test_the_next_item_of_minutes_is_not_read_with_a_sentence() -> None:
    text = "24/17 Pound. The gate is new.\n\n24/18 Bells. One is cracked. It is silent."
    index = SentenceIndex([passage(text)], HashingEmbedder())
    gate = best_sentences(QueryFeatures.of("gate", {"gate": 3.0}, HashingEmbedder()), index, 1)
    assert [excerpt.text for excerpt in excerpts(gate, index)] == ["24/17 Pound. The gate is new."]
