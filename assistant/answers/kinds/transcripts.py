"""Transcripts: who spoke, what about, and the sentences in which speakers decide, take tasks or postpone.

A transcript is a sequence of turns, each a speaker's name and what was said. Marks of noises, sounds of
hesitation and broken starts are taken out of the sentences. What was decided in speech is rarely said in one
sentence, so the points are candidates, and the groups say so; the rest are the most representative sentences.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.answers.grounding import content_words
from assistant.answers.kinds.digest import Digest, Extent, Material, PointGroup
from assistant.answers.kinds.pieces import phrases, plain
from assistant.formatting import count_of
from assistant.summary import Length
from ingest import language
from ingest.language import meetings
from ingest.segmentation import sentence_spans

MIN_TURNS = 8
"""Turns that a transcript has at least."""

MIN_SHARE = 0.5
"""The share of lines that begin with a speaker's name, or follow one."""

MIN_WORDS = 5
"""Content words of a sentence that says something by itself."""

NAMED_SPEAKERS = 6
"""Speakers that are named; the rest are counted."""

CANDIDATES = {Length.SHORT: 2, Length.MEDIUM: 4, Length.LONG: 8}
"""Sentences in a group of candidates."""

NAMED_SUBJECTS = 6
"""Subjects that are named."""

_TIME = r"[\[(]?(?:\d{1,2}:)?\d{1,2}:\d\d(?:[.,]\d+)?[\])]?"
_TURN = re.compile(
    rf"^\s*(?:{_TIME}\s*[-–]?\s*)?(?:\*\*|__|<v )?(?P<speaker>[^\W\d_][\w.'’ -]{{0,30}}?)"
    rf"\s*(?:\({_TIME}\)|{_TIME})?"
    rf"(?:\*\*|__)?\s*[:>](?:\*\*|__)?\s+(?P<speech>\S.*)?$",
    re.MULTILINE,
)
_CUE = re.compile(rf"^\s*(?:WEBVTT.*|\d+|{_TIME}\s*-->.*)$", re.MULTILINE)
_NOISE = re.compile(
    r"\{[^{}\n]{1,40}\}|\[[^\W\d_][^\]\d\n]{1,30}\]|<[a-z][a-z _-]{1,20}>|\((?:[a-z]+ ?){1,3}\)"
)
_HESITATION = re.compile(rf"(?<![\w'-])(?:{'|'.join(meetings.HESITATIONS)})(?![\w'-])[ ,.]*", re.IGNORECASE)
_OPENERS = re.compile(rf"^(?:(?:{'|'.join(meetings.SPOKEN_FILLERS)})(?!\w)[ ,.]*)+", re.IGNORECASE)
_REPEATED = re.compile(r"\b(\w+(?: \w+)?)(?:[ ,]+\1\b)+", re.IGNORECASE)
_CANDIDATES = {
    "Decisions, as spoken": phrases(meetings.SPOKEN_DECISIONS),
    "Tasks, as spoken": phrases(meetings.SPOKEN_TASKS),
    "Postponed, as spoken": phrases(meetings.SPOKEN_POSTPONEMENTS),
}
_EMPTY = language.QUESTION_FILLERS | meetings.EMPTY_WORDS


@dataclass(frozen=True, slots=True)
class _Speech:
    """What one speaker says before the next one speaks."""

    speaker: str
    sentences: tuple[str, ...]
    """Without marks of noise and hesitation; those that say nothing are left out."""


def recognizes(material: Material) -> bool:
    """Whether a document consists of the turns of at least two speakers, each of whom speaks repeatedly."""
    text = _CUE.sub("", "\n".join(material.document.pages))
    lines = [line for line in text.split("\n") if line.strip()]
    speakers = Counter(match["speaker"] for match in map(_TURN.match, lines) if match)
    repeated = {name: count for name, count in speakers.items() if count > 2}
    turns = sum(repeated.values())
    return turns >= MIN_TURNS and len(repeated) > 1 and turns >= MIN_SHARE * len(lines)


def spoken(text: str) -> str:
    """The text of a transcript without its noise: on each line a speaker's name and one sentence.

    Sentences that say nothing by themselves are left out, such as `Okay.` and broken ones.
    """
    lines = [f"{speech.speaker}: {sentence}" for speech in _speeches(text) for sentence in speech.sentences]
    return "\n\n".join(lines)


def digest(material: Material, extent: Extent) -> Digest:
    """Candidates for decisions, for tasks and for what was put off, then the highlights."""
    speeches = list(_speeches("\n\n".join(material.document.pages)))
    sentences = [f"{speech.speaker}: {sentence}" for speech in speeches for sentence in speech.sentences]
    shown = set(extent.highlights)
    groups = []
    for heading, pattern in _CANDIDATES.items():
        found = [sentence for sentence in sentences if pattern.search(sentence) and sentence not in shown]
        points = tuple(extent.choose(found, CANDIDATES[extent.length]))
        shown.update(points)
        groups += [PointGroup(heading, points)] if points else []
    if extent.highlights:
        groups.append(PointGroup("Discussed", tuple(extent.highlights)))
    return Digest(_about(material.name, speeches), tuple(groups))


def _about(title: str, speeches: Sequence[_Speech]) -> str:
    turns = Counter(speech.speaker for speech in speeches)
    named = ", ".join(name for name, _ in turns.most_common(NAMED_SPEAKERS))
    more = f" and {len(turns) - NAMED_SPEAKERS} more" if len(turns) > NAMED_SPEAKERS else ""
    subjects = _subjects([sentence for speech in speeches for sentence in speech.sentences], turns)
    about = f" They speak most about: {', '.join(subjects)}." if subjects else ""
    return f"Transcript, “{title}”: {count_of(len(turns), 'speaker')} ({named}{more}).{about}"


def _speeches(text: str) -> Iterator[_Speech]:
    """The turns of a transcript, in order."""
    speaker = ""
    lines: list[str] = []
    for line in [*_CUE.sub("", text).split("\n"), ""]:
        match = _TURN.match(line)
        if match:
            yield from _speech(speaker, lines)
            speaker, lines = match["speaker"], [match["speech"] or ""]
        elif speaker:
            lines.append(line)
    yield from _speech(speaker, lines)


def _speech(speaker: str, lines: Sequence[str]) -> Iterator[_Speech]:
    if not speaker:
        return
    text = plain(_NOISE.sub(" ", " ".join(lines).replace("_", "")))
    # Transcripts of corpora write signs as words of their own.
    text = re.sub(r"\s+(?=[.,?!;:](?:\s|$))|(?<=\w)\s+(?='\w)", "", text)
    sentences = (_fluent(text[start:end]) for start, end in sentence_spans(text))
    said = tuple(
        one for one in sentences if len(content_words(one) - _EMPTY) >= MIN_WORDS and one[-1:] in ".!…"
    )
    yield _Speech(speaker, said)


def _fluent(sentence: str) -> str:
    """A spoken sentence without hesitation, repeated words and words that only open it."""
    sentence = _HESITATION.sub("", sentence)
    sentence = _REPEATED.sub(r"\1", sentence)
    sentence = _OPENERS.sub("", sentence).strip(" ,")
    return sentence[:1].upper() + sentence[1:]


def _subjects(sentences: Sequence[str], speakers: Sequence[str] | Counter[str]) -> list[str]:
    """The pairs of content words that are said most often, most frequent first."""
    names = content_words(" ".join(speakers))
    pairs: Counter[str] = Counter()
    for sentence in sentences:
        words = re.findall(r"[^\W\d_]+(?:'\w+)?|\S", sentence.casefold())
        for first, second in pairwise(words):
            if all(
                len(word) > 3 and word in content_words(word) and word not in _EMPTY | names
                for word in (first, second)
            ):
                pairs[f"{first} {second}"] += 1
    chosen: list[str] = []
    for pair, count in pairs.most_common(40):
        if (
            count > 2
            and len(chosen) < NAMED_SUBJECTS
            and not set(pair.split()) & set(" ".join(chosen).split())
        ):
            chosen.append(pair)
    return chosen
