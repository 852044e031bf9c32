"""The best sentences of passages with their neighbours: what a model reads, and what is shown as the closest.

A model reads some eighty tokens a second on a processor, so a prompt of whole passages takes twelve seconds,
and what is beside the answer misleads it. The sentence before and after a picked one say what "it" is, and go
on with what it begins. The title and headings precede every excerpt (`assistant.answers.prompting`). A person
who reads the closest passages sees more, because the answer is often just beside the closest sentence.
"""

from collections.abc import Sequence
from dataclasses import replace

from assistant.answers.belonging import is_row
from assistant.answers.records import is_separated
from assistant.answers.sentences import SentenceIndex
from assistant.dialogue import Passage
from ingest.segmentation import run_in_heading

NEIGHBOURS = 1
"""Sentences before and after a picked one that are read with it."""


def excerpts(picked: Sequence[Passage], sentences: SentenceIndex, *, length: int = 0) -> tuple[Passage, ...]:
    """The picked sentences with their neighbours, best first.

    picked: sentences of `sentences`, best first.
    length: characters up to which an excerpt gets further neighbours, unless it is a row of a table.
    """
    windows: list[tuple[int, int, int]] = []
    """For each excerpt, the index of its passage, and those of its first and last sentence in `spans`."""
    for sentence in picked:
        index = _index(sentence, sentences)
        place = sentences.spans[index][0]
        end = sentence.locator.chars[1] - sentences.passages[place].locator.chars[0]
        first, last = index, index
        while last + 1 < len(sentences.spans) and _begins_before(sentences.spans[last + 1], place, end):
            last += 1
        for _ in range(NEIGHBOURS):
            first, last = _wider(sentences, first, last)
        is_one_of_rows = is_row(sentences.texts[index]) or is_separated(sentences.passages[place].locator)
        while (wider := _wider(sentences, first, last)) != (first, last) and not is_one_of_rows:
            if sentences.spans[wider[1]][2] - sentences.spans[wider[0]][1] > length:
                break
            first, last = wider
        near = next((window for window in windows if _touches(window, place, first, last)), None)
        if near is None:
            windows.append((place, first, last))
        else:
            windows[windows.index(near)] = (place, min(first, near[1]), max(last, near[2]))
    return tuple(
        _excerpt(rank, sentences, first, last, picked[0].score)
        for rank, (_, first, last) in enumerate(windows, start=1)
    )


def excerpt(passage: Passage, start: int, end: int) -> Passage:
    """The part of `passage` from `start` to `end`, with its place and what the reader made of it.

    An answer that crosses the end is cut there.
    """
    reading = passage.reading
    if reading is not None:
        spans = tuple(
            replace(span, start=span.start - start, end=min(span.end, end) - start)
            for span in reading.spans
            if start <= span.start < end
        )
        reading = replace(reading, spans=spans)
    locator = passage.locator.narrowed(passage.text, start, end)
    return replace(passage, text=passage.text[start:end], locator=locator, reading=reading)


def _wider(sentences: SentenceIndex, first: int, last: int) -> tuple[int, int]:
    """The first and last sentence of an excerpt with one more on either side, if they are read together."""
    return (
        first - 1 if first and _joins(sentences, first - 1, first) else first,
        last + 1 if last + 1 < len(sentences.spans) and _joins(sentences, last, last + 1) else last,
    )


def _joins(sentences: SentenceIndex, before: int, after: int) -> bool:
    """Whether two neighbours are read together: sentences of one passage, under one heading that begins their
    paragraph, if any does, and no lines of a mail's header."""
    if sentences.spans[before][0] != sentences.spans[after][0]:
        return False
    text = sentences.passage_of(before).text
    headings = {run_in_heading(text, sentences.spans[index][2]) for index in (before, after)}
    is_header = any(sentences.header_label(index) is not None for index in (before, after))
    return len(headings) == 1 and not is_header


def _begins_before(span: tuple[int, int, int], place: int, end: int) -> bool:
    """Whether a sentence of the passage at `place` begins before `end`: a picked one may include its list."""
    return span[0] == place and span[1] < end


def _touches(window: tuple[int, int, int], place: int, first: int, last: int) -> bool:
    """Whether the sentences from `first` to `last` overlap `window` or come directly before or after it."""
    return window[0] == place and first <= window[2] + 1 and last + 1 >= window[1]


def _index(sentence: Passage, sentences: SentenceIndex) -> int:
    """The index of `sentence` in `sentences.spans`."""
    for index, (place, start, _) in enumerate(sentences.spans):
        passage = sentences.passages[place]
        begins = passage.locator.chars[0] + start
        if passage.chunk_ids == sentence.chunk_ids and sentence.locator.chars[0] == begins:
            return index
    raise ValueError("the sentence is not among the sentences")


def _excerpt(rank: int, sentences: SentenceIndex, first: int, last: int, score: float) -> Passage:
    """The text from the first to the last sentence, as a passage."""
    place, start, _ = sentences.spans[first]
    part = excerpt(sentences.passages[place], start, sentences.spans[last][2])
    return replace(part, rank=rank, score=score, reading=None)
