"""Reads the papers in `training/documents`: invented private documents, written by hand, with questions.

Rules make many records (`records`, `notes`), and all of them alike. These papers were written without a look
at how Carrel reads, or at the documents it is measured with. They are of every kind that lawyers, doctors,
researchers, journalists and households keep, with questions about each: some that it answers, in other words
than its own, and as many that it almost answers. The latter are what matters: another property of the same
thing, the same of another thing, planned instead of done, a reason or a total that is not given.

Many papers come in families of three that look alike. A question that one of them answers is also asked of
another one that does not answer it, in the same words, so the wording gives nothing away.

Each draw shows a paper with other names and amounts, so that what is learned is how a question and a text
belong together and not what is in these texts. A tenth of the papers is held out to choose by, in whole
families.

A paper is a block of a text file:

    === lease addendum | en
    title: Addendum No. 2
    heading: Heating                     (may be missing; as may the names, which can be exchanged)
    people: Marta Lindqvist; Lindqvist
    family: law 12                       (papers that look alike; may be missing too)
    ---
    the text
    ---
    ? a question | its answer, as the text has it
    + a question of yes or no that the text answers
    - a question that it does not answer
    = a claim that it supports, ! one that it contradicts, ~ one that it does not address
"""

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.records import FIRMS, FIRST, LAST, PLACES, informal
from training.rows import LABELS, Example, careless, nearest, sentences, window

DOCUMENTS = Path(__file__).parent / "documents"
"""Where the papers are."""

HELD_OUT = 0.1
"""Share of the papers that are never trained on."""

RENAMED = 0.7
"""Share of the draws with other names."""

RENUMBERED = 0.5
"""Share of the questions that are drawn with other amounts and years."""

ANOTHER_NAME = 0.12
"""Share of the draws that ask about somebody or something else than the paper does."""

ANOTHER_PAPER = 0.2
"""Share of the draws with the text of another paper. What a search finds besides the right document is seldom
about something else altogether, so it is the one of `OTHERS` that shares most words with the question."""

OTHERS = 40
"""Papers among which another one is chosen."""

NAMED = 0.5
"""Share of the draws whose context begins with the names and numbers of the question that the paper holds, as
the context does that the retriever gives (`assistant.answers.retrieval`)."""

WITHOUT_ANSWER = 0.25
"""Share of the answered questions that are shown without the sentence or line of their answer. With 0.15,
a reader learned to judge by the wording: shown an unrelated paper with a question that its own paper answers
and a near-miss, it rated the former higher in 72 of 100 pairs."""

WHOLE = 0.65
"""Share of the draws that show the whole text; the others show some sentences or lines of it."""

SHORTEST = 350
"""Characters of the shortest part of a text that is shown."""

POOLS: dict[str, Sequence[str]] = {"people": LAST, "firms": FIRMS, "places": PLACES}
"""The other names of each kind."""

CLAIMS = {"=": "supported", "!": "contradicted", "~": "unaddressed"}
"""The classes of claims by their marks."""

_WORD = re.compile(r"\w{4,}")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_TABLE = re.compile(r"^[^\n]*(?:\||\t|;| {3})[^\n]*\n[^\n]*(?:\||\t|;| {3})", re.MULTILINE)
_TITLES = frozenset(
    "Prof Frau Herr Madame Monsieur Señor Señora Signor Signora Doctor Judge Lady Lord Aunt Uncle".split()
)
"""Words before a name that are no part of it."""
_COMPARING = re.compile(
    r"\b(?:\w+est|more|less|most|least|than|total|sum|half|twice|double|percent|both|mehr|weniger|als|plus|moins)\b|%",
    re.IGNORECASE,
)
"""A question or claim for whose answer it matters which number is larger."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question or claim about a paper."""

    mark: str
    """One of `?`, `+`, `-`, `=`, `!`, `~`; see above."""
    text: str
    """The question or claim."""
    answer: str
    """The answer to a question marked `?`, letter for letter; empty for others."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document with questions and claims."""

    language: str
    """`en`, `de` and so on."""
    title: str
    """Its title."""
    family: str
    """The name of its family; empty if it stands alone."""
    context: str
    """Title and heading, as the reader is shown them."""
    names: dict[str, tuple[str, ...]]
    """What may be exchanged, by `people`, `firms` and `places`."""
    text: str
    """Its text."""
    questions: tuple[Item, ...]
    """Marked `?`, `+` or `-`."""
    claims: tuple[Item, ...]
    """Marked `=`, `!` or `~`."""


class Papers:
    """All papers of a folder, but those held out; or only these."""

    def __init__(self, folder: Path = DOCUMENTS, *, held_out: bool = False) -> None:
        """
        folder: with text files of papers.
        held_out: whether the papers to choose by are wanted, and not those to train on.
        """
        found = [paper for file in sorted(folder.glob("*.txt")) for paper in papers(file.read_text("utf-8"))]
        self.papers = [paper for paper in found if _is_held_out(paper) == held_out]
        """In the order of their files."""
        self._words = {id(paper): _words(paper.text) for paper in self.papers}

    def question(self, chance: random.Random) -> Example:
        """A question with its paper or a part of it, or with another paper."""
        paper = chance.choice(self.papers)
        marks = [chance.choice("??????+---")]
        item = chance.choice([i for i in paper.questions if i.mark in marks] or paper.questions)
        draw = chance.random()
        if draw < ANOTHER_PAPER:
            other = self._similar(paper, item.text, chance)
            if other is not paper:
                start, end = _part(other.text, nearest(other.text, item.text, chance), chance)
                asked = careless(informal(item.text, chance), chance)
                return Example("question", asked, _context(other, chance), other.text[start:end], 0)
        change = _changes(paper, item, chance)
        answered = item.mark in "?+"
        asked = change(item.text)
        if answered and draw > 1 - ANOTHER_NAME:
            replaced = _about_another(item.text, paper, chance)
            if replaced:
                asked, answered = change(replaced), False
        text, answer = change(paper.text), change(item.answer)
        place = text.find(answer) if item.answer else -1
        span = (place, place + len(answer)) if place >= 0 else None
        if span and chance.random() < WITHOUT_ANSWER:
            text, span, answered = _without(text, span), None, False
        shown = None if item.mark == "+" else span or nearest(text, asked, chance)
        start, end = _part(text, shown, chance)
        if span:
            span = (span[0] - start, span[1] - start)
        context = change(_context(paper, chance))
        if chance.random() < NAMED:
            named = _named(asked, change(f"{paper.title}\n{paper.text}"))
            context = ", ".join(filter(None, (named, context)))
        asked = careless(informal(asked, chance), chance)
        return Example("question", asked, context, text[start:end], int(answered), span if answered else None)

    def _similar(self, paper: Paper, question: str, chance: random.Random) -> Paper:
        """A paper in the same language that shares words with the question; `paper` itself if it is alone.

        Papers of its family are left out, because they may answer the question too. Those that do not answer
        it have it among their own questions.
        """
        others = [
            other
            for other in self.papers
            if other.language == paper.language
            and other is not paper
            and (not paper.family or other.family != paper.family)
        ]
        words = _words(question)

        def shared(other: Paper) -> int:
            return sum(map(len, words & self._words[id(other)]))

        return max(chance.sample(others, min(OTHERS, len(others))), key=shared, default=paper)

    def claim(self, chance: random.Random) -> Example:
        """A claim about a paper."""
        paper = chance.choice([paper for paper in self.papers if paper.claims])
        item = chance.choice(paper.claims)
        change = _changes(paper, item, chance)
        label = LABELS.index(CLAIMS[item.mark])
        return Example("claim", change(item.text), "", change(paper.text), label)

    def as_written(self) -> list[Example]:
        """Every question with its paper, unchanged."""
        examples = []
        for paper in self.papers:
            for item in paper.questions:
                place = paper.text.find(item.answer) if item.answer else -1
                span = (place, place + len(item.answer)) if place >= 0 else None
                label = int(item.mark in "?+")
                examples.append(Example("question", item.text, paper.context, paper.text, label, span))
        return examples


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))


def papers(text: str) -> list[Paper]:
    """The papers of a file. Raises `ValueError` for one that is not as it should be."""
    return [_paper(block) for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]]


def _paper(block: str) -> Paper:
    parts = re.split(r"^---$", block, flags=re.MULTILINE)
    if len(parts) != 3:
        raise ValueError(f"a paper has two lines of three hyphens: {block[:80]!r}")
    top, text, lines = parts
    first, *others = top.strip().splitlines()
    fields = dict(line.split(": ", 1) for line in others)
    items = [_item(line, text) for line in lines.strip().splitlines() if line.strip()]
    heading = fields.get("heading")
    return Paper(
        language=first.rpartition(" | ")[2],
        title=fields["title"],
        family=fields.get("family", ""),
        context=fields["title"] + (f" > {heading}" if heading else ""),
        names={kind: tuple(filter(None, fields.get(kind, "").split("; "))) for kind in POOLS},
        text=text.strip("\n"),
        questions=tuple(item for item in items if item.mark in "?+-"),
        claims=tuple(item for item in items if item.mark in CLAIMS),
    )


def _item(line: str, text: str) -> Item:
    mark, _, rest = line.partition(" ")
    if mark == "?":
        question, _, answer = rest.rpartition(" | ")
        if not question or answer not in text:
            raise ValueError(f"the answer is not in the text: {line!r}")
        return Item(mark, question, answer)
    if mark not in {"+", "-", *CLAIMS}:
        raise ValueError(f"a question or claim begins with one of ? + - = ! ~: {line!r}")
    return Item(mark, rest, "")


def _is_held_out(paper: Paper) -> bool:
    digest = hashlib.sha256((paper.family or paper.title).encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT * 2**32


def _context(paper: Paper, chance: random.Random) -> str:
    """Title and heading, the title alone, or nothing."""
    return chance.choice((paper.context, paper.context, paper.context, paper.title, ""))


def _named(question: str, text: str) -> str:
    """The words of a question with a capital or a digit that `text` holds."""
    words = [word.strip("?,.:;'\"()") for word in question.split()[1:]]
    return " ".join(word for word in words if word in text and (word != word.lower() or word.isdigit()))


def _part(text: str, place: tuple[int, int] | None, chance: random.Random) -> tuple[int, int]:
    """Whole lines or sentences around `place`. A table is shown whole: its header says what its cells are."""
    if place is None or chance.random() < WHOLE or _TABLE.search(text):
        return 0, len(text)
    return window(text, place, chance, chance.randint(SHORTEST, max(SHORTEST, len(text))))


def _without(text: str, place: tuple[int, int]) -> str:
    """The text without the sentences or lines that overlap `place`."""
    inside = [span for span in sentences(text) if span[0] < place[1] and span[1] > place[0]]
    return text[: inside[0][0]] + text[inside[-1][1] :].lstrip(" ")


def _changes(paper: Paper, item: Item, chance: random.Random) -> Callable[[str], str]:
    """Exchanges the names and numbers of a paper, the same ones for the same ones everywhere."""
    names = _new_names(paper, chance) if chance.random() < RENAMED else {}
    pattern = (
        re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")(?=s?\b)")
        if names
        else None
    )
    is_renumbered = chance.random() < RENUMBERED and item.mark in "?+-" and not _COMPARING.search(item.text)
    years, numbers = chance.randint(-7, 4) if is_renumbered else 0, dict[str, str]()

    def renumbered(match: re.Match[str]) -> str:
        number = match[0]
        if _YEAR.fullmatch(number):
            return str(int(number) + years)
        if sum(map(str.isdigit, number)) < 3:
            return number
        if number not in numbers:
            numbers[number] = "".join(
                chance.choice("123456789") if character.isdigit() and character != "0" else character
                for character in number
            )
        return numbers[number]

    def change(text: str) -> str:
        if pattern:
            text = pattern.sub(lambda match: names[match[0]], text)
        return _NUMBER.sub(renumbered, text) if is_renumbered else text

    return change


def _new_names(paper: Paper, chance: random.Random) -> dict[str, str]:
    """Another name for every word of a person's name, every firm and every place."""
    names: dict[str, str] = {}
    for full in sorted(paper.names["people"], key=len, reverse=True):
        words = [word for word in full.split() if word[0].isupper() and len(word) > 3 and word not in _TITLES]
        for number, word in enumerate(words):
            is_first = len(words) > 1 and number == 0
            names.setdefault(word, chance.choice(FIRST if is_first else LAST))
    for kind in ("firms", "places"):
        for name in paper.names[kind]:
            if len(name) > 3 and chance.random() < 0.7:
                free = [other for other in POOLS[kind] if other not in names.values()]
                names.setdefault(name, chance.choice(free))
    return names


def _about_another(question: str, paper: Paper, chance: random.Random) -> str:
    """The question about another person, firm or place than the paper names; empty if it names none."""
    found = [(kind, name) for kind in POOLS for name in paper.names[kind] if name in question]
    if not found:
        return ""
    kind, name = max(found, key=lambda pair: len(pair[1]))
    other = chance.choice([other for other in POOLS[kind] if other not in paper.text])
    return question.replace(name, other)
