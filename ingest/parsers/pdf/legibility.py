"""Whether the text layer of a PDF page is broken: its characters are not those that the page shows.

A font may lack the table that says which characters its glyphs are, or have a wrong one. A viewer shows the
page as it should be, and every program reads nonsense. Such text can be recognised by characters that no
text contains, or by letter frequencies that occur in no language of the script.
"""

import re
import unicodedata
from collections import Counter

from ingest.language import STOP_WORDS
from ingest.language.plausibility import COMMON_HAN, COMMON_HANGUL, VOWELS

LEAST_CHARACTERS = 20
"""Minimum length of a text that can be judged by characters that no text contains."""
IMPLAUSIBLE_SHARE = 0.3
"""Minimum share of such characters in a broken text. Bullets and icons of a sound one are fewer."""
LEAST_LETTERS = 60
"""Minimum number of letters of a script by which a text can be judged."""
LEAST_COMMON_SHARE = 0.02
"""Minimum share of the frequent characters in sound Chinese and Korean."""
ALPHABET = 45
"""Maximum number of different letters of an alphabet. Chinese and Korean have far more."""
ALPHABET_LENGTH = 150
"""Minimum number of letters of a text that has only those of an alphabet."""
LEAST_VOWELS = 0.22
"""Minimum share of vowels in sound text in Latin script that has no frequent word."""

LEAST_WORDS = 15
"""Minimum number of different words by which a text in Latin script can be judged."""

_CONTROL_PICTURES = range(0x2400, 0x2440)
_SYMBOL = re.compile(r"[^\w\s\x00-\x7f]")
_LATIN_WORD = re.compile(r"[^\W\d_]{2,}")


def is_garbled(text: str) -> bool:
    """Whether the characters of a text are certainly not those that its page shows."""
    characters = [character for character in text if not character.isspace()]
    if len(characters) < LEAST_CHARACTERS:
        return False
    implausible = sum(map(_is_implausible, _SYMBOL.findall(text)))
    if implausible > IMPLAUSIBLE_SHARE * len(characters):
        return True
    han = [character for character in characters if "\u3400" <= character <= "\u9fff"]
    hangul = [character for character in characters if "\uac00" <= character <= "\ud7a3"]
    kana = sum("\u3041" <= character <= "\u30ff" for character in characters)
    if len(han) > len(characters) / 2 and kana < len(han) / 20:
        return _is_unlike(han, COMMON_HAN)
    if len(hangul) > len(characters) / 2:
        return _is_unlike(hangul, COMMON_HANGUL)
    return _is_cipher(text)


def _is_implausible(character: str) -> bool:
    """Whether no text contains a character: it is for private use, unassigned, or a mark of a lost one."""
    code = ord(character)
    return (
        character == "\ufffd" or code in _CONTROL_PICTURES or unicodedata.category(character) in ("Co", "Cn")
    )


def _is_unlike(letters: list[str], common: frozenset[str]) -> bool:
    """Whether a text lacks the frequent characters of its script, or has no more letters than an alphabet."""
    if len(letters) < LEAST_LETTERS:
        return False
    counts = Counter(letters)
    frequent = sum(count for letter, count in counts.items() if letter in common)
    is_alphabet = len(letters) >= ALPHABET_LENGTH and len(counts) <= ALPHABET
    return is_alphabet or frequent < LEAST_COMMON_SHARE * len(letters)


def _is_cipher(text: str) -> bool:
    """Whether a text in Latin script has too few vowels and no frequent word of any language."""
    words = {word.casefold() for word in _LATIN_WORD.findall(text) if word[0] < "\u0250"}
    letters = "".join(words)
    if len(letters) < LEAST_LETTERS or len(words) < LEAST_WORDS:
        return False
    # Vietnamese has accents on most of its vowels.
    vowels = sum(letter in VOWELS for letter in unicodedata.normalize("NFD", letters))
    return vowels < LEAST_VOWELS * len(letters) and not STOP_WORDS.intersection(words)
