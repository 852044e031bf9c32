"""Understands a question in its conversation, and recognizes questions that several documents may answer.

"And the deposit?" cannot be understood without an earlier question. If it is clear which part of the earlier
question a follow-up replaces, that part is replaced (`assistant.answers.contrasting`). Otherwise the
follow-up is joined with the question that it depends on, without the year, flat or town that it replaces, and
both are searched for together. Nothing else is rewritten: small models invent things when asked to rewrite a
question. The user sees the text that was searched for. A reply to a follow-up that repeats an earlier one is
unsure.

A follow-up also stays with the documents that the last answer cited: the search prefers them. It prefers them
slightly for a question that names no subject of its own ("How much is the deposit?"), and not at all for a
question that stands by itself. They are preferred, never the only ones.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assistant.answers.contrasting import NUMBERED, contrasted, years_shifted
from assistant.answers.grounding import content_words
from assistant.dialogue import Answer, State
from ingest import language
from ingest.keywords import STOP_WORDS, folded, terms
from ingest.language import follow_ups, letters, tabular
from ingest.mailheaders import HeaderLabel
from ingest.segmentation import sentence_spans

DEPENDENT_BOOST = 0.15
"""Added to the scores of the last answer's documents for a question that depends on an earlier one."""

CONTINUING_BOOST = 0.04
"""The same for a question that names no subject of its own: it decides only between documents that fit alike.
"""

FEW_WORDS = 3
"""Content words up to which a question without a name may continue the last one."""

FRAGMENT_TOKENS = 5
"""Words up to which a part of a question depends on an earlier one."""

NAMED = 2
"""Names that are taken from the last answer for a pronoun."""

_OPENER = re.compile(
    rf"\W*(?:{'|'.join(map(re.escape, sorted(language.FOLLOW_UP_OPENERS, key=len, reverse=True)))})\b[\s,:]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_YES_OR_NO = re.compile(rf"\W*(?:{'|'.join(follow_ups.YES_OR_NO)})\b", re.IGNORECASE)
_LIST = re.compile(rf"\W*(?:{'|'.join((*follow_ups.STEPS, *follow_ups.LISTS))})\b", re.IGNORECASE)
_SEVERAL = re.compile(rf"\b(?:{'|'.join(language.SEVERAL_DOCUMENTS)})\b", re.IGNORECASE)
_EXPLETIVE = re.compile("|".join(follow_ups.EXPLETIVES), re.IGNORECASE)
_POINTING_BACK = re.compile(rf"\b(?i:{'|'.join(follow_ups.POINTING_BACK)})\b")
_OWN_POSSESSIVE = re.compile(rf"(\w\W+[A-ZÄÖÜÉ]\w+\b(?:.*?\W)?)(?:{'|'.join(follow_ups.POSSESSIVES)})(?= \w)")
_INVERTED = re.compile(r"-(?:t-)?(?:ils?|elles?)\b", re.IGNORECASE)
_SOURCE = re.compile(rf"\W*(?:{follow_ups.SOURCE_ASKED})\W*", re.IGNORECASE)
_MARK = re.compile(r"(?<=[?!])\s+")
_CLAUSE = re.compile(r",|\b(?:and|und|et|y)\b", re.IGNORECASE)
_LAST_MARKS = " \t?!.,;:…"
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_IN_YEAR = re.compile(rf"(?:\b(?:in|for|of|im|für|en|de) )?{_YEAR.pattern}")
_PLACED = re.compile(r"\b([a-z]+) ((?:[A-ZÄÖÜÉ]\w+)(?: [A-ZÄÖÜÉ]\w+)*)")
_NAME = re.compile(r"\b[A-ZÄÖÜÉ]\w+(?: [A-ZÄÖÜÉ]\w+)+")


@dataclass(frozen=True, slots=True)
class Understood:
    """A question with what it takes from its conversation."""

    text: str
    """The text to search for and to answer."""
    preferred: frozenset[str] = frozenset()
    """The paths of the documents that the search prefers."""
    boost: float = 0.0
    """What their scores gain."""
    is_whole: bool = False
    """Whether `text` is a complete question, with the follow-up already in its place."""
    said: tuple[str, ...] = ()
    """What earlier answers quoted, if the question depends on them."""
    otherwise: str = ""
    """The text to search for if nothing answers `text`: the follow-up alone. Empty if there is no other text.
    """

    @property
    def depends(self) -> bool:
        """Whether the question depends on an answer from documents."""
        return self.boost >= DEPENDENT_BOOST and bool(self.preferred)

    def repeats(self, question: str, quotes: Sequence[str]) -> bool:
        """Whether the best of `quotes` repeats an earlier answer, and the quotes do not hold all words of
        `question`, which may be as short as "why?"."""
        texts = [" ".join(quote.split()) for quote in quotes]
        words = _content(question)
        return (
            bool(texts)
            and any(texts[0] in " ".join(quote.split()) for quote in self.said)
            and not (words and words <= content_words(" ".join(texts)))
        )

    def is_elsewhere(self, paths: Collection[str]) -> bool:
        """Whether an answer from the documents at `paths` may be about another matter: the question does not
        say what it is about, and the last answer was from other documents."""
        return bool(self.preferred) and not self.preferred.issuperset(paths)


def understand(question: str, earlier: Sequence[Answer]) -> Understood:
    """`question` in its conversation.

    earlier: the answers of the conversation so far, in order.
    """
    cited = next((answer.citations for answer in reversed(earlier) if answer.citations), ())
    documents = frozenset(citation.locator.path for citation in cited)
    text, is_whole, otherwise = _resolved(question, earlier)
    if is_follow_up(question):
        words = set(map(str.casefold, _WORD.findall(question)))
        said = tuple(citation.quote for answer in earlier for citation in answer.citations)
        preferred = (frozenset[str](), 0.0) if words & follow_ups.OTHERS else (documents, DEPENDENT_BOOST)
        return Understood(text, *preferred, is_whole, said, otherwise)
    if _names_no_subject(question):
        return Understood(text, documents, CONTINUING_BOOST)
    return Understood(text)


def is_follow_up(question: str) -> bool:
    """Whether `question` cannot be understood without an earlier one."""
    question = _EXPLETIVE.sub(" ", question)
    opener = _OPENER.match(question)
    rest = question[opener.end() :] if opener else question
    words = [word.casefold() for word in _WORD.findall(rest)]
    content = (
        content_words(rest) - language.QUESTION_FILLERS if set(terms(rest)) - STOP_WORDS else frozenset()
    )
    if all(map(str.isdigit, content)) or _has_pronoun(rest):
        return True
    is_whole = words[0] in follow_ups.STARTERS
    if opener:
        return not is_whole or len(content) < 2
    if words[0] in follow_ups.FRAGMENT_OPENERS:
        return not is_whole and len(words) <= FRAGMENT_TOKENS and question.rstrip().endswith("?")
    return is_whole and len(words) <= 3 and len(content) < 2 and not follow_ups.COPULAS & set(words)


def asks_for_source(question: str) -> bool:
    """Whether `question` only asks where the last answer is from."""
    opener = _OPENER.match(question)
    return _SOURCE.fullmatch(question[opener.end() :] if opener else question) is not None


def without_last_mark(question: str) -> str:
    """`question` with a question mark at its end if its first word asks, and otherwise without any mark.

    So the reply does not depend on how a question ends: many are typed without a mark.
    """
    bare = question.rstrip(_LAST_MARKS)
    opener = _OPENER.match(bare)
    first = _WORD.search(bare, opener.end() if opener else 0)
    asks = (first is not None and first[0].casefold() in follow_ups.STARTERS) or is_follow_up(f"{bare}?")
    return f"{bare}?" if asks else bare


def expects_several_documents(question: str) -> bool:
    """Whether the wording of a question suggests that several documents answer it."""
    return _SEVERAL.search(question) is not None


def asks_yes_or_no(question: str) -> bool:
    """Whether `question`, or the last sentence of it, is to be answered by yes or no."""
    spans = sentence_spans(question)
    question = question[spans[-1][0] :] if spans else question
    opener = _OPENER.match(question)
    asks_why = opener is not None and opener[0].strip(" ¿,:").casefold() in follow_ups.STARTERS | {"por qué"}
    begun = _YES_OR_NO.match(question[opener.end() :] if opener else question)
    # "Was" asks for a thing in German.
    said = _WORD.findall(question)
    is_was = begun is not None and begun[0].strip().casefold() == "was"
    is_german = language.capitalises_nouns(said) or folded(" ".join(said[1:2])) in tabular.YES_NO_GERMAN
    if begun and not asks_why and not (is_was and is_german):
        return True
    words = set(map(str.casefold, _WORD.findall(question)))
    return _INVERTED.search(question) is not None and not words & follow_ups.ASKING_FOR_MORE


def asks_for_list(question: str) -> bool:
    """Whether a whole list answers `question`: it asks for all of something, or how something is done."""
    opener = _OPENER.match(question)
    return any(_LIST.match(text) for text in (question, question[opener.end() :] if opener else ""))


def asked_header(question: str) -> HeaderLabel | None:
    """Which line of a mail's header answers `question`; None if it asks for what a mail says."""
    words = [word.casefold() for word in _WORD.findall(question)]
    if letters.MAIL_WORDS.isdisjoint(words):
        return None
    if not letters.SUBJECT_WORDS.isdisjoint(words):
        return HeaderLabel.SUBJECT
    if not tabular.WHO.isdisjoint(words):
        is_receiver = words[-1] == "to" or not letters.RECEIVING.isdisjoint(words)
        return HeaderLabel.RECIPIENT if is_receiver else HeaderLabel.SENDER
    return None if tabular.WHEN.isdisjoint(words) else HeaderLabel.DATE


def names_within(question: str) -> list[str]:
    """The words of `question` with a capital after the first; none in a language where all nouns have one."""
    first, *words = _WORD.findall(question) or [""]
    return (
        [] if language.capitalises_nouns([first, *words]) else [word for word in words if word[0].isupper()]
    )


def _has_pronoun(question: str) -> bool:
    """Whether a pronoun of `question` refers to something outside it."""
    if _INVERTED.search(question) and follow_ups.OWN_SUBJECTS & set(_WORD.findall(question.casefold())):
        question = _INVERTED.sub("", question)
    clauses = [clause for clause in _CLAUSE.split(question) if clause.strip()]
    # A pronoun in a later clause refers to the subject of the first one.
    first = _OWN_POSSESSIVE.sub(r"\1", clauses[0]) if clauses else ""
    words = [word.casefold() for word in _WORD.findall(first)]
    return (
        any(word in language.PRONOUNS for word in words)
        or _POINTING_BACK.search(first) is not None
        or (bool(words) and len(clauses) == 1 and words[-1] in language.FINAL_PRONOUNS)
    )


def _names_no_subject(question: str) -> bool:
    """Whether `question` is short and has neither a name nor a number."""
    words = _WORD.findall(question)
    has_name = any(word[0].isupper() or word[0].isdigit() for word in words[1:])
    return not has_name and len(content_words(question) - language.QUESTION_FILLERS) <= FEW_WORDS


def _resolved(question: str, earlier: Sequence[Answer]) -> tuple[str, bool, str]:
    """The text to search for, whether it is a complete question, and the text to search for if that fails.

    For a follow-up, the first is the question that it depends on, with the part replaced or the follow-up
    added; otherwise it is `question`.
    """
    if not is_follow_up(question):
        return question, True, ""
    texts = [" ".join(answer.question.split()) for answer in earlier if not asks_for_source(answer.question)]
    base = ""
    for place, text in enumerate(texts):
        # "And when?" asks about the last question; a follow-up with a subject of its own about the first.
        if not base or not is_follow_up(text):
            base = text
        elif changed := contrasted(base, text):
            base = changed
        elif place == len(texts) - 1 and _continues(base, text, question):
            base = joined(base, text)
    if not base:
        return question, True, ""
    if changed := contrasted(base, question):
        opener = _OPENER.match(question)
        alone = question[opener.end() :].strip() if opener else question
        return changed, True, alone if _names_thing(alone) else ""
    if not _refers_to_person(question):
        return joined(base, question), False, ""
    if _content(question) and _refers_only_to_person(question) and (people := _last_names(base)):
        return " ".join((question, *people)), False, ""
    names = _named(earlier[-1].text, base) if earlier[-1].state is State.ANSWERED else []
    return " ".join((*joined(base, question).split(), *names)), False, ""


def _names_thing(fragment: str) -> bool:
    """Whether a follow-up without its "and" can be asked alone, as "the deposit?" can, and "Ms Vane?" or
    "in May?" cannot."""
    words = _WORD.findall(fragment)
    is_name = all(word[0].isupper() or word[0].isdigit() for word in words)
    return bool(_content(fragment)) and not is_name and words[0].casefold() not in follow_ups.PREPOSED


def _continues(base: str, text: str, question: str) -> bool:
    """Whether `question` is about the follow-up `text` rather than only about its `base`."""
    return not contrasted(base, question) and (_replaces(text) or not _content(question))


def _content(question: str) -> frozenset[str]:
    return (
        content_words(question) - language.QUESTION_FILLERS
        if set(terms(question)) - STOP_WORDS
        else frozenset()
    )


def _replaces(question: str) -> bool:
    """Whether `question` names something in place of something."""
    return bool(_YEAR.search(question) or NUMBERED.search(question) or _PLACED.search(question))


def joined(base: str, question: str) -> str:
    """Both questions, without what the second replaces in the first."""
    kept = base
    shift = years_shifted(question)
    years = list(_YEAR.finditer(base))
    if shift and years:
        start, end = years[-1].span()
        base = f"{base[:start]}{int(years[-1][0]) + shift}{base[end:]}"
    if _YEAR.search(question):
        base = _IN_YEAR.sub("", base)
    for label, _ in NUMBERED.findall(question):
        base = re.sub(rf"\b{re.escape(label)}[ .#-]{{1,2}}\d+[a-z]?\b", label, base, flags=re.IGNORECASE)
    for preposition, _ in _PLACED.findall(question) if not shift else ():
        if preposition not in language.FOLLOW_UP_OPENERS:
            base = re.sub(rf"\b{preposition} [A-ZÄÖÜÉ]\w+(?: [A-ZÄÖÜÉ]\w+)*", "", base)
    if base != kept:
        base = re.sub(r"\s+(?=[?.!,])", "", " ".join(base.split()))
    return f"{base} {question}".strip()


def _refers_to_person(question: str) -> bool:
    return any(word in follow_ups.PERSONS for word in map(str.casefold, _WORD.findall(question)))


def _refers_only_to_person(question: str) -> bool:
    """Whether the pronouns of `question` refer to one person and to nothing else."""
    words = set(map(str.casefold, _WORD.findall(question)))
    return words & (language.PRONOUNS | language.FINAL_PRONOUNS | follow_ups.PERSONS) <= follow_ups.HE_OR_SHE


def _last_names(questions: str) -> list[str]:
    """The names in the last of some joined questions that has any."""
    found = (names_within(part) for part in reversed(_MARK.split(questions)))
    return next(filter(None, found), [])


def _named(answer: str, base: str) -> list[str]:
    """The names of several words in an answer that are not in the question."""
    names = dict.fromkeys(name for name in _NAME.findall(answer) if name not in base)
    return list(names)[:NAMED]
