"""Puts typing errors in a question right, from the words of the library.

A word is replaced if it does not occur in the library, alone or in a compound, and if the embedder
has not learned it as a word. It gets the nearest word of the library, counted in slips of typing: two letters
swapped, one left out, one typed twice, a neighbouring key. Four fifths of all errors are one of these
(Damerau 1964, "A Technique for Computer Detection and Correction of Spelling Errors"). Any other change of a
letter costs twice as much, because it often makes another word. Of equally near words, the most frequent one
is taken (Kernighan, Church and Gale 1990, "A Spelling Correction Program Based on a Noisy Channel Model").

A correct word of one language is often one letter away from a word of another: "payées" from "pages". So a
word is replaced only by one that occurs in a text of the question's language. Names are the same in all
languages, but those of two people may differ by one letter. So a name is replaced only if one slip inside it
explains the difference. The user is shown every replacement.

The vocabulary of the library is never read as a whole. The words that can be meant begin like the typed one,
with at most one change, and ranges of the sorted index hold them.
"""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.answers.wordforms import ALL_LANGUAGES, languages_of
from assistant.dialogue import Correction
from ingest.catalogue.fulltext import FullTextIndex
from ingest.catalogue.vocabulary import index_stemmer
from ingest.embedding import Embedder
from ingest.keywords import STOP_WORDS, folded, is_unspaced
from ingest.language.keyboards import NEIGHBOURS

SHORTEST = 4
"""Letters of the shortest word that is put right; in one so short, only swapped and doubled letters."""

SHORTEST_NAME = 5
"""Letters of the shortest name that is put right."""

LONG = 8
"""Letters from which on a word may contain two slips."""

SLIP, OTHER = 1, 2
"""Cost of a slip of typing, and of another change of one letter."""

BEGINNING = 4
"""Letters of a word's beginning, in which at most one change is looked for."""

STEMS_COMPARED = 8
"""Stems of the library whose words are compared with the typed one."""

OCCURRENCES_READ = 20
"""Occurrences of such a stem that are looked up to find its words."""

CAPITALIZING = frozenset(("German",))
"""Languages in which a capital letter does not mark a name."""

_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A word of the library that may be meant."""

    word: str
    """Folded."""
    text: str
    """A text that contains it."""
    cost: int
    """What turns it into the typed word."""
    is_other_form: bool
    """Whether that is the cost of its stem, because the library lacks the form that was typed."""
    chunks: int
    """Chunks that contain a word with its stem."""

    @property
    def order(self) -> tuple[int, bool, int, str]:
        """Orders candidates from the most likely to the least likely."""
        return (self.cost, self.is_other_form, -self.chunks, self.word)


class Speller:
    """Puts the questions to one library right."""

    def __init__(self, index: FullTextIndex, embedder: Embedder) -> None:
        """
        index: of the library.
        embedder: the words that it has learned are left alone.
        """
        self._index = index
        self._embedder = embedder
        self._stemmer = index_stemmer()

    def put_right(self, question: str) -> tuple[str, tuple[Correction, ...]]:
        """The question with its typing errors put right, and what was replaced, in order."""
        corrections: dict[str, Correction] = {}
        languages = languages_of(question)
        for typed, is_name in _suspects(question):
            if typed not in corrections and (meant := self._meant(typed, is_name, languages)):
                corrections[typed] = Correction(typed, meant)
        if not corrections:
            return question, ()
        right = _TOKEN.sub(
            lambda found: corrections[found[0]].searched if found[0] in corrections else found[0], question
        )
        return right, tuple(corrections.values())

    def _meant(self, typed: str, is_name: bool, languages: frozenset[str]) -> str:
        """The word of the library that `typed` stands for; empty if it is to be left alone.

        languages: those that the question may be in.
        """
        word = folded(typed)
        if word in STOP_WORDS or self._index.is_indexed(word) or self._is_learned(typed):
            return ""
        budget = 2 * SLIP if len(word) >= LONG and not is_name else SLIP
        candidates = [
            candidate
            for candidate in self._near(word, budget, ALL_LANGUAGES if is_name else languages)
            if _has_same_edges(candidate.word, word)
            or not (is_name or len(word) == SHORTEST or candidate.is_other_form)
        ]
        if not candidates:
            return ""
        best = min(candidates, key=lambda candidate: candidate.order)
        tokens = (token for token in _TOKEN.findall(best.text) if folded(token) == best.word)
        written: str = next(tokens, best.word)
        if typed.islower():
            return written.lower()
        return written.capitalize() if typed[0].isupper() and written.islower() else written

    def _is_learned(self, typed: str) -> bool:
        """Whether the embedder has learned a word, or the one that it seems to be the plural of."""
        singular = typed.removesuffix("s") if len(typed) > SHORTEST else typed
        return any(len(self._embedder.piece_lengths(form)) == 1 for form in {typed, singular})

    def _near(self, word: str, budget: int, languages: frozenset[str]) -> Iterator[_Candidate]:
        """The words of the library's texts in `languages` that `word` can stand for at this cost."""
        beginning = word[: min(BEGINNING, len(word) - 2)]
        letters = set(word)
        stems = sorted(
            (min(_costs(stem, word)), -chunks, stem)
            for stem, chunks in self._index.stems(
                _with_one_change(beginning), len(word) // 2, len(word) + budget
            )
            if len(set(stem) - letters) <= budget + 1
        )
        stem_typed = str(self._stemmer.stemWord(word))
        for least, chunks, stem in stems[:STEMS_COMPARED]:
            if least > budget + SLIP:  # A stem may end in another letter than its word.
                return
            stem_cost = _costs(stem, stem_typed)[-1]
            for plain, text in self._forms(stem, languages).items():
                if abs(len(plain) - len(word)) <= budget and (cost := _costs(plain, word)[-1]) <= budget:
                    yield _Candidate(plain, text, cost, False, -chunks)
                elif stem_cost <= SLIP and self._stemmer.stemWord(plain) == stem:
                    yield _Candidate(plain, text, stem_cost, True, -chunks)

    def _forms(self, stem: str, languages: frozenset[str]) -> dict[str, str]:
        """The words of the library's texts in `languages` that begin like this stem, folded, each with a text
        that contains it."""
        pattern = re.compile(rf"\b{stem[:-1]}\w*")
        forms: dict[str, str] = {}
        for text in self._index.texts_with(stem, OCCURRENCES_READ):
            for plain in pattern.findall(folded(text)) if languages & languages_of(text) else ():
                forms.setdefault(plain, text)
        return forms


def _suspects(question: str) -> Iterator[tuple[str, bool]]:
    """The words of `question` that may contain a typing error, and whether each is likely to be a name."""
    tokens = _TOKEN.findall(question)
    has_names = not languages_of(question) <= CAPITALIZING and any(map(str.islower, tokens))
    for place, token in enumerate(tokens):
        is_name = has_names and place > 0 and token[0].isupper()
        shortest = SHORTEST_NAME if is_name else SHORTEST
        is_acronym = has_names and token.isupper()
        if token.isalpha() and len(token) >= shortest and not is_acronym and not is_unspaced(token):
            yield token, is_name


def _costs(meant: str, typed: str) -> list[int]:
    """What it costs to turn `meant` into each beginning of `typed`: the empty one, one letter, and so on."""
    before: list[int] = []
    row = [0]
    for place in range(len(typed)):
        row.append(row[-1] + _cost_of_extra(typed, place))
    for number, letter in enumerate(meant):
        above, row = row, [row[0] + SLIP]
        for place, other in enumerate(typed):
            cost = min(
                above[place + 1] + SLIP,
                row[place] + _cost_of_extra(typed, place),
                above[place] + _cost_of_exchange(letter, other),
            )
            if number and place and letter == typed[place - 1] and meant[number - 1] == other:
                cost = min(cost, before[place - 1] + SLIP)
            row.append(cost)
        before = above
    return row


def _cost_of_extra(typed: str, place: int) -> int:
    """What a letter too many costs: a slip if it is that of the same or a neighbouring key beside it."""
    beside = typed[max(0, place - 1) : place] + typed[place + 1 : place + 2]
    letter = typed[place]
    return SLIP if any(other == letter or (letter, other) in NEIGHBOURS for other in beside) else OTHER


def _cost_of_exchange(meant: str, typed: str) -> int:
    """What one letter in the place of another costs."""
    if meant == typed:
        return 0
    return SLIP if (meant, typed) in NEIGHBOURS else OTHER


def _has_same_edges(meant: str, typed: str) -> bool:
    """Whether two words have the same letters, or the first and the last one in common."""
    return sorted(meant) == sorted(typed) or (
        len(typed) > SHORTEST and meant[0] == typed[0] and meant[-1] == typed[-1]
    )


def _with_one_change(beginning: str) -> set[str]:
    """`beginning`, and what it can have been before one letter was changed, left out, added or swapped."""
    letters = _alphabet(beginning[0])
    parts = [(beginning[:place], beginning[place:]) for place in range(len(beginning) + 1)]
    changed = {beginning}
    for head, tail in parts:
        changed |= {head + letter + tail for letter in letters}
        if tail:
            changed |= {head + tail[1:], *(head + letter + tail[1:] for letter in letters)}
        if len(tail) > 1:
            changed.add(head + tail[1] + tail[0] + tail[2:])
    return changed


def _alphabet(letter: str) -> str:
    """The letters of the script of `letter`, folded."""
    if letter.isascii():
        return string.ascii_lowercase
    first = ord(letter) & ~0x7F
    block = map(chr, range(first, first + 0x80))
    return "".join(other for other in block if other.isalpha() and folded(other) == other)
