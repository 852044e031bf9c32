"""Whether a text is in another language than English, which is the language of the default embedder.

`carrel doctor` asks this of a sample of a library's documents, to recommend an embedder. Nothing that is
found or answered depends on it.
"""

import re
import unicodedata

from ingest.language import LANGUAGES
from ingest.language.definition import Absent
from ingest.language.english import ENGLISH

LEAST_WORDS = 20
"""A text with fewer words is of no language that could be told."""

LEAST_SHARE = 0.1
"""Share of words. Of stop words, prose has more, and tables, code and lists of names have fewer."""

_OTHERS = tuple(
    language.stop_words
    for language in LANGUAGES
    if language is not ENGLISH and not isinstance(language.stop_words, Absent)
)
_ENGLISH = frozenset() if isinstance(ENGLISH.stop_words, Absent) else ENGLISH.stop_words


def is_foreign(text: str) -> bool:
    """Whether `text` is prose in a language other than English, as far as its script and stop words tell.

    Languages without a table are told by their script, by stop words that they share with one that has one,
    and by letters with accents.
    """
    letters = [character for character in text if character.isalpha()]
    others = sum(not unicodedata.name(character, "").startswith("LATIN") for character in letters)
    if len(letters) >= LEAST_WORDS and others * 2 > len(letters):
        return True
    words = re.findall(r"[^\W\d_]+", text.casefold())
    if len(words) < LEAST_WORDS:
        return False

    def share(stop_words: frozenset[str]) -> float:
        return sum(word in stop_words for word in words) / len(words)

    english = share(_ENGLISH)
    accented = sum(not word.isascii() for word in words) / len(words)
    return max(map(share, _OTHERS)) > max(english, LEAST_SHARE) or accented > LEAST_SHARE > english
