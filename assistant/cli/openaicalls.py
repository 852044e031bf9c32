"""OpenAI's calls, answered from a library: models, chat completions, embeddings.

The last message of the user is the question; it is asked by itself. What else a program sends, such as its
own instructions and earlier messages, is not read: an answer rests on documents alone. The reply is text with
markers and, below it, the places that they cite; the same as data is in `annotations` and in `carrel`.

The documents that are read for a streamed answer are in the audit log before its first word is sent.
"""

from __future__ import annotations

import base64
import re
import secrets
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.answers.wording import CLOSEST, headline
from assistant.cli.agentcalls import errors_recorded, misfit
from assistant.cli.agentreading import as_data
from assistant.cli.agenttools import Outgoing, answer_object, paths_of
from assistant.cli.exits import UsageError
from assistant.dialogue import Answer, AnswerText, SearchFinished, State
from policies.hygiene import as_text, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assistant.dialogue import Citation
    from assistant.library.agents import AgentView

MODEL = "carrel"
"""The model that answers from all open collections. `carrel/NAME` answers from one of them."""

EMBEDDER = "carrel-embedder"
"""The model that makes vectors."""

MOST_TEXTS = 64
"""Texts of one call of embeddings."""

_MARKER = re.compile(r"\[(\d+)\??\]")

_CHAT = {
    "type": "object",
    "properties": {
        "model": {"type": "string", "maxLength": 200},
        "messages": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2_000,
            "items": {
                "type": "object",
                "properties": {
                    "role": {"enum": ["system", "developer", "user", "assistant", "tool", "function"]}
                },
                "required": ["role"],
            },
        },
        "stream": {"type": "boolean"},
        "n": {"type": "integer", "minimum": 1, "maximum": 1},
    },
    "required": ["model", "messages"],
}
_TEXT = {"type": "object", "properties": {"type": {"enum": ["text"]}, "text": {"type": "string"}}}
_EMBEDDINGS = {
    "type": "object",
    "properties": {
        "model": {"enum": [EMBEDDER]},
        "encoding_format": {"enum": ["float", "base64"]},
    },
    "required": ["model", "input"],
}


def models(view: AgentView) -> Outgoing:
    """The models: one for all open collections, one for each, and the embedder."""
    names = [MODEL, *(f"{MODEL}/{each.name}" for each in view.collections()), EMBEDDER]
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": "carrel"} for name in names]
    return Outgoing({"object": "list", "data": listed}, ())


def embeddings(view: AgentView, body: dict[str, Any]) -> Outgoing:
    """The vectors of the program's own texts."""
    _require(_EMBEDDINGS, body)
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    _require({"type": "array", "minItems": 1, "maxItems": MOST_TEXTS, "items": {"type": "string"}}, texts)
    vectors = view.embed([text or " " for text in texts])
    if body.get("dimensions") not in (None, len(vectors[0])):
        raise UsageError(f"The vectors have {len(vectors[0])} dimensions.")
    is_packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if is_packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return Outgoing({"object": "list", "data": data, "model": EMBEDDER, "usage": usage}, ())


@dataclass(frozen=True, slots=True)
class Chat:
    """A question that came as a chat."""

    question: str
    """The last message of the user."""
    model: str
    """The model's name, as it was asked for."""
    collection: str
    """The collection that the model's name names; empty for all open ones."""
    streams: bool
    """Whether the answer is sent while it is written."""
    counts: bool
    """Whether a streamed answer ends with the number of tokens."""

    @classmethod
    def of(cls, body: dict[str, Any], collections: Sequence[str]) -> Chat:
        """What a body asks. Raises `UsageError` when it asks for something that Carrel cannot do.

        collections: the open ones.
        """
        _require(_CHAT, body)
        name, _, collection = body["model"].partition("/")
        if name != MODEL or (collection and collection not in collections):
            raise UsageError(f"There is no model {one_line(body['model'])}. `/v1/models` lists them.")
        for key in ("tools", "functions"):
            if body.get(key):
                raise UsageError(f"Carrel does not call tools. Leave out `{key}`.")
        asked = [message.get("content") for message in body["messages"] if message["role"] == "user"]
        if not asked:
            raise UsageError("`messages` contains no message from the user.")
        options = body.get("stream_options")
        counts = isinstance(options, dict) and options.get("include_usage") is True
        return cls(_question(asked[-1]), body["model"], collection, bool(body.get("stream")), counts)

    def completion(self, view: AgentView, stopped: Callable[[], bool]) -> Outgoing:
        """The whole answer."""
        answer = view.ask(self.question, collection=self.collection, cancelled=stopped)
        message = {
            "role": "assistant",
            "content": _content(answer),
            "refusal": None,
            "annotations": _annotations(answer),
        }
        return Outgoing(
            {
                **self._head("chat.completion"),
                "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
                "usage": _usage(answer),
                "carrel": answer_object(answer),
            },
            paths_of(answer),
        )

    def stream(self, view: AgentView, program: str, stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """The answer piece by piece, each recorded before it is sent. Raises `CarrelError`.

        program: the name that the caller gives itself.
        """
        head = self._head("chat.completion.chunk")

        def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return {**head, "choices": [choice], **more}

        recorded: set[str] | None = None
        sent = ""
        with errors_recorded(view, program, "chat"):
            yield chunk({"role": "assistant", "content": ""})
            for event in view.answering(self.question, collection=self.collection, cancelled=stopped):
                if isinstance(event, AnswerText):
                    piece = visible(event.text)
                    sent += piece
                    yield chunk({"content": piece})
                    continue
                paths = set(paths_of(event) if isinstance(event, Answer) else _read_for(event))
                if recorded is None or not paths <= recorded:
                    view.record(program, "chat", sorted(paths - (recorded or set())))
                    recorded = (recorded or set()) | paths
                if isinstance(event, Answer):
                    content = _content(event)
                    yield chunk({"content": content.removeprefix(sent)})
                    yield chunk({"annotations": _annotations(event)}, "stop", carrel=answer_object(event))
                    if self.counts:
                        yield {**head, "choices": [], "usage": _usage(event)}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
        }


def _read_for(event: SearchFinished) -> list[str]:
    return [each.locator.path for each in event.search.passages]


def _question(content: object) -> str:
    """The text of a message, which may be in parts. Raises `UsageError` for pictures and the like."""
    if isinstance(content, str):
        return content
    _require({"type": "array", "minItems": 1, "maxItems": 100, "items": _TEXT}, content)
    assert isinstance(content, list)
    return "\n".join(part.get("text", "") for part in content)


def _require(schema: dict[str, Any], value: Any) -> None:
    if problem := misfit(schema, value):
        raise UsageError(f"Invalid request: {problem}.")


def _content(answer: Answer) -> str:
    """An answer as text, with the places that it cites below; without one, the closest passages."""
    if answer.state is State.ANSWERED:
        places = [f"[{each.marker}] {_place(each)}" for each in answer.citations]
        return "\n\n".join(filter(None, (visible(answer.text), "\n".join(places))))
    # As in `answer_object`: the library's own text may name what the caller must not know.
    head = " ".join([headline(answer.state, ()), *([CLOSEST] if answer.citations else [])])
    quotes = [f"[{each.marker}] {_place(each)}: {one_line(as_data(each.quote))}" for each in answer.citations]
    return "\n\n".join([head, *quotes])


def _place(citation: Citation) -> str:
    where = one_line(as_text(citation.locator.where))
    return one_line(citation.locator.path) + (f", {where}" if where else "")


def _annotations(answer: Answer) -> list[dict[str, Any]]:
    """Where the text cites which document, in OpenAI's form."""
    cited = {each["marker"]: each for each in answer_object(answer)["citations"]}
    # Not in the list of places below an answer.
    text = visible(answer.text) if answer.state is State.ANSWERED else _content(answer)
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": match.start(),
                "end_index": match.end(),
                "title": cited[marker]["path"],
                "url": cited[marker]["uri"],
            },
        }
        for match in _MARKER.finditer(text)
        if (marker := int(match[1][:6])) in cited
    ]


def _usage(answer: Answer) -> dict[str, int]:
    stats = answer.stats
    read, written = (stats.prompt_tokens, stats.answer_tokens) if stats else (0, 0)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
