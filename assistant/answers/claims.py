"""Compares a claim with a text by rule: finds the parts of the claim that the text does not state.

Everything that a claim says must occur in the text, or be a known form of something there: its names, its
numbers with their units, its content words, and what it denies, requires or says of all. What the words say
together is mostly for the reader to judge: "Alice pays Bob" and "Bob pays Alice" have the same words. A kind
of swapped roles is found by rule (`assistant.answers.roles`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from assistant.answers.denials import polarities
from assistant.answers.figures import Figures, figures
from assistant.answers.quantities import unstated
from assistant.answers.roles import doers_that_receive
from assistant.answers.wordforms import ALL_LANGUAGES, WordForms, languages_of
from ingest.keywords import STOP_WORDS, folded, is_unspaced, terms
from ingest.language import measures, statements
from ingest.language.measures import alternatives

UNSPACED_SHARE = 0.9
"""The share of a claim's pairs of characters that must occur in the text, in a script without spaces: the
rest are endings and pairs that cross two words."""

CONDITION_SHARE = 0.5
"""The share of a condition's words that a claim, or the question, must repeat to state it."""

FACT_WORDS = 3
"""Content words and numbers from which a claim is a sentence that may say a condition as a fact."""

NAME_REACH = 3
"""Words within which the parts of a name occur in the text."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_TOKEN = re.compile(r"\w+")
_ASSENT = re.compile(rf"\s*(?:{'|'.join(sorted(statements.ASSENTS))})\s*[,.:;!–—-]+\s*", re.IGNORECASE)
_CONDITION = re.compile(rf"\b(?:{alternatives(statements.CONDITIONS)})\b[^,;:.!?()|]*", re.IGNORECASE)
_LIMIT = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, (*measures.LOWER_LIMITS, *measures.UPPER_LIMITS)))})\b", re.IGNORECASE
)
_DEMANDS = statements.DUTIES | statements.PERMISSIONS
_LINKING = frozenset(map(folded, statements.LINKING))


class Fault(StrEnum):
    """The kinds of parts that a text can lack."""

    NUMBER = "number"
    NAME = "name"
    WORD = "word"
    DENIAL = "denial"
    DUTY = "duty"
    TOTALITY = "totality"
    ROLE = "role"
    """The claim makes a doer of one who only receives in the text."""
    END = "end"
    """The claim says until when something holds, and the text only has the date."""
    NARROWER = "narrower"
    """The text denies less than the claim: "no large dogs" does not say "no dogs"."""
    CONDITION = "condition"
    """The text says it only under a condition, which the claim leaves out or says as a fact."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim, or a text that may support one, in the form in which they are compared."""

    text: str
    """The text, without an initial yes or no."""
    figures: Figures
    """Its numbers and dates."""
    words: tuple[str, ...]
    """Its content words without numbers, folded."""
    tokens: frozenset[str]
    """All its words."""
    languages: frozenset[str]
    """The languages that it may be in."""


class Comparison:
    """Compares claims with texts. It caches words, so it must not outlive their documents."""

    def __init__(self) -> None:
        self._forms = WordForms()
        self._known_forms: dict[tuple[str, frozenset[str], frozenset[str]], frozenset[str]] = {}

    def statement(self, text: str) -> Statement:
        """`text` in the form in which it is compared."""
        text = _ASSENT.sub("", text, count=1) if _ASSENT.match(text) else text
        stated = figures(text)
        words = tuple(
            word
            for word in terms(stated.rest)
            if word not in STOP_WORDS and not word.isdigit() and (len(word) > 1 or is_unspaced(word))
        )
        tokens = frozenset((*_TOKEN.findall(text), *words))
        return Statement(text, stated, words, tokens, languages_of(text))

    def content(self, claim: Statement) -> tuple[str, ...]:
        """The words of `claim` that must occur in a text."""
        return tuple(word for word in claim.words if word not in _LINKING)

    def faults(
        self, claim: Statement, source: Statement, context: Statement
    ) -> Mapping[Fault, Sequence[str]]:
        """The parts of `claim` that the text does not state, as written; empty if it states all.

        source: the words that are cited.
        context: their title, headings and table header, which supply names and years.
        """
        found = {
            Fault.NUMBER: unstated(claim.figures, source.figures, context.figures, self._same),
            Fault.NAME: self._torn_names(claim, source, context),
            Fault.WORD: self._missing(claim, source, context),
            Fault.DENIAL: self._contradicted(claim, source),
            Fault.DUTY: _wrong_duty(claim.text, source.text),
            Fault.TOTALITY: _unstated_totality(claim.text, source.text),
            Fault.ROLE: doers_that_receive(claim.text, source.text, claim.languages, self._same),
            Fault.END: _unstated_ends(claim, source, context),
            Fault.NARROWER: self._narrower(claim, source),
            Fault.CONDITION: self._left_out_conditions(claim, source),
        }
        return {fault: words for fault, words in found.items() if words}

    def _known(self, source: Statement, languages: frozenset[str]) -> frozenset[str]:
        """The forms of all words of `source` in `languages`, with those of its numbers and months."""
        key = (source.text, source.tokens, languages)
        if key not in self._known_forms:
            self._known_forms[key] = self._forms.known(source.tokens, languages).union(
                (f"month:{month}" for month in source.figures.months),
                (f"number:{quantity.value:f}" for quantity in source.figures.quantities if not quantity.unit),
            )
        return self._known_forms[key]

    def _missing(self, claim: Statement, source: Statement, context: Statement) -> list[str]:
        known = self._known(source, claim.languages) | self._known(context, claim.languages)
        missing = self._forms.missing(self.content(claim), known, claim.languages)
        pairs = [word for word in self.content(claim) if is_unspaced(word)]
        absent = [word for word in missing if is_unspaced(word)]
        if len(absent) <= (1 - UNSPACED_SHARE) * len(pairs):
            missing = [word for word in missing if not is_unspaced(word)]
        return missing

    def _same(self, word: str, words: Collection[str]) -> bool:
        known = self._forms.known(words, ALL_LANGUAGES)
        return not self._forms.missing([word], known, ALL_LANGUAGES)

    def _torn_names(self, claim: Statement, source: Statement, context: Statement) -> list[str]:
        """Names of two words that occur in the text only apart: the surname of somebody else."""
        texts = [[folded(token) for token in _TOKEN.findall(text)] for text in (source.text, context.text)]
        torn = []
        for first, second in _names(claim.text):
            one, other = folded(first), folded(second)
            places = [
                abs(i - j) <= NAME_REACH
                for tokens in texts
                for i, token in enumerate(tokens)
                if token == one
                for j, another in enumerate(tokens)
                if another == other
            ]
            if places and not any(places):
                torn.append(f"{first} {second}")
        return torn

    def _contradicted(self, claim: Statement, source: Statement) -> list[str]:
        """The words that one of the two denies and the other affirms."""
        stated: dict[str, set[bool]] = {}
        for polarity in polarities(source.text):
            if folded(polarity.word) not in STOP_WORDS:
                for form in self._forms.forms(polarity.word, claim.languages):
                    stated.setdefault(form, set()).add(polarity.is_denied)
        found = []
        for polarity in polarities(claim.text):
            if folded(polarity.word) in STOP_WORDS or folded(polarity.word) in _LINKING:
                continue
            forms = self._forms.forms(polarity.word, claim.languages)
            signs = set().union(*(stated[form] for form in forms if form in stated))
            if signs and polarity.is_denied not in signs:
                found.append(polarity.word)
        return found

    def _narrower(self, claim: Statement, source: Statement) -> list[str]:
        """The words by which the denial of `source` is narrower than that of `claim`."""
        own = [polarity.word for polarity in polarities(claim.text) if polarity.is_denied]
        known = self._forms.known(own, source.languages)
        denied = [
            polarity.word
            for polarity in polarities(source.text)
            if polarity.is_denied and folded(polarity.word) not in STOP_WORDS
        ]
        missing = self._forms.missing(denied, known, source.languages)
        if not own or len(missing) == len(denied):
            return []
        stated = self._known(claim, source.languages)
        return self._forms.missing(missing, stated, source.languages)

    def _left_out_conditions(self, claim: Statement, source: Statement) -> list[str]:
        """The conditions of `source` of which `claim` repeats too little."""
        known = self._known(claim, source.languages)
        is_fact = not (_CONDITION.search(claim.text) or _lower(claim.text) & _DEMANDS)
        left_out = []
        for match in _CONDITION.finditer(source.text):
            words = [word for word in terms(match[0]) if word not in STOP_WORDS]
            missing = self._forms.missing(words, known, source.languages)
            is_left_out = words and len(missing) > (1 - CONDITION_SHARE) * len(words)
            if is_left_out or (is_fact and self._is_only_in(match.span(), claim, source)):
                left_out.append(" ".join(match[0].split()))
        return left_out

    def _is_only_in(self, condition: tuple[int, int], claim: Statement, source: Statement) -> bool:
        """Whether most words of `claim` occur in the condition at this place of `source` and nowhere else."""
        start, end = condition
        inside, outside = (
            self._forms.known(_TOKEN.findall(text), claim.languages)
            for text in (source.text[start:end], f"{source.text[:start]} {source.text[end:]}")
        )
        content = self.content(claim)
        size = len(content) + len(claim.figures.quantities)
        not_outside = self._forms.missing(content, outside, claim.languages)
        nowhere = self._forms.missing(not_outside, inside, claim.languages)
        return size >= FACT_WORDS and len(not_outside) - len(nowhere) > CONDITION_SHARE * len(content)


def is_assent(text: str) -> bool:
    """Whether `text` is nothing but a yes or no."""
    return text.strip(" .,:;!–—-\n").casefold() in statements.ASSENTS


def _names(text: str) -> list[tuple[str, str]]:
    """The pairs of capitalised words that stand side by side after the first word of `text`."""
    matches = list(_WORD.finditer(text))
    return [
        (one[0], other[0])
        for one, other in pairwise(matches)
        if one[0][0].isupper()
        and other[0][0].isupper()
        and text[one.end() : other.start()] == " "
        and folded(one[0]) not in STOP_WORDS
        and folded(other[0]) not in STOP_WORDS
    ]


def _lower(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _wrong_duty(claim: str, source: str) -> list[str]:
    """The words by which `claim` requires what `source` only allows, or allows what it requires."""
    said, stated = _lower(claim), _lower(source)
    for own, opposite in (
        (statements.DUTIES, statements.PERMISSIONS),
        (statements.PERMISSIONS, statements.DUTIES),
    ):
        if said & own and not said & opposite and stated & opposite and not stated & own:
            return sorted(said & own)
    return []


def _unstated_ends(claim: Statement, source: Statement, context: Statement) -> list[str]:
    """The dates until which `claim` says that something holds, where no text says that it ends."""
    ends = [date.written for date in claim.figures.dates if date.limit == "upper"]
    if any(date.limit == "upper" for date in source.figures.dates) or not source.figures.dates:
        return []
    if any(_lower(text) & statements.ENDINGS for text in (source.text, context.text)):
        return []
    ranges = "|".join((*statements.RANGES, "[-–—]"))
    dates = "|".join(re.escape(date.written) for date in source.figures.dates)
    if re.search(rf"(?:{ranges})\s*(?:\w+\s+)?(?:{dates})", source.text, re.IGNORECASE):
        return []
    return ends


def _unstated_totality(claim: str, source: str) -> list[str]:
    """The words by which `claim` says something of all, of most or of one only, and `source` does not."""
    said, stated = _lower(_LIMIT.sub(" ", claim)), _lower(_LIMIT.sub(" ", source))
    return sorted(word for group in statements.TOTALITIES for word in said & group if not stated & group)
