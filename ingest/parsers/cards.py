"""Calendars (iCalendar, RFC 5545) and contacts (vCard, RFC 2426 and 6350): an entry is a section.

These files are written for programs: lines are folded, dates are digits, and pictures are letters. Here an
entry is shown as a calendar or an address book shows it: its name as a heading, and a line for each of its
values. Time zones, alarms, pictures and keys are left out.
"""

import calendar as calendar_names
import datetime
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline
from ingest.parsers.text import clean, decode, decode_declared, line

_QUOTED = "QUOTED-PRINTABLE"
"""The encoding of values in the first version of contacts."""
_PROPERTY = re.compile(r'(?:([\w-]+)\.)?([\w-]+)((?:;[^":;]*+(?:"[^"]*+"[^":;]*+)*+)*+):(.*)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PART = re.compile(r"(?<!\\);")
_MOMENT = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d)(?::?\d\d)?(Z)?)?")
_NAMELESS = "(no title)"

_ENTRIES = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_ORDINALS = {"1": "first ", "2": "second ", "3": "third ", "4": "fourth ", "5": "fifth ", "-1": "last "}
_OF_RULES = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTH", "BYMONTHDAY", "COUNT", "UNTIL", "WKST"})
"""The parts of a rule that are told in words."""
_DURATION = re.compile(r"\+?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:\d+S)?)?")
_OF_EVENTS = {
    "LOCATION": "Where",
    "STATUS": "Status",
    "CATEGORIES": "Categories",
    "URL": "Web page",
    "CONFERENCE": "Conference",
    "PRIORITY": "Priority",
    "PERCENT-COMPLETE": "Per cent complete",
    "CLASS": "Access",
    "RESOURCES": "Resources",
    "CONTACT": "Contact",
    "COMMENT": "Comment",
    "ATTACH": "Attachment",
}
_ANSWERED = frozenset({"ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"})
_OF_CARDS = {
    "ORG": "Organisation",
    "TITLE": "Role",
    "ROLE": "Role",
    "NICKNAME": "Nickname",
    "TEL": "Telephone",
    "EMAIL": "E-mail",
    "ADR": "Address",
    "BDAY": "Birthday",
    "ANNIVERSARY": "Anniversary",
    "URL": "Web page",
    "CATEGORIES": "Categories",
    "NOTE": "Note",
    "LABEL": "Address",
    "IMPP": "Messenger",
    "X-SOCIALPROFILE": "Profile",
    "X-ABRELATEDNAMES": "Related",
    "X-ABDATE": "Date",
}
"""What properties are called; another one has its own name."""
_UNSHOWN = frozenset(
    "N FN VERSION PRODID UID REV PHOTO LOGO SOUND KEY SORT-STRING CLASS KIND SOURCE PROFILE CLIENTPIDMAP XML "
    "X-ABLABEL X-ABADR X-ABUID X-ABSHOWAS X-IMAGETYPE X-IMAGEHASH X-SHARED-PHOTO-DISPLAY-PREF".split()
)
"""Properties of contacts for programs, and the names, which are headings."""
_LABEL = re.compile(r"_\$!<(.*)>!\$_")
"""A label that programs translate."""
_KINDS = frozenset("home work cell mobile fax pager".split())
"""Kinds of numbers and addresses that are printed."""


@dataclass(frozen=True, slots=True)
class _CardLine:
    """A line of an entry."""

    name: str
    parameters: str
    value: str
    """As it is written, with its escapes."""
    group: str = ""
    """What it has in common with its label, in a contact."""

    @property
    def text(self) -> str:
        """The value as a person reads it."""
        return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], self.value).strip()

    def parameter(self, name: str) -> str:
        """The value of a parameter; empty if it is not there."""
        found = re.search(rf'(?i);{name}=(?:"([^"]*)"|([^;:]*))', self.parameters)
        return (found[1] or found[2] or "") if found else ""


@dataclass(slots=True)
class _CardEntry:
    """An entry of a calendar or an address book."""

    kind: str
    properties: list[_CardLine] = field(default_factory=list)

    def first(self, name: str) -> _CardLine | None:
        """The first property of a name that has a value."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[_CardLine]:
        """The properties of a name that have a value."""
        return [each for each in self.properties if each.name == name and each.value.strip()]

    def text(self, name: str) -> str:
        """The value of the first on one line; empty if there is none."""
        found = self.first(name)
        return line(found.text) if found else ""


def calendar(data: bytes) -> Extract:
    """Parses a calendar. Its title is its name, or that of its only entry."""
    entries = list(_entries(decode(data)))
    events = [entry for entry in entries if entry.kind in _ENTRIES]
    name = next((entry.text("X-WR-CALNAME") for entry in entries if entry.kind == "VCALENDAR"), "")
    named = [(event.text("SUMMARY") or _NAMELESS, list(_event_lines(event))) for event in events]
    return _extract(name or (named[0][0] if len(named) == 1 else ""), named)


def contacts(data: bytes) -> Extract:
    """Parses an address book. Its title is the name of its only contact."""
    cards = [entry for entry in _entries(decode(data)) if entry.kind == "VCARD"]
    named = [(_card_name(card), list(_card_lines(card))) for card in cards]
    return _extract(named[0][0] if len(named) == 1 else "", named)


def _extract(title: str, entries: Sequence[tuple[str, list[str]]]) -> Extract:
    """The document of entries with their lines."""
    outline = Outline()
    parts: list[str] = []
    length = 0
    for name, lines in entries:
        name, body = line(name), clean("\n".join(lines))
        outline.heading(1, name, length, length + len(name))
        start = length + len(name) + 1
        if body:
            outline.add(BlockKind.ROWS, start, start + len(body))
        parts.append(f"{name}\n{body}\n\n")
        length += len(parts[-1])
    return Extract(title, ("".join(parts),), outline.spans(), Layout.FLOW)


def _entries(text: str) -> Iterator[_CardEntry]:
    """The entries of a file. An entry comes after those inside it."""
    open_entries: list[_CardEntry] = []
    for written in _unfolded(text):
        match = _PROPERTY.fullmatch(written)
        if match is None:
            continue
        name, value = match[2].upper(), match[4]
        if name == "BEGIN":
            open_entries.append(_CardEntry(value.strip().upper()))
        elif name == "END" and open_entries:
            yield open_entries.pop()
        elif open_entries:
            if _QUOTED in match[3].upper():
                value = _unquoted(value, _CardLine(name, match[3], "").parameter("CHARSET"))
            open_entries[-1].properties.append(_CardLine(name, match[3], value, match[1] or ""))
    yield from reversed(open_entries)


def _unquoted(value: str, charset: str) -> str:
    """The text of a value in quoted-printable."""
    data = quopri.decodestring(value.encode())
    try:
        return decode_declared(data, charset or "utf-8")
    except UnreadableDocument:
        return data.decode("utf-8", "replace")


def _unfolded(text: str) -> Iterator[str]:
    """The lines of a file, each joined with its continuation lines."""
    parts: list[str] = []
    is_quoted = False
    for written in text.split("\n"):
        if parts and is_quoted and parts[-1].endswith("="):
            parts[-1:] = [parts[-1][:-1], written]
        elif parts and written.startswith((" ", "\t")):
            parts.append(written[1:])
        else:
            yield "".join(parts)
            parts = [written]
            is_quoted = _QUOTED in written.partition(":")[0].upper()
    yield "".join(parts)


# Calendars


def _event_lines(event: _CardEntry) -> Iterator[str]:
    """What a calendar shows of an event or a task."""
    start, end, due = (event.first(name) for name in ("DTSTART", "DTEND", "DUE"))
    if start is not None:
        yield f"When: {_span(start, end or _after(start, event.text('DURATION')))}"
    if due is not None:
        yield f"Due: {_moment(due)}"
    if done := event.first("COMPLETED"):
        yield f"Done: {_moment(done)}"
    for rule in event.all("RRULE"):
        yield f"Repeats: {_repeated(line(rule.text))}"
    for name, label in (("RDATE", "Also"), ("EXDATE", "Except"), ("RECURRENCE-ID", "Instead of")):
        stated = [_CardLine(name, "", part) for each in event.all(name) for part in each.value.split(",")]
        if stated:
            yield f"{label}: {', '.join(_moment(each) for each in stated)}"
    for busy in event.all("FREEBUSY"):
        for period in busy.text.split(","):
            first, _, last = period.partition("/")
            begins = _CardLine("", "", first)
            yield f"Busy: {_span(begins, _after(begins, last) or _CardLine('', '', last))}"
    for name, label in _OF_EVENTS.items():
        for each in event.all(name):
            value = line(each.text)
            if "BASE64" not in each.parameters.upper():
                yield f"{label}: {value.lower() if name in ('STATUS', 'CLASS') else value}"
    for name, label in (("ORGANIZER", "Organised by"), ("ATTENDEE", "Invited")):
        people = [_person(each) for each in event.all(name)]
        if people:
            yield f"{label}: {', '.join(people)}"
    if said := event.first("DESCRIPTION"):
        yield f"\n{said.text}"


def _person(stated: _CardLine) -> str:
    """A person with the address, and whether the invitation was accepted."""
    answer = stated.parameter("PARTSTAT").upper()
    answered = f", {answer.lower()}" if answer in _ANSWERED else ""
    name, address = stated.parameter("CN"), re.sub(r"(?i)^mailto:", "", stated.text)
    return f"{name} ({address}{answered})" if name and name != address else f"{address}{answered}"


def _after(start: _CardLine, lasting: str) -> _CardLine | None:
    """The time that is so long after another one; None if `lasting` is no duration."""
    match, begins = _DURATION.fullmatch(lasting), _MOMENT.fullmatch(start.text)
    if not lasting or match is None or begins is None:
        return None
    weeks, days, hours, minutes = (int(each or 0) for each in match.groups())
    try:
        year, month, day, hour, minute = (int(each or 0) for each in begins.groups()[:5])
        moment = datetime.datetime(year, month, day, hour, minute)
        moment += datetime.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    except (ValueError, OverflowError):
        return None
    written = f"{moment:%Y%m%dT%H%M00}{begins[6] or ''}" if begins[4] else f"{moment:%Y%m%d}"
    return _CardLine("DTEND", start.parameters, written)


def _span(start: _CardLine, end: _CardLine | None) -> str:
    """From when to when an entry lasts. For whole days, the file states the day after the last."""
    first, zone = _moment(start), start.parameter("TZID")
    last = _moment(end) if end is not None else ""
    if last and len(last) == len("2024-06-14"):
        try:
            last = str(datetime.date.fromisoformat(last) - datetime.timedelta(days=1))
        except (ValueError, OverflowError):
            last = ""
    until = "" if last in ("", first) else f" to {last.removeprefix(f'{first[:10]} ')}"
    return f"{first}{until}{f' ({zone})' if zone else ''}"


def _moment(stated: _CardLine) -> str:
    """A date or a time in the form 2024-06-14 18:30; any other value unchanged."""
    match = _MOMENT.fullmatch(stated.text)
    if match is None:
        return line(stated.text)
    day = f"{match[1]}-{match[2]}-{match[3]}"
    return f"{day} {match[4]}:{match[5]}{' UTC' if match[6] else ''}" if match[4] else day


def _repeated(rule: str) -> str:
    """How often something is repeated."""
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    unit, interval = _UNITS.get(parts.get("FREQ", ""), ""), parts.get("INTERVAL", "1")
    if not unit:
        return rule
    said = f"every {unit}" if interval == "1" else f"every {interval} {unit}s"
    days = [_weekday(name) for name in parts.get("BYDAY", "").split(",") if name[-2:] in _DAYS]
    months = [
        calendar_names.month_name[int(each)]
        for each in parts.get("BYMONTH", "").split(",")
        if re.fullmatch(r"0?[1-9]|1[0-2]", each)
    ]
    dates = [each for each in parts.get("BYMONTHDAY", "").split(",") if each]
    if months:
        said += f" in {' and '.join(months)}"
    if days:
        said += f" on {' and '.join(days)}"
    if dates:
        said += f" on day {' and '.join('last' if each == '-1' else each for each in dates)}"
    if "COUNT" in parts:
        said += f", {parts['COUNT']} times"
    if "UNTIL" in parts:
        said += f", until {_moment(_CardLine('UNTIL', '', parts['UNTIL']))}"
    rest = [f"{name}={value}" for name, value in parts.items() if name not in _OF_RULES]
    return "; ".join([said, *rest])


def _weekday(name: str) -> str:
    """A day of the week, such as TU, or one of a month, such as 1TU."""
    day, number = _DAYS[name[-2:]], name[:-2].lstrip("+")
    return f"the {_ORDINALS.get(number, f'{number}. ')}{day}" if number else day


# Contacts


def _card_name(card: _CardEntry) -> str:
    """The name of a contact."""
    stated = card.first("N")
    family, given, *_ = (*_parts(stated), "", "") if stated else ("", "")
    return (
        card.text("FN") or f"{given} {family}".strip() or card.text("ORG") or card.text("EMAIL") or _NAMELESS
    )


def _parts(stated: _CardLine) -> list[str]:
    """The parts of a value, such as those of an address."""
    return [line(_CardLine("", "", part).text) for part in _PART.split(stated.value)]


def _card_lines(card: _CardEntry) -> Iterator[str]:
    """What an address book shows of a contact."""
    labels = {each.group: _LABEL.sub(r"\1", line(each.text)).lower() for each in card.all("X-ABLABEL")}
    for stated in card.properties:
        if stated.name in _UNSHOWN or not stated.value.strip(" ;") or "BASE64" in stated.parameters.upper():
            continue
        label = _OF_CARDS.get(stated.name) or stated.name.removeprefix("X-").replace("-", " ").capitalize()
        kinds = [kind for kind in re.split(r"[;,=\"]", stated.parameters.lower()) if kind in _KINDS]
        if stated.name == "ADR":
            box, extra, street, town, region, code, country, *_ = (*_parts(stated), *[""] * 7)
            value = ", ".join(filter(None, (box, extra, street, f"{code} {town}".strip(), region, country)))
        elif stated.name in ("BDAY", "ANNIVERSARY"):
            value = _moment(stated)
        elif stated.name == "ORG":
            value = ", ".join(filter(None, _parts(stated)))
        else:
            value = line(re.sub(r"(?i)^(?:tel|mailto):", "", stated.text))
        kinds += [kind for kind in [stated.parameter("TYPE").lower()] if stated.name == "RELATED" and kind]
        named = labels.get(stated.group, "") if stated.group else ""
        kind = named or next(iter(kinds), "")
        yield f"{label}{f' ({kind})' if kind else ''}: {value}"
