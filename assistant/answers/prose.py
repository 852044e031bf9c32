"""Whether the prose of a document states the count that a question asks for: "the club owns 14 boats".

A table may hold fewer things than there are. Where a sentence gives their number, the sentence is the answer,
and nothing is counted.
"""

import re
from collections.abc import Iterable

from assistant.answers.fields import TABULAR
from assistant.answers.tables import file_name
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Wanted
from ingest import language
from ingest.catalogue.records import DocumentContent
from ingest.keywords import folded
from ingest.language import calculation
from ingest.segmentation import sentence_spans

BETWEEN = 2
"""Words between a number and what it counts: `seven elected members`."""

_NUMERALS = frozenset(map(folded, language.NUMERALS))
_CELLS = re.compile(r"\||\t| {3}")


def states_count(documents: Iterable[DocumentContent], wanted: Wanted) -> bool:
    """Whether a sentence counts what is asked for; the document must have all other words of the question."""
    if not wanted.head:
        return False
    needed = [
        word
        for word in (*wanted.words, *(wanted.period.words if wanted.period else ()))
        if word not in calculation.FILLERS and word not in wanted.head
    ]
    return any(_states(document, wanted.head, needed) for document in documents)


def _states(document: DocumentContent, head: tuple[str, ...], needed: list[str]) -> bool:
    if document.media_type in TABULAR:
        return False
    names = (*words_of(document.title), *words_of(file_name(document.path)))
    left = [word for word in needed if not any(same(word, name) for name in names)]
    prefix = head[0][:3]
    for text in document.pages:
        if prefix not in folded(text):
            continue
        for start, end in sentence_spans(text):
            sentence = text[start:end]
            if prefix not in folded(sentence) or _CELLS.search(sentence):
                continue
            words = words_of(sentence)
            if all(any(same(word, other) for other in words) for word in left) and _counts(words, head):
                return True
    return False


def _counts(words: tuple[str, ...], head: tuple[str, ...]) -> bool:
    """Whether a number stands shortly before the words of `head`."""
    for index, word in enumerate(words):
        if word.isdigit() or word in _NUMERALS:
            following = words[index + 1 : index + 1 + BETWEEN + len(head)]
            if all(any(same(noun, other) for other in following) for noun in head):
                return True
    return False
