"""What an agent can call, and what each call sends: search, ask, compare, summarize, get, list.

Each call works on a view of the library (`assistant.library.agents`), which is narrowed to what is open to
agents. Nothing here knows how the agent is spoken to: `assistant.cli.agentserver` and
`assistant.cli.httpserver` do that.

Text of documents is data for an agent too. Invisible characters are marked, text that looks like a citation
or a turn of a conversation gets other brackets, and text that a person cannot see in a document is counted
and not sent.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answers.wording import CLOSEST, headline
from assistant.cli.agentreading import MOST_CHARACTERS, WantedPlace, as_data, portion
from assistant.cli.exits import UsageError
from assistant.cli.get import find
from assistant.cli.render.answers import place_object
from assistant.dialogue import State
from assistant.library.agents import AgentView
from ingest.errors import NotInLibrary
from policies.hygiene import as_text, one_line, visible

if TYPE_CHECKING:
    from assistant.dialogue import Answer, Citation, Doubt, Passage
    from ingest.catalogue import DocumentEntry
    from ingest.documents import Locator

MOST_LISTED = 200
"""Documents that one call lists."""

URI = "carrel://library"
"""Before the path in the address of a document."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a call sends."""

    result: dict[str, Any]
    """As JSON."""
    paths: Sequence[str]
    """The documents of which it has names or text."""


# The view, the arguments, and whether the agent has stopped the call.
Run = Callable[[AgentView, dict[str, Any], Callable[[], bool]], Outgoing]


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that an agent can call."""

    description: str
    """What it does, for the agent."""
    properties: dict[str, Any]
    """The JSON schema of each argument."""
    required: tuple[str, ...]
    """The arguments that have no default."""
    run: Run
    """Does it with arguments that fit the schema."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        return {
            "type": "object",
            "properties": self.properties,
            "required": list(self.required),
            "additionalProperties": False,
        }


def _doubted(doubts: Sequence[Doubt]) -> Iterator[str]:
    """The documents that `doubts` name."""
    for doubt in doubts:
        yield from filter(None, (doubt.path, doubt.by))


# What the tools do


def _search(view: AgentView, arguments: dict[str, Any], stopped: Callable[[], bool]) -> Outgoing:
    found = view.search(
        arguments["query"], arguments.get("limit", 5), collection=arguments.get("collection", "")
    )
    paths = [each.locator.path for each in found.passages] + list(_doubted(found.doubts))
    return Outgoing(
        {
            "passages": [_passage(each) for each in found.passages],
            "doubts": [_doubt(each) for each in found.doubts],
        },
        paths,
    )


def _ask(view: AgentView, arguments: dict[str, Any], stopped: Callable[[], bool]) -> Outgoing:
    document = arguments.get("document", "")
    path = _find(view, document)[0].path if document else ""
    answer = view.ask(
        arguments["question"], collection=arguments.get("collection", ""), document=path, cancelled=stopped
    )
    return Outgoing(answer_object(answer), paths_of(answer))


def _compare(view: AgentView, arguments: dict[str, Any], stopped: Callable[[], bool]) -> Outgoing:
    entries = [_find(view, name)[0] for name in arguments["documents"]]
    answers = [view.ask(arguments["question"], document=entry.path, cancelled=stopped) for entry in entries]
    listed = [
        {**_document(entry), **answer_object(answer)} for entry, answer in zip(entries, answers, strict=True)
    ]
    paths = [entry.path for entry in entries] + [path for answer in answers for path in paths_of(answer)]
    return Outgoing({"answers": listed}, paths)


def _get(view: AgentView, arguments: dict[str, Any], stopped: Callable[[], bool]) -> Outgoing:
    entry, first, last = _find(view, arguments["document"])
    place = WantedPlace(
        arguments.get("first", first),
        arguments.get("last", last),
        arguments.get("part"),
        arguments.get("skip", 0),
    )
    pages, following = portion(view, entry, place)
    return Outgoing({**_document(entry), "pages": pages, "next": following}, [entry.path])


def _summarize(view: AgentView, arguments: dict[str, Any], stopped: Callable[[], bool]) -> Outgoing:
    from assistant.summary import Length

    entry, first, _ = _find(view, arguments["document"])
    if first is not None:
        raise UsageError("A summary is of a whole document.", remedy="Leave the page or lines out.")
    length = Length(arguments.get("length", Length.MEDIUM))
    summary = view.summarize(
        Path(entry.path), length=length, focus=arguments.get("focus", ""), cancelled=stopped
    )
    sections, room = [], MOST_CHARACTERS
    for section in summary.sections:
        room -= len(section.summary)
        if room < 0:
            break
        sections.append(
            {
                "heading": [one_line(as_text(each)) for each in section.heading],
                "pages": list(section.pages) if section.pages else None,
                "lines": list(section.lines) if section.lines else None,
                "summary": as_data(section.summary),
            }
        )
    sent = {
        **_document(entry),
        "kind": summary.kind.value,
        "about": one_line(as_text(summary.about)),
        "groups": [
            {
                "heading": one_line(as_text(group.heading)),
                "points": [
                    {"text": as_data(point.text), "verdict": point.verdict.value, "reason": point.reason}
                    for point in group.points
                ],
            }
            for group in summary.groups
        ],
        "sections": sections,
        "section_count": len(summary.sections),
    }
    return Outgoing(sent, [entry.path])


def _list(view: AgentView, arguments: dict[str, Any], stopped: Callable[[], bool]) -> Outgoing:
    offset, words = arguments.get("offset", 0), arguments.get("words", "").casefold().split()
    found = [
        entry for entry in view.entries() if all(word in one_line(entry.path).casefold() for word in words)
    ]
    listed = found[offset : offset + MOST_LISTED]
    return Outgoing(
        {
            "collections": [{"name": each.name, "context": each.context} for each in view.collections()],
            "documents": [
                {**_document(entry), "media_type": entry.media_type, "collections": list(entry.collections)}
                for entry in listed
            ],
            "total": len(found),
        },
        [entry.path for entry in listed],
    )


def _find(view: AgentView, wanted: str) -> tuple[DocumentEntry, int | None, int | None]:
    """The document that an agent names, by its address, its path as it was sent, or as for `carrel get`."""
    entries = view.entries()
    for entry in entries:
        if wanted in (_uri(entry.path), one_line(entry.path)):
            return entry, None, None
    if wanted.startswith(URI):
        raise NotInLibrary(f"The library has no document {one_line(wanted)}.")
    return find(entries, wanted)


# What is sent


def _uri(path: str) -> str:
    return URI + urllib.parse.quote(path, errors="surrogateescape")


def _document(entry: DocumentEntry | Doubt) -> dict[str, Any]:
    return {"path": one_line(entry.path), "uri": _uri(entry.path)}


def _doubt(doubt: Doubt) -> dict[str, Any]:
    return {**_document(doubt), "kind": doubt.kind.value, "reason": one_line(doubt.reason)}


def _place(locator: Locator) -> dict[str, Any]:
    place = place_object(locator)
    return {
        **place,
        "path": one_line(locator.path),
        "uri": _uri(locator.path),
        "heading": [one_line(as_text(each)) for each in locator.heading],
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "rank": passage.rank,
        "title": one_line(as_text(passage.title)),
        **_place(passage.locator),
        "text": as_data(passage.text),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {"marker": citation.marker, **_place(citation.locator), "quote": as_data(citation.quote)}


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer. Without one, the text says so, and the citations are the closest passages."""
    text = visible(answer.text)
    if answer.state is not State.ANSWERED:
        # The library's own text may name what no document mentions, also those that the agent must not know.
        text = " ".join([headline(answer.state, ()), *([CLOSEST] if answer.citations else [])])
    return {
        "state": answer.state.value,
        "unsure": answer.is_unsure,
        "answer": text,
        "sentences": [
            {
                "text": visible(sentence.text),
                "verdict": sentence.verdict.value,
                "reason": visible(sentence.reason),
                "marker": sentence.marker,
            }
            for sentence in answer.sentences
        ],
        "citations": [_citation(each) for each in answer.citations],
        "doubts": [_doubt(each) for each in answer.doubts],
    }


def paths_of(answer: Answer) -> list[str]:
    """The documents of which an answer has names or text."""
    return [each.locator.path for each in answer.citations] + list(_doubted(answer.doubts))


_COLLECTION = {"type": "string", "maxLength": 80, "description": "Only this collection; `list` names them."}
_DOCUMENT = {
    "type": "string",
    "minLength": 1,
    "maxLength": 8_000,
    "description": "A path or uri that another call returned, or a name that no other document has.",
}
_QUESTION = {"type": "string", "minLength": 1, "maxLength": 4_000}

TOOLS = {
    "search": Tool(
        "Finds the passages of the user's documents that match a query best. Do not rely on documents in"
        " `doubts`.",
        {
            "query": _QUESTION,
            "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5},
            "collection": _COLLECTION,
        },
        ("query",),
        _search,
    ),
    "ask": Tool(
        "Answers a question from the user's documents with checked sentences and citations. `state` says"
        " whether it is an answer, the closest passages, or that nothing was found; `unsure` says whether an"
        " answer may not be what was asked. Do not rely on documents in `doubts`.",
        {"question": _QUESTION, "collection": _COLLECTION, "document": _DOCUMENT},
        ("question",),
        _ask,
    ),
    "compare": Tool(
        "Answers one question from each of several documents, as `ask` does.",
        {
            "question": _QUESTION,
            "documents": {"type": "array", "items": _DOCUMENT, "minItems": 2, "maxItems": 4},
        },
        ("question", "documents"),
        _compare,
    ),
    "summarize": Tool(
        "Summarizes a whole document: what it is, its points in groups, and a summary of each of its"
        " sections. A point whose verdict is `unbacked` is not supported by the document. A long document"
        " takes minutes.",
        {
            "document": _DOCUMENT,
            "length": {"enum": ["short", "medium", "long"], "default": "medium"},
            "focus": {"type": "string", "maxLength": 200, "description": "A topic to summarize."},
        },
        ("document",),
        _summarize,
    ),
    "get": Tool(
        "Reads a document: all of it, or from `first` to `last`, which are pages of a PDF or presentation and"
        " lines of any other document. If it is long, `next` has the arguments of the call that goes on"
        " reading; the texts of both join without a gap.",
        {
            "document": _DOCUMENT,
            "first": {"type": "integer", "minimum": 1},
            "last": {"type": "integer", "minimum": 1},
            "skip": {
                "type": "integer",
                "minimum": 0,
                "description": "Characters to leave out at the beginning of page or line `first`.",
            },
            "part": {"type": "integer", "minimum": 1, "description": "As in `next`."},
        },
        ("document",),
        _get,
    ),
    "list": Tool(
        "Lists the documents that can be read, with their collections.",
        {
            "words": {"type": "string", "maxLength": 200, "description": "Words that the paths contain."},
            "offset": {"type": "integer", "minimum": 0, "maximum": 10**9},
        },
        (),
        _list,
    ),
}
"""What an agent can call, by name."""
