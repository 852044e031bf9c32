"""Which questions find which texts, tested with the catalogue's full-text index."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.catalogue import Catalogue
from ingest.chunking import chunks
from ingest.embedding import HashingEmbedder
from ingest.keywords import STOP_WORDS, compound_parts, index_text, terms
from ingest.opening import Stamp
from tests.parsing import parse_bytes
from tests.running import KEY


class Note:
    """A catalogue that holds one note, which each question replaces."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def finds(self, question: str, text: str) -> bool:
        """Whether `question` finds the note when it holds `text`."""
        document = parse_bytes("/notes/0.md", text.encode())
        pieces = list(chunks(document, HashingEmbedder().count))
        self._catalogue.store(document, pieces, digest="0", stamp=Stamp(len(text), 0))
        words = self._catalogue.full_text.expand(terms(question))
        return bool(self._catalogue.full_text.scores(words, 10))


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """An empty catalogue."""
    catalogue = Catalogue(tmp_path / "catalogue.db", KEY)
    yield catalogue
    catalogue.close()


@pytest.fixture
def note(catalogue: Catalogue) -> Note:
    """A catalogue for one note."""
    return Note(catalogue)


# Which words of a question are searched for


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When does the lease of the flat end?", ["lease", "flat", "end"]),
        ("Wann endet der Mietvertrag für die Wohnung?", ["endet", "mietvertrag", "wohnung"]),
        ("Quand est-ce que le bail de l'appartement finit ?", ["l", "appartement", "bail", "finit"]),
        ("¿Cuándo termina el contrato de la casa?", ["termina", "contrato", "casa"]),
    ],
    ids=["English", "German", "French", "Spanish"],
)
def test_stop_words_are_left_out(question: str, words: list[str]) -> None:
    assert sorted(terms(question)) == sorted(words)


def test_words_keep_the_order_of_the_question_and_occur_once() -> None:
    assert terms("Rent, deposit; RENT and the Deposit: water") == ["rent", "deposit", "water"]


def test_a_question_of_nothing_but_stop_words_keeps_them() -> None:
    assert terms("Who is it?") == ["who", "is", "it"]


@pytest.mark.parametrize("question", ["", "   ", "?!…", "\n\t"])
def test_a_question_without_words_finds_nothing(question: str, note: Note) -> None:
    assert terms(question) == []
    assert not note.finds(question, "The lease ends in June.")


def test_every_stop_word_is_recognised_in_a_question() -> None:
    assert {word for word in STOP_WORDS if terms(f"{word} meter") != ["meter"]} == set()


def test_numbers_and_names_with_figures_are_words() -> None:
    assert terms("Is invoice 2027-0042 for meter WM4711?") == ["invoice", "2027", "0042", "meter", "wm4711"]


# Which words match


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("lease", "Both leases were signed."),
        ("leasing", "He leased the flat."),
        ("universities", "The university is closed."),
        ("Which warranties expired?", "The warranty expires in May."),
    ],
)
def test_an_english_word_is_found_in_its_other_forms(question: str, text: str, note: Note) -> None:
    assert note.finds(question, text)


def test_a_word_is_not_found_inside_another(note: Note) -> None:
    assert not note.finds("art", "The party starts at nine.")


def test_one_matching_word_of_the_question_is_enough(note: Note) -> None:
    assert note.finds("dishwasher or tumble dryer warranty", "The warranty ends in May.")
    assert not note.finds("dishwasher or tumble dryer warranty", "The lease ends in May.")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("LEASE", "the lease"),
        ("STRASSE", "Die Straße ist gesperrt."),
        ("Straße", "Die Straße ist gesperrt."),
        ("İstanbul", "İstanbul is large."),
        ("lease", "THE LEASE"),
        ("Ærø", "ÆRØ lies in the Baltic"),
        ("договор", "ДОГОВОР АРЕНДЫ"),
    ],
)
def test_case_is_ignored(question: str, text: str, note: Note) -> None:
    assert note.finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("cafe", "The café opens at nine."),
        ("ΟΔΟΣ", "η οδός"),
        ("села", "сёла"),
        ("café", "The cafe opens at nine."),
        ("café", "The cafe\u0301 opens at nine."),
        ("cafe\u0301", "The café opens at nine."),
        ("Zurich", "Ein Zug nach Zürich."),
        ("manana", "Hasta mañana."),
        ("pho", "Một tô phở."),
    ],
)
def test_accents_are_ignored_however_they_are_encoded(question: str, text: str, note: Note) -> None:
    assert note.finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("office", "The o\ufb03ce is closed."),
        ("5678", "電話５６７８番"),
        ("カタカナ", "ｶﾀｶﾅで書く"),
        ("abc", "\uff21\uff22\uff23"),
    ],
    ids=["ligature", "full-width digits", "half-width kana", "full-width letters"],
)
def test_typographic_variants_of_a_letter_match_it(question: str, text: str, note: Note) -> None:
    assert note.finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("合同什么时候结束", "租赁合同于2027年6月30日到期。"),
        ("租金", "每月租金为870欧元。"),
        ("契約の終わり", "賃貸契約は六月三十日に終了します。"),
        ("カメラ", "新しいデジタルカメラを買った。"),
        ("계약은", "임대 계약을 어제 갱신했다."),
        ("สัญญา", "วันสิ้นสุดสัญญาเช่าคือเดือนมิถุนายน"),
        ("猫", "猫が庭にいる。"),
    ],
    ids=["Chinese", "Chinese word", "Japanese", "katakana", "Korean particle", "Thai", "one character"],
)
def test_a_word_in_a_script_without_spaces_is_found_within_a_sentence(
    question: str, text: str, note: Note
) -> None:
    assert note.finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [("会议", "租赁合同于六月到期。"), ("犬", "猫が庭にいる。"), ("회의", "임대 계약을 갱신했다.")],
    ids=["Chinese", "Japanese", "Korean"],
)
def test_a_word_in_a_script_without_spaces_is_not_found_in_other_texts(
    question: str, text: str, note: Note
) -> None:
    assert not note.finds(question, text)


@pytest.mark.parametrize(
    ("question", "text"), [("猫", "庭にいるのは私の猫"), ("鍵", "庭の鍵。"), ("私", "庭にいるのは私の猫")]
)
def test_a_single_character_is_found_anywhere_in_a_text(question: str, text: str, note: Note) -> None:
    assert note.finds(question, text)


def test_latin_words_and_figures_inside_chinese_text_are_words(note: Note) -> None:
    assert note.finds("invoice 4711", "请查收invoice编号4711的付款")


@pytest.mark.parametrize(
    "question",
    [
        'lease"',
        '"',
        "lease*",
        "(lease",
        "NEAR(lease",
        "title: lease",
        "^lease",
        "-lease",
        "lease AND",
        "OR lease NOT",
    ],
)
def test_the_query_syntax_of_the_index_has_no_effect_in_a_question(question: str, note: Note) -> None:
    assert note.finds(question, "The lease ends in June.") == ("lease" in question)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text())
def test_no_question_raises_an_error(note: Note, question: str) -> None:
    note.finds(question, "The lease ends in June.")


# Compounds


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Mietvertragskündigung", "Die Kündigung des Mietvertrags bedarf der Schriftform."),
        ("Kündigungsfrist", "Die Frist für die Kündigung beträgt drei Monate."),
        ("Wohnungsschlüssel", "Den Schlüssel der Wohnung hat die Nachbarin."),
        ("Kraftfahrzeugsteuerbescheid", "Der Bescheid über die Steuer für das Kraftfahrzeug."),
        ("Wie hoch ist die Steuer?", "Der Kraftfahrzeugsteuerbescheid nennt 118 Euro."),
        ("Wer hat den Vertrag?", "Der Mietvertrag liegt im Ordner."),
        ("fietssleutel", "De sleutel van de fiets hangt in de gang."),
    ],
)
def test_a_compound_is_found_by_its_parts_and_a_part_in_its_compound(
    question: str, text: str, note: Note
) -> None:
    assert note.finds(question, text)


def test_a_word_in_the_index_is_not_replaced_and_an_unknown_word_stays(
    catalogue: Catalogue, note: Note
) -> None:
    assert note.finds("Vertrag", "Der Vertrag, der Mietvertrag und der Kaufvertrag.")
    assert catalogue.full_text.expand(["vertrag"]) == ["vertrag"]
    assert catalogue.full_text.expand(["mietkaufvertrag", "4711", "xyzzy"]) == [
        "mietkaufvertrag",
        "4711",
        "xyzzy",
    ]


@pytest.mark.parametrize("word", ["", "a", "vertrag", "s" * 39, "vertrag" * 5, "vertrag" * 9, "\u00e4" * 40])
def test_dividing_a_word_takes_bounded_time(word: str) -> None:
    lookups = []

    def is_indexed(part: str) -> bool:
        lookups.append(part)
        return part == "vertrag"

    assert set(compound_parts(word, is_indexed)) <= {"vertrag"}
    assert len(lookups) < 20_000


def test_a_word_that_is_broken_at_the_end_of_a_line_is_found_whole() -> None:
    text = "The roof is leak-\ning, and the Smith-\nJones window is well-\n  kept."
    assert {"leak", "leaking", "wellkept", "well", "kept"} <= set(index_text(text).split() + terms(text))
    assert "smithjones" not in index_text(text)
