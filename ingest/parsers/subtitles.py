"""Subtitles (SubRip, WebVTT): a transcript, by time.

Players show the text of a cue from one moment to another, and never its number, its times or its tags. So
subtitles are read as a recording is (`audio`): what is said, in paragraphs, each with the time at which it
begins. Comments and styles of WebVTT are left out, because they are not shown.
"""

import html
import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.parsers import code
from ingest.parsers.audio import Speech, transcribed
from ingest.parsers.extract import Extract, Layout
from ingest.parsers.text import decode, line

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d\d)(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
"""The line with the times of a cue. Its place on the screen may follow."""
_NOT_SHOWN = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")
"""The first line of a part of WebVTT that is not shown."""
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>\s][^<>]*)>")
_INLINE_TIME = re.compile(r"<(?:\d+:)?\d\d:\d\d\.\d{3}>")
"""The time of a word within a cue, by which machines that listen mark what they heard."""
_TAG = re.compile(r"<rt>[^<>]*(?:</rt>)?|</?[A-Za-z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}")
"""A tag, with the text in it if it holds the reading of a word (`<rt>`)."""
_NAMED = re.compile(r"(?P<name>[^\W\d_a-z][^\s:]*(?:[ ][^\s:]+){0,3}):[ ]+(?=\S)")
"""The name of a speaker before what is said."""


def extract(data: bytes) -> Extract:
    """Parses subtitles. A text without cues is read line by line."""
    pieces = list(_pieces(decode(data)))
    if not pieces:
        return code.extract(data)
    text, spans = transcribed(pieces)
    return Extract("", (text,), spans, Layout.FLOW)


def _pieces(text: str) -> Iterator[Speech]:
    """What is said in the cues of a file."""
    repeats = _INLINE_TIME.search(text) is not None
    before: set[str] = set()
    for start, end, lines in _cues(text):
        shown: list[tuple[str, str]] = []
        speaker = ""
        for written in lines:
            voices = list(_VOICE.finditer(written))
            # Without a voice, the line goes on with that of the line before.
            firsts = [0, *(voice.start() for voice in voices), len(written)]
            for first, last in pairwise(firsts):
                part = written[first:last]
                if voice := _VOICE.match(part):
                    speaker = line(html.unescape(voice[1]))
                if said := line(html.unescape(_TAG.sub("", part))):
                    shown.append((speaker, said))
        # The line that was heard before stays on the screen while the next one is heard.
        new = next((place for place, (_, said) in enumerate(shown) if said not in before), len(shown))
        for name, said in shown[new:]:
            named = None if name else _NAMED.match(said)
            yield Speech(start, end, said[named.end() :] if named else said, named["name"] if named else name)
        before = {said for _, said in shown} if repeats else set()


def _cues(text: str) -> Iterator[tuple[float, float, list[str]]]:
    """Start, end and lines of each cue of a text."""
    lines = _shown_lines(text)
    places = [place for place, written in enumerate(lines) if _TIMES.fullmatch(written)]
    for place, following in pairwise((*places, len(lines))):
        times = _TIMES.fullmatch(lines[place])
        if times is None:
            continue
        said = lines[place + 1 : following]
        # The number or the name of the next cue is before its times.
        if following < len(lines) and len(said) > 1 and (said[-1].strip().isdigit() or not said[-2].strip()):
            del said[-1]
        yield _seconds(*times.group(1, 2, 3, 4)), _seconds(*times.group(5, 6, 7, 8)), said


def _shown_lines(text: str) -> list[str]:
    """The lines of a text without what WebVTT does not show."""
    shown: list[str] = []
    is_vtt, hides, was_blank = text.startswith("WEBVTT"), False, True
    for written in text.split("\n"):
        is_blank = not written.strip()
        if is_blank:
            hides = False
        elif is_vtt and was_blank and _NOT_SHOWN.fullmatch(written):
            hides = True
        if not hides:
            shown.append(written)
        was_blank = is_blank
    return shown


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")
