"""What Carrel knows about a language, and about a script: the fields that every table must fill in."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands where a table has no entries."""

    reason: str
    """Why there are none: the language has no such words, or nobody has collected them."""


WordList = frozenset[str] | Absent
"""Words or phrases in lower case, accents kept."""

Patterns = tuple[str, ...] | Absent
"""Regular expressions for lower-case text. Each matches whole words."""


def words(text: str) -> frozenset[str]:
    """The words of `text`, which are separated by white space."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of `text`, which are separated by vertical bars."""
    return frozenset(text.split("|"))


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language that Carrel treats in a special way.

    Search and answers do not detect the language of a text. They merge the lists of all languages and apply
    them to every text, so a word belongs in a list only if that does no harm in other languages.
    """

    name: str
    """In English."""
    capitalises_nouns: bool
    """Whether every noun begins with a capital letter, so that a capital does not tell a name."""
    stop_words: WordList
    """Words that say nothing about the subject of a text. Search ignores them."""
    abbreviations: WordList
    """Abbreviations, without their final full stop, that never end a sentence."""
    numeric_abbreviations: WordList
    """The same, if a number follows: `No. 5`, `Jan. 5`."""
    ordinal_nouns: WordList
    """Beginnings of the nouns that follow an ordinal number, capitalised: months, floors. The full stop of a
    number before one of them ends no sentence: `3. Oktober`, `2. Stock`."""
    numerals: Mapping[str, int]
    """Written-out numbers and their values. `one` is missing because it is also a pronoun or an article."""
    denials: WordList
    """Words that negate a sentence."""
    denial_endings: WordList
    """Endings of words that negate a sentence."""
    non_denials: Patterns
    """Phrases that contain a denial and negate nothing."""
    follow_up_openers: WordList
    """Words and phrases that open a question which continues the previous one."""
    pronouns: WordList
    """Words that refer to something named earlier, anywhere in a question."""
    final_pronouns: WordList
    """The same, if they are the last word of a question: `Who wrote that?`"""
    several_documents: Patterns
    """Phrases of a question that several documents may answer."""
    instruction_words: WordList
    """Words of such a question that say how to answer it, not what it is about."""
    question_fillers: WordList
    """Words that are frequent in questions and rare in answers, however rare they are in a library."""
    stemmer: str | Absent
    """The name of the Snowball stemmer for comparing the words of questions and sentences. Each word goes
    through the stemmers of all languages in turn."""
    compound_links: tuple[str, ...] | Absent
    """Letters between the parts of a compound, in the order in which they are tried."""
    plural_endings: tuple[str, ...] | Absent
    """Endings that the plural of a noun may have, but not those that are more common in the singular."""
    inflections: tuple[str, ...] | Absent
    """Groups of endings, without accents, that tell the forms of one noun or adjective apart; a hyphen is
    none. Endings of derived words, as in *supply* and *supplier*, are not among them."""


@dataclass(frozen=True, slots=True)
class Script:
    """The properties of one writing system."""

    name: str
    """In English."""
    unspaced: str
    """Characters, as ranges of a regular expression, that are indexed as overlapping pairs because words are
    not separated by spaces; empty for a script with spaces."""
    stops: str
    """Characters that end a sentence when white space follows."""
    closed_stops: str
    """Characters that end a sentence whatever follows."""
    particles: str
    """Characters, as ranges, that write particles and endings rather than what a text is about."""
    note: str
    """Why a field is empty, where that is not obvious."""
