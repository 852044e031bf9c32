"""Languages: all words and characters that Carrel treats in a special way, one table for each language.

To add a language, add a module with its table and name it in `LANGUAGES`. Other modules use the merged
lookups below, because a library mixes languages and a question may be in any of them. The fields of
`Language` (`ingest.language.definition`) say what each list is for.
"""

from collections.abc import Iterable

from ingest.language.definition import Absent, WordList
from ingest.language.english import ENGLISH
from ingest.language.french import FRENCH
from ingest.language.german import GERMAN
from ingest.language.scripts import SCRIPTS
from ingest.language.spanish import SPANISH

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH)
"""The tables that are merged."""


def _merged(lists: Iterable[WordList]) -> frozenset[str]:
    return frozenset().union(*(words for words in lists if not isinstance(words, Absent)))


def _joined(lists: Iterable[tuple[str, ...] | Absent]) -> tuple[str, ...]:
    """The entries of all lists in order, each once."""
    return tuple(
        dict.fromkeys(entry for entries in lists if not isinstance(entries, Absent) for entry in entries)
    )


# The lists of all languages merged; `Language` says what each is for.

STOP_WORDS = _merged(language.stop_words for language in LANGUAGES)
ABBREVIATIONS = _merged(language.abbreviations for language in LANGUAGES)
NUMERIC_ABBREVIATIONS = _merged(language.numeric_abbreviations for language in LANGUAGES)
ORDINAL_NOUNS = _merged(language.ordinal_nouns for language in LANGUAGES)
NUMERALS = {word: value for language in LANGUAGES for word, value in language.numerals.items()}
DENIALS = _merged(language.denials for language in LANGUAGES)
DENIAL_ENDINGS = tuple(sorted(_merged(language.denial_endings for language in LANGUAGES)))
NON_DENIALS = _joined(language.non_denials for language in LANGUAGES)
FOLLOW_UP_OPENERS = _merged(language.follow_up_openers for language in LANGUAGES)
PRONOUNS = _merged(language.pronouns for language in LANGUAGES)
FINAL_PRONOUNS = _merged(language.final_pronouns for language in LANGUAGES)
SEVERAL_DOCUMENTS = _joined(language.several_documents for language in LANGUAGES)
INSTRUCTION_WORDS = _merged(language.instruction_words for language in LANGUAGES)
QUESTION_FILLERS = _merged(language.question_fillers for language in LANGUAGES)
STEMMERS = tuple(language.stemmer for language in LANGUAGES if not isinstance(language.stemmer, Absent))
COMPOUND_LINKS = _joined(language.compound_links for language in LANGUAGES)
INFLECTIONS = tuple(
    frozenset(group.replace("-", "").split(" "))
    for group in _joined(language.inflections for language in LANGUAGES)
)
PLURAL_ENDINGS = _joined(language.plural_endings for language in LANGUAGES)

_NOUNS_WITH_CAPITALS = _merged(
    language.stop_words for language in LANGUAGES if language.capitalises_nouns
) - (_merged(language.stop_words for language in LANGUAGES if not language.capitalises_nouns))


def capitalises_nouns(words: Iterable[str]) -> bool:
    """Whether some of `words` are of a language that writes every noun with a capital letter."""
    return any(word.casefold() in _NOUNS_WITH_CAPITALS for word in words)


def may_be_plural(word: str) -> bool:
    """Whether a word ends as the plural of a noun may in one of the languages."""
    return word.endswith(PLURAL_ENDINGS)


# The characters of all scripts, for use in a character class; `Script` says what each is for.

UNSPACED = "".join(script.unspaced for script in SCRIPTS)
STOPS = "".join(dict.fromkeys("".join(script.stops for script in SCRIPTS)))
CLOSED_STOPS = "".join(dict.fromkeys("".join(script.closed_stops for script in SCRIPTS)))
PARTICLES = "".join(script.particles for script in SCRIPTS)
