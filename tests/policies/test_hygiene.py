"""No invisible character reaches a terminal, log, index or prompt, and legible text is left unchanged."""

import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.hygiene import one_line, visible

INVISIBLE_FORMATS = {
    *("\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180e", "\u3164", "\ufeff"),
    *map(chr, range(0x200B, 0x2010)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2060, 0x2070)),
    *map(chr, range(0xFFF9, 0xFFFC)),
    *map(chr, range(0x1BCA0, 0x1BCA4)),
    *map(chr, range(0x1D173, 0x1D17B)),
    *map(chr, range(0xE0000, 0xE0080)),
}
SELECTORS = {*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))}
JOINERS = "\u200c\u200d"

hermetic = settings(database=None, derandomize=True, max_examples=500)
any_text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cn"]),
        st.sampled_from(sorted(INVISIBLE_FORMATS | SELECTORS)),
        st.sampled_from("\x1b\x07\r\n\t\x9b]aé漢می👩❤🏽क्\ud800"),
    )
)


def is_unseen(character: str) -> bool:
    """An independent list of the characters that must never survive, whatever their context."""
    if character in "\n\t":
        return False
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in INVISIBLE_FORMATS


@hermetic
@given(any_text)
def test_no_invisible_character_survives_except_joiners_and_selectors_that_shape_text(text: str) -> None:
    shown = visible(text)
    for place, character in enumerate(shown):
        if character in JOINERS or character in SELECTORS:
            before = shown[place - 1 : place]
            assert before
            assert not is_unseen(before)
            assert not before.isspace()
        else:
            assert not is_unseen(character)


@hermetic
@given(any_text)
def test_every_character_keeps_its_offset(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert all(new == old or is_unseen(old) or old in SELECTORS for new, old in zip(shown, text, strict=True))


@hermetic
@given(any_text)
def test_a_second_pass_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert one_line(one_line(text)) == one_line(text)


@hermetic
@given(any_text)
def test_a_line_stays_one_line_and_can_be_written_anywhere(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode("utf-8")


def test_no_terminal_escape_survives_twenty_thousand_hostile_strings() -> None:
    dice = random.Random(2)
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"]
    pieces = [*controls, *INVISIBLE_FORMATS, "\x1b]52;c;", "\x1b[2J", "\x9b31m", "\x1bP", "a", "é", "👩"]
    for _ in range(20_000):
        shown = visible("".join(dice.choices(pieces, k=12)))
        assert not set(shown) & set(controls)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param("\x1b]52;c;QQ==\x07", "␛]52;c;QQ==␇", id="clipboard"),
        pytest.param("\x1b[2J\x9b2J", "␛[2J\ufffd2J", id="clear screen"),
        pytest.param("100\r999", "100␍999", id="overwritten line"),
        pytest.param("\x00\x7f", "␀␡", id="null and delete"),
        pytest.param("user\u202egnp.exe", "user\ufffdgnp.exe", id="reversed name"),
        pytest.param("a\u2066b\u2069c", "a\ufffdb\ufffdc", id="isolates"),
        pytest.param("pay\u200bpal\u2060!", "pay\ufffdpal\ufffd!", id="zero width"),
        pytest.param("pay\u200dpal", "pay\ufffdpal", id="joiner where nothing joins"),
        pytest.param("hi\U000e0041\U000e0042", "hi\ufffd\ufffd", id="tags"),
        pytest.param("a\ufe0f\ufe0f\ufe0f", "a\ufe0f\ufffd\ufffd", id="run of selectors"),
        pytest.param("a\ufe01\U000e0100", "a\ufffd\ufffd", id="selectors that select nothing"),
        pytest.param("می\u200c\u200cخ", "می\ufffd\ufffdخ", id="run of joiners"),
        pytest.param("bad\udcff.txt", "bad\ufffd.txt", id="byte that is not UTF-8"),
        pytest.param("Donau\u00addampf", "Donau\u2010dampf", id="soft hyphen"),
        pytest.param("one\u2028two\u2029", "one␤two␤", id="line and paragraph separators"),
    ],
)
def test_characters_that_deceive_or_steer_are_shown_as_marks(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Zwölf Boxkämpfer\n\tjagen Viktor", id="lines and tabs"),
        pytest.param("می\u200cرود", id="Persian"),
        pytest.param("क्\u200dष", id="Hindi"),
        pytest.param("ක්\u200dර", id="Sinhala"),
        pytest.param("👩\u200d👩\u200d👧", id="family"),
        pytest.param("👩🏽\u200d🚀", id="skin tone"),
        pytest.param("❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈", id="selector before a joiner"),
        pytest.param("1\ufe0f\u20e3 ☎\ufe0e", id="keycap and text style"),
        pytest.param("葛\U000e0100飾区", id="ideograph variant"),
        pytest.param("עברית עם نص عربي 漢字 한국어", id="scripts"),
    ],
)
def test_legible_text_in_any_script_is_unchanged(text: str) -> None:
    assert visible(text) == text


def test_a_file_name_cannot_steer_the_terminal_or_break_its_line() -> None:
    assert one_line("a\x1b]52;c;QQ==\x07\n\tb.md") == "a␛]52;c;QQ==␇␊␉b.md"
