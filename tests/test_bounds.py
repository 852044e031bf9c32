"""What another program may send to the owner's socket, and what `--json` prints of names that are no text."""

import base64
import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.config import Config
from assistant.engine.scripted import ScriptedEngine
from assistant.library.owner import Owner
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from policies import endpoint
from tests.running import Carrel, write
from tests.serving import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, jail: Jail) -> Iterator[Path]:
    """The folder of a library with one note, whose socket this process serves."""
    folder = tmp_path_factory.mktemp("served")
    write(folder / "notes" / "garden.md")
    engine = ScriptedEngine("In March [1].")
    with Owner(folder / "library", Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        list(owner.add(folder / "notes"))
        with serving(owner, folder / "library"):
            yield folder / "library"


def send(library: Path, method: str, body: bytes) -> tuple[int, list[Any]]:
    """The status and the lines of a response, which must be strict JSON."""
    connected = endpoint.connect(library)
    assert connected is not None
    connection = http.client.HTTPConnection("owner")
    connection.sock = connected
    with connected:
        connection.request("POST", f"/{method}", body)
        response = connection.getresponse()
        lines = response.read().decode("ascii").splitlines()
        return response.status, [json.loads(line, parse_constant=pytest.fail) for line in lines if line]


SELECTION = b'{"folders": [], "types": [], "tags": [], "title": "", "since": null, "until": null}'
PLACE = '{"path": %s, "page": %s, "label": null, "heading": [], "lines": null, "chars": [0, 1]}'

REFUSED: dict[str, tuple[str, bytes]] = {
    "no passages": ("search", b'{"query": "hedge", "k": 0}'),
    "a negative number of passages": ("search", b'{"query": "hedge", "k": -1}'),
    "a thousand billion passages": ("search", b'{"query": "hedge", "k": 1000000000000}'),
    "more passages than a word holds": ("search", b'{"query": "hedge", "k": %s}' % (b"9" * 400)),
    "NaN passages": ("search", b'{"query": "hedge", "k": NaN}'),
    "infinitely many passages": ("search", b'{"query": "hedge", "k": Infinity}'),
    "half a passage": ("search", b'{"query": "hedge", "k": 2.5}'),
    "true passages": ("search", b'{"query": "hedge", "k": true}'),
    "passages in words": ("search", b'{"query": "hedge", "k": "5"}'),
    "a number as a question": ("search", b'{"query": 5, "k": 5}'),
    "no question": ("search", b'{"k": 5}'),
    "a weight": ("search", b'{"query": "hedge", "k": 5, "dense_weight": NaN}'),
    "a NaN inside a selection": (
        "search",
        b'{"query": "hedge", "k": 5, "selection": %s}' % SELECTION.replace(b'""', b"NaN"),
    ),
    "a long search": ("search", json.dumps({"query": "hedge " * 150_000, "k": 5}).encode()),
    "a long question": ("ask", json.dumps({"question": "hedge " * 150_000}).encode()),
    "a long conversation": ("ask", json.dumps({"question": "hedge", "conversation": "c" * 900_000}).encode()),
    "a lone surrogate in a search": ("search", b'{"query": "hedge \\ud800", "k": 5}'),
    "a lone surrogate in a question": ("ask", b'{"question": "hedge \\udcff"}'),
    "a lone surrogate in a conversation": ("turns", b'{"conversation": "\\udfff"}'),
    "a lone surrogate in a key": ("turn", b'{"key": "\\ud800"}'),
    "a lone surrogate in a path": ("holds", b'{"path": "/notes/\\ud800"}'),
    "a lone surrogate in a place": ("page", b'{"locator": %s}' % (PLACE % ('"/\\ud800"', 1)).encode()),
    "a page beyond all numbers": ("page", b'{"locator": %s}' % (PLACE % ('"/a"', 10**30)).encode()),
    "a null byte in a path": ("remove", b'{"path": "/notes/\\u0000"}'),
    "a path without end": ("remove", json.dumps({"path": "/a" * 100_000}).encode()),
    "a name too long to be a file": ("add", json.dumps({"path": "/" + "a" * 3000}).encode()),
    "a picture without end": (
        "picture",
        b'{"locator": %s, "width": 1000000000}' % (PLACE % ('"/a"', 1)).encode(),
    ),
    "no object": ("status", b"[]"),
    "nothing": ("ask", b""),
    "half an object": ("ask", b'{"question": "he'),
    "a hundred thousand brackets": ("ask", b"[" * 100_000),
    "bytes that are not UTF-8": ("ask", b'{"question": "\xff"}'),
    "an unknown argument": ("status", b'{"verbose": true}'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_value_is_refused_with_a_reason(served: Path, name: str) -> None:
    status, lines = send(served, *REFUSED[name])
    assert status == 200
    assert "error" in lines[-1], lines
    assert "unexpected" not in lines[-1]["message"]
    status, lines = send(served, "search", b'{"query": "hedge", "k": 5}')
    assert lines[0]["value"]["passages"], "the owner goes on"


def test_a_body_beyond_the_bound_is_not_read(served: Path) -> None:
    assert send(served, "ask", b" " * ((1 << 20) + 1))[0] == 413


def test_two_calls_of_one_name_both_end(served: Path) -> None:
    def request(connection: socket.socket) -> None:
        connection.sendall(
            b"POST /status HTTP/1.1\r\nHost: owner\r\nCarrel-Call: same\r\nContent-Length: 2\r\n"
            b"Connection: close\r\n\r\n{}"
        )

    first, second = endpoint.connect(served), endpoint.connect(served)
    assert first is not None
    assert second is not None
    with first, second:
        request(first)
        request(second)
        for connection in (first, second):
            response = b""
            while part := connection.recv(1 << 16):
                response += part
            assert response.endswith(b"0\r\n\r\n"), response


@pytest.mark.model
def test_json_is_unicode_and_gives_the_bytes_of_names_that_are_not(filled: Carrel, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path / "notes") + b"/caf\xe9.md"
    (tmp_path / "notes").mkdir()
    with open(name, "w", encoding="utf-8") as file:
        file.write("# Mooring\n\nThe mooring of the boat costs 312 euros a year.\n")
    write(tmp_path / "notes" / "plain.md", "# Mooring\n\nThe mooring of the boat costs 312 euros a year.\n")
    assert filled.here("add", tmp_path / "notes").code == 0
    for arguments in (
        ("ls", "--json"),
        ("search", "mooring of the boat", "--json"),
        ("ask", "How much does the mooring of the boat cost?", "--json"),
    ):
        outcome = filled.here(*arguments)
        text = json.dumps(outcome.object, ensure_ascii=False)
        text.encode("utf-8")
        places = list(objects_with_a_path(outcome.object))
        found = {base64.b64decode(place["path_bytes"]) for place in places if "path_bytes" in place}
        also = [base64.b64decode(raw) for place in places for raw in place.get("also_bytes", ()) if raw]
        assert name in found | set(also), arguments
        assert all("path_bytes" not in place for place in places if place["path"].endswith("plain.md"))


def objects_with_a_path(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a value of JSON that has a path."""
    if isinstance(value, dict):
        if "path" in value:
            yield value
        for part in value.values():
            yield from objects_with_a_path(part)
    elif isinstance(value, list):
        for part in value:
            yield from objects_with_a_path(part)
