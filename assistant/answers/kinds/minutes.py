"""Minutes: what was decided and on which condition, who does what until when, what was postponed or changed.

Each sentence, list item and table row is sorted by the label in front of it, the heading above it and the
words in it (`ingest.language.meetings`). A point is a sentence with what it does not say itself: the subject
of its section, the proposal that was voted on, the condition that follows it.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from assistant.answers.figures import figures
from assistant.answers.grounding import content_words
from assistant.answers.kinds.digest import Digest, Extent, Material, PointGroup, group
from assistant.answers.kinds.pieces import Piece, Shape, is_labelled, labels, names, phrases
from assistant.formatting import count_of
from ingest import language
from ingest.language import measures, meetings, writing


class Topic(StrEnum):
    """What a sentence of minutes is about, by the heading of its group."""

    DECISION = "Decisions"
    TASK = "Tasks"
    POSTPONED = "Postponed"
    CHANGE = "Changed"
    NEXT_MEETING = "Next meeting"


FRAGMENT_WORDS = 4
"""Content words below which a sentence does not say what was decided."""

LOOK_BACK = 3
"""Sentences before a decision among which the proposal is looked for."""

ATTENDANCE_PIECES = 25
"""Pieces at the beginning among which the attendance is looked for."""

_LABELS = {
    Topic.DECISION: labels(meetings.DECISION_LABELS),
    Topic.TASK: labels(meetings.TASK_LABELS),
    Topic.POSTPONED: labels(meetings.POSTPONED_LABELS),
}
_HEADINGS = {
    Topic.DECISION: names(meetings.DECISION_LABELS),
    Topic.TASK: names(meetings.TASK_LABELS),
    Topic.POSTPONED: names(meetings.POSTPONED_LABELS),
}
_CIRCUMSTANCES = labels(meetings.CIRCUMSTANCES)
_OWNER_COLUMN = names(meetings.OWNER_COLUMNS)
_DUE_COLUMN = names(meetings.DUE_COLUMNS)
_STATES = phrases(meetings.STATES)
_ATTENDANCE = labels(meetings.ATTENDANCE)
_ATTENDANCE_HEADING = names(meetings.ATTENDANCE)
_MINUTES = phrases(meetings.MINUTES)
_VARIOUS = names(meetings.VARIOUS_HEADINGS)
_DECISIONS = phrases(meetings.DECISIONS)
_PROPOSALS = phrases(meetings.PROPOSALS)
_THE_PROPOSAL = phrases(meetings.THE_PROPOSAL)
_MAKES_PROPOSAL = phrases(meetings.MAKES_PROPOSAL)
_POSTPONEMENTS = phrases(meetings.POSTPONEMENTS)
_CHANGES = phrases((*meetings.CHANGES, meetings.CHANGED_ELSE))
_NEXT_MEETINGS = phrases(meetings.NEXT_MEETINGS)
_OBLIGATIONS = phrases(writing.OBLIGATIONS)
_CONDITION = re.compile(rf"(?:{'|'.join(meetings.CONDITIONS)})(?!\w)", re.IGNORECASE)
_CONDITION_CLAUSE = re.compile(rf"[,;]?\s+(?:{'|'.join(meetings.CONDITIONS)})(?!\w).*", re.IGNORECASE)
_NO_OWNER = re.compile(rf"(?:{'|'.join(meetings.NO_OWNERS)})(?!\w)", re.IGNORECASE)
_NAME = r"@?[^\W\d_a-zäöüéèàç][\w.'’-]*"
_OWNER = rf"(?:(?:{_NAME}|{meetings.OFFICES})(?: (?:{_NAME}|{meetings.NAME_PARTICLES}))*)"
_OWNERS = rf"{_OWNER}(?:(?:,| &| (?:{meetings.AND})) {_OWNER})*(?: \([^)]*\))?"
_TASK = re.compile(
    rf"(?P<owner>{_OWNERS})(?:'ll|(?: (?:{meetings.ADVERBS}))? (?i:{'|'.join(meetings.UNDERTAKINGS)}))(?!\w)"
)
_LATER_TASK = re.compile(rf"(?<=; ){_TASK.pattern}")
_OWNER_LABEL = re.compile(rf"{_OWNERS}\s*(?::|\s[–—-])\s+\S")
_DAY = rf"(?:{'|'.join((*meetings.WEEKDAYS, *meetings.RELATIVE_DATES, *measures.MONTHS))})(?!\w)"
_DATE = rf"{_DAY}|\d{{1,4}}(?:st|nd|rd|th|er)?[./-]? ?(?:\d|de |{_DAY})|\d{{1,2}}:\d\d"
_DEADLINE = re.compile(
    rf"(?<!\w)(?:{'|'.join(meetings.DEADLINES)}):?\s+"
    rf"(?:(?:{meetings.BEFORE_DATES}|{'|'.join(meetings.WEEKDAYS)}),? )*(?:{_DATE})",
    re.IGNORECASE,
)


def recognizes(material: Material) -> bool:
    """Whether a document is the minutes of a meeting.

    Two signs of three decide: a title that says so, a list of those who were there, and at least two
    sentences with decisions or tasks.
    """
    pieces = material.pieces
    opening = " ".join([material.name, *(" ".join([*p.heading, p.text]) for p in pieces[:3])])[:400]
    titled = _MINUTES.search(opening) is not None
    attended = any(map(_is_attendance, pieces[:ATTENDANCE_PIECES]))
    sorted_pieces = sum(_topic(piece) in (Topic.DECISION, Topic.TASK, Topic.POSTPONED) for piece in pieces)
    return titled + attended + (sorted_pieces >= 2) >= 2 and sorted_pieces > 0


def digest(material: Material, extent: Extent) -> Digest:
    """The points of minutes: attendance, decisions, tasks, what was postponed or changed, the next meeting.

    Minutes without any of these are represented by their highlights.
    """
    pieces = material.pieces
    found: list[tuple[Topic, list[int], list[str]]] = []
    taken: set[int] = set()
    for place, piece in enumerate(pieces):
        topic = _topic(piece)
        if place in taken or topic is None:
            continue
        if piece.cells and (text := _of_columns(piece)):
            found.append((topic, [place], [text]))
            continue
        places = _together(pieces, place, topic)
        taken.update(places)
        if piece.text.endswith(":"):
            items = _items_after(pieces, place)
            taken.update(items)
            found.append((topic, places, [_worded([pieces[item]], topic) for item in items]))
        else:
            # What is a task by itself may be what was agreed.
            found = [one for one in found if not set(one[1]) < set(places)]
            found.append((topic, places, [_worded([pieces[index] for index in places], topic)]))
    points = {topic: [text for of, _, texts in found if of is topic for text in texts] for topic in Topic}
    attendance = [
        piece.text
        for piece in pieces[:ATTENDANCE_PIECES]
        if _is_attendance(piece) and (piece.heading == pieces[0].heading or not _ATTENDANCE.match(piece.text))
    ]
    counted = {"decision": Topic.DECISION, "task": Topic.TASK, "postponed item": Topic.POSTPONED}
    counts = [count_of(len(points[topic]), noun) for noun, topic in counted.items() if points[topic]]
    groups = [PointGroup("", tuple(attendance))] if attendance else []
    for topic in Topic:
        groups += group(topic.value, list(dict.fromkeys(points[topic])), extent.length)
    if not points[Topic.DECISION] or len(groups) < 3:
        shown = " ".join(point for one in groups for point in one.points)
        others = [sentence for sentence in extent.highlights if sentence not in shown]
        groups += group("Discussed", others, extent.length)
    return Digest(
        f"Minutes, “{material.name}”: {', '.join(counts) or 'no decisions or tasks'}.", tuple(groups)
    )


def _topic(piece: Piece) -> Topic | None:
    """What a piece is about; None for the course of the discussion."""
    text = piece.text
    if _CIRCUMSTANCES.match(text) or (_is_attendance(piece) and not _DECISIONS.search(text)):
        return None
    if piece.cells and (of_columns := _topic_of_columns(piece)):
        return of_columns
    for topic, label in _LABELS.items():
        if label.match(text):
            return Topic.POSTPONED if _POSTPONEMENTS.search(text) else topic
    if (
        _NEXT_MEETINGS.search(text)
        and not _POSTPONEMENTS.search(text)
        and (_has_date(text) or _DEADLINE.search(text))
    ):
        return Topic.NEXT_MEETING
    headed = next(
        (
            topic
            for topic, heading in _HEADINGS.items()
            if piece.heading and heading.fullmatch(piece.heading[-1])
        ),
        None,
    )
    if headed is not None:
        return headed
    if _POSTPONEMENTS.search(text):
        return Topic.POSTPONED
    if (
        piece.shape is Shape.ITEM
        and _OWNER_LABEL.match(text)
        and (_DEADLINE.search(text) or _is_imperative(text))
    ):
        return Topic.TASK
    if _CHANGES.search(text) and not _PROPOSALS.search(text) and not _DECISIONS.search(text):
        return Topic.CHANGE
    owner = _TASK.match(text) or _LATER_TASK.search(text)
    has_owner = owner is not None and not _NO_OWNER.match(owner["owner"]) and not _is_part_of_noun(owner)
    if has_owner and not (_DECISIONS.search(text) and not _DEADLINE.search(text)):
        return Topic.TASK
    if _DECISIONS.search(text):
        return Topic.DECISION
    is_denied = any(word in language.DENIALS for word in re.findall(r"\w+", text.casefold()))
    deadline = _DEADLINE.search(text)
    if deadline and not is_denied and not _NO_OWNER.match(text) and not _PROPOSALS.search(text):
        is_task = piece.shape is not Shape.SENTENCE or re.match(_OWNER, text)
        return Topic.TASK if is_task and not _STATES.search(text, 0, deadline.start()) else None
    return None


def _topic_of_columns(piece: Piece) -> Topic | None:
    """What a row is about, as the names of its columns say; None if they say nothing."""
    names_of_cells = [name for name, _ in piece.cells]
    stated = {
        topic: cell
        for name, cell in piece.cells
        for topic, heading in _HEADINGS.items()
        if heading.fullmatch(name)
    }
    if decision := stated.get(Topic.DECISION):
        return Topic.POSTPONED if _POSTPONEMENTS.search(decision) else Topic.DECISION
    if stated:
        return next(iter(stated))
    return Topic.TASK if any(map(_OWNER_COLUMN.fullmatch, names_of_cells)) else None


def _of_columns(piece: Piece) -> str:
    """A row in words: the subject, what was decided or is to be done, by whom and until when."""
    said: list[str] = []
    ends: list[str] = []
    for name, cell in piece.cells:
        if _OWNER_COLUMN.fullmatch(name) or _DUE_COLUMN.fullmatch(name):
            ends.append(cell)
        elif any(heading.fullmatch(name) for heading in _HEADINGS.values()) or not said:
            said.append(cell)
    text = ": ".join(said)
    return f"{text.rstrip('.')} ({', '.join(ends)})" if ends else text


def _is_part_of_noun(owner: re.Match[str]) -> bool:
    """Whether the verb is a bare `to` after a noun, as in `The key to the store`."""
    return owner[0].endswith(" to") and re.match(r"(?i)the |an? ", owner[0]) is not None


def _is_imperative(text: str) -> bool:
    """Whether what follows the name and its colon begins with a small letter, as a task does."""
    return text.partition(":")[2].strip()[:1].islower()


def _is_attendance(piece: Piece) -> bool:
    return _ATTENDANCE.match(piece.text) is not None or bool(
        piece.heading and _ATTENDANCE_HEADING.fullmatch(piece.heading[-1])
    )


def _has_date(text: str) -> bool:
    return bool(figures(text).dates)


def _together(pieces: Sequence[Piece], place: int, topic: Topic) -> list[int]:
    """The places of a point's pieces: what it is about, the sentence itself, its conditions and votes."""
    piece = pieces[place]
    first = last = place
    says_nothing = len(content_words(piece.text)) < 2
    if topic is Topic.DECISION and (proposal := _proposal_before(pieces, place)) is not None:
        return [proposal, place]
    if topic in (Topic.TASK, Topic.CHANGE) and _refers_back(piece.text):
        first = place - 1 if place and pieces[place - 1].block == piece.block else place
    elif (topic is Topic.POSTPONED and piece.shape is Shape.SENTENCE) or (
        topic is Topic.DECISION and _is_fragment(piece)
    ):
        for back in range(place - 1, max(place - LOOK_BACK, 0) - 1, -1):
            before = pieces[back]
            if before.heading != piece.heading:
                break
            if _topic(before) not in (None, Topic.CHANGE) and not (says_nothing and back == place - 1):
                break
            if _PROPOSALS.search(before.text) or (back == place - 1 and not before.text.endswith(":")):
                first = back
            if _PROPOSALS.search(before.text):
                break
        while first < place and first and is_labelled(pieces[first]) and is_labelled(pieces[first - 1]):
            first -= 1
    while last + 1 < len(pieces) and _continues(pieces[last + 1], piece, topic):
        last += 1
    return list(range(first, last + 1))


def _proposal_before(pieces: Sequence[Piece], place: int) -> int | None:
    """The place of the proposal that a decision names without saying what it is; None if there is none."""
    if not _THE_PROPOSAL.search(pieces[place].text) or pieces[place].shape is Shape.ROW:
        return None
    for back in range(place - 1, max(place - LOOK_BACK, 0) - 1, -1):
        before = pieces[back]
        if before.heading == pieces[place].heading and _MAKES_PROPOSAL.search(before.text):
            return back
    return None


def _is_fragment(piece: Piece) -> bool:
    """Whether a sentence does not say by itself what it is about."""
    text = _CONDITION_CLAUSE.sub("", _unlabelled(piece.text))
    opens_with_verb = _DECISIONS.match(text) is not None or _POSTPONEMENTS.match(text) is not None
    words = [word for word in content_words(text) if not word.isdigit()]
    return opens_with_verb or _refers_back(text) or len(words) < FRAGMENT_WORDS


def _refers_back(text: str) -> bool:
    """Whether a sentence begins with a word for something that the sentence before it names."""
    first = re.match(r"\w+", text)
    return first is not None and first[0].casefold() in language.PRONOUNS


def _continues(after: Piece, piece: Piece, topic: Topic) -> bool:
    """Whether a piece is the rest of the point before it: a condition, a vote, a consequence with a date."""
    if after.block != piece.block or after.heading != piece.heading or after.shape is not Shape.SENTENCE:
        return False
    if _CONDITION.match(after.text):
        return True
    if topic is Topic.DECISION:
        is_vote = re.match(r"\W*\d+ \w+", after.text) is not None and len(content_words(after.text)) <= 6
        if _refers_back(after.text) and (_has_date(after.text) or any(map(str.isdigit, after.text))):
            return _topic(after) is None
        follows = (
            after.shape is Shape.SENTENCE
            and _topic(after) is None
            and _OBLIGATIONS.search(after.text) is not None
        )
        return is_vote or follows
    return False


def _items_after(pieces: Sequence[Piece], place: int) -> list[int]:
    """The list items and rows that follow a sentence with a colon at its end."""
    items = []
    for index in range(place + 1, len(pieces)):
        if pieces[index].shape is Shape.SENTENCE or pieces[index].heading != pieces[place].heading:
            break
        items.append(index)
    return items


def _worded(point: Sequence[Piece], topic: Topic) -> str:
    """The text of a point, with the subject of its section where it does not name it."""
    text = " ".join(_unlabelled(piece.text) for piece in point)
    if point[-1].done:
        text += " (done)"
    subject = _subject(point[0])
    if not subject or topic is Topic.NEXT_MEETING or content_words(subject) & content_words(text):
        return text
    return f"{text.rstrip('.')} ({subject})" if topic is Topic.TASK else f"{subject}: {text}"


def _unlabelled(text: str) -> str:
    """`text` without the label that says what it is, such as `Decision:`."""
    for label in _LABELS.values():
        text = label.sub("", text, count=1) if label.match(text) else text
    return text


def _subject(piece: Piece) -> str:
    """The subject of the section that a piece is in; empty if its heading names none."""
    if not piece.heading or _MINUTES.search(piece.heading[-1]):
        return ""
    heading = piece.heading[-1]
    says_nothing = any(pattern.fullmatch(heading) for pattern in (*_HEADINGS.values(), _VARIOUS))
    return "" if says_nothing else heading
