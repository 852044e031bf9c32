"""What programs export as JSON is read entry by entry, with readable keys, texts and times."""

import json
from typing import Any

import pytest

from ingest.documents import Document
from ingest.parsers.paging import PAGE_CHARACTERS
from tests.parsing import parse_bytes

ODD = "\u202e"


def read(value: Any, name: str = "export.json") -> Document:
    return parse_bytes(f"/exports/{name}", json.dumps(value).encode())


def blocks(document: Document) -> dict[str, str]:
    found: dict[str, str] = {}
    for block in document.blocks:
        found[block.locator.where] = "\n".join(filter(None, (found.get(block.locator.where), block.text)))
    return found


def test_a_chat_is_read_message_by_message() -> None:
    chat = {
        "name": "Boat club",
        "messages": [
            {
                "id": 1,
                "date": "2024-05-31T16:08:00",
                "from": "Otto Klein",
                "text": [
                    "See ",
                    {"type": "link", "text": "the list"},
                    " for the ",
                    {"type": "bold", "text": "new"},
                    " engine.",
                ],
                "reactions": [{"emoji": "+1", "count": 2}, {"emoji": "heart", "count": 1}],
            },
            {
                "id": 2,
                "date": "2024-05-31T16:10:00",
                "from": "Ida",
                "text": "It costs 900 euros.",
                "reply": None,
            },
        ],
    }
    assert blocks(read(chat)) == {
        "": "name: Boat club",
        "messages › entry 1: Otto Klein, 2024-05-31T16:08:00": (
            "id: 1\ndate: 2024-05-31T16:08:00\nfrom: Otto Klein\ntext: See the list for the new engine.\n"
            "reactions:\n  - emoji: +1, count: 2\n  - emoji: heart, count: 1"
        ),
        "messages › entry 2: Ida, 2024-05-31T16:10:00": (
            "id: 2\ndate: 2024-05-31T16:10:00\nfrom: Ida\ntext: It costs 900 euros."
        ),
    }


def test_a_text_that_an_export_repeats_in_pieces_is_read_once() -> None:
    message = {"text": "The keel is dry.", "text_entities": [{"type": "plain", "text": "The keel is dry."}]}
    assert blocks(read([message, {}])) == {"entry 1": "text: The keel is dry."}


def test_each_line_of_json_lines_is_an_entry_and_a_line_that_is_cut_off_stays_text() -> None:
    data = (
        b'{"event": "Pump stopped", "pump": {"id": 7, "place": "cellar"}}\n\n{"event": "Pump started"}\n{"ev'
    )
    assert blocks(parse_bytes("/exports/pump.jsonl", data)) == {
        "line 1": "event: Pump stopped\npump:\n  id: 7\n  place: cellar",
        "line 3": "event: Pump started",
        "line 4": '{"ev',
    }


def test_settings_have_their_keys_as_headings() -> None:
    settings = {
        "version": "1.10",
        "port": 8443,
        "on": True,
        "scripts": {"build": "make"},
        "files": ["a", "b"],
    }
    assert blocks(read(settings)) == {
        "": "version: 1.10\nport: 8443\non: true\nfiles: a, b",
        "scripts": "build: make",
    }


def test_bookmarks_in_folders_keep_their_names() -> None:
    tide = {"date_added": "13361645280000000", "name": "Tide tables", "url": "https://tides.example/"}
    root = {"bar": {"children": [tide, {"name": "Boats", "children": [tide]}], "name": "Bar"}}
    assert blocks(read({"roots": root})) == {
        "roots › bar": "name: Bar",
        "roots › bar › children › entry 1: Tide tables": (
            "date_added: 2024-05-31 16:08 UTC\nname: Tide tables\nurl: https://tides.example/"
        ),
        "roots › bar › children › entry 2: Boats": (
            "name: Boats\nchildren:\n"
            "  - date_added: 2024-05-31 16:08 UTC, name: Tide tables, url: https://tides.example/"
        ),
    }


@pytest.mark.parametrize(
    ("key", "is_time"),
    [
        *(
            (key, True)
            for key in ("sentAt", "created_at", "ts", "date", "lastModified", "start-date", "CREATED_ON")
        ),
        *(
            (key, True)
            for key in ("timestampMs", "dateAdded", "visitTime", "timeUsec", "dueDate", "datetime")
        ),
        *(
            (key, False)
            for key in ("update_id", "candidate", "mandateNumber", "sentiment", "validate", "stats")
        ),
    ],
)
def test_a_large_number_is_a_time_only_under_a_key_of_times(key: str, is_time: bool) -> None:
    """Under others it may be an identifier, which a person looks for by its digits."""
    (text,) = blocks(read([{key: 1717171680, "name": "Ada"}])).values()
    assert ("2024-05-31 16:08 UTC" in text) is is_time
    assert ("1717171680" in text) is not is_time


@pytest.mark.parametrize("number", [1717171680, "1717171680.25", 1717171680123, 1717171680123456])
def test_a_number_under_a_key_of_time_is_a_date(number: int | str) -> None:
    assert blocks(read([{"editedTimestamp": number, "phone": 1717171680}])) == {
        "entry 1": "editedTimestamp: 2024-05-31 16:08 UTC\nphone: 1717171680"
    }


def test_numbers_are_written_as_in_the_file() -> None:
    data = b'[{"price": 1.10, "count": 100000000000000000000, "rent": 820, "rent": 840, "share": NaN}]'
    assert blocks(parse_bytes("/exports/a.json", data)) == {
        "entry 1": "price: 1.10\ncount: 100000000000000000000\nrent: 820\nrent: 840\nshare: NaN"
    }


def test_rows_are_lines() -> None:
    assert blocks(read([["a", 1], ["b", 2]])) == {"": "- a, 1\n- b, 2"}


def test_letters_that_were_encoded_twice_are_mended() -> None:
    twice = "café à la crème".encode().decode("latin-1")
    assert blocks(read([{"content": twice}])) == {"entry 1": "content: café à la crème"}


def test_escaped_characters_that_would_hide_something_are_marked() -> None:
    document = read([{f"key{ODD}": f"value{ODD}", "name": f"na{ODD}me", "half": "\ud83d"}])
    assert ODD not in "".join([*document.pages, *(block.locator.where for block in document.blocks)])


def test_a_long_text_is_a_block_that_is_divided_between_sentences() -> None:
    text = "The dough rests. " * 20
    document = read([{"title": "Rye bread", "content": f"{text}\n\nBake it."}])
    assert [block.kind.value for block in document.blocks] == ["rows", "prose"]
    assert document.blocks[1].text == f"content:\n{text.strip()}\n\nBake it."


def test_the_parts_of_a_long_entry_have_headings_of_their_own() -> None:
    talk = {
        "title": "Bread",
        "turns": [{"role": role, "said": "Flour. " * 300} for role in ("user", "baker")],
    }
    assert list(blocks(read([talk]))) == [
        "entry 1: Bread",
        "entry 1: Bread › turns › entry 1: user",
        "entry 1: Bread › turns › entry 2: baker",
    ]


def test_pictures_in_letters_are_left_out_and_counted() -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 50
    assert blocks(read([{"icon": picture, "key": "A" * 500}])) == {
        "entry 1": f"icon: ({len(picture)} characters of data)\nkey: (500 characters of data)"
    }


def test_a_long_export_is_cut_into_parts_that_keep_their_entries() -> None:
    document = read([{"name": f"entry of {n}", "text": "word " * 20} for n in range(10_000)])
    assert len(document.pages) > 1
    assert max(map(len, document.pages)) < PAGE_CHARACTERS + 1000
    last = document.blocks[-1]
    assert last.locator.where == f"part {len(document.pages)}, entry 10000: entry of 9999"
    start, end = last.locator.chars
    assert document.pages[-1][start:end] == last.text


@pytest.mark.parametrize("data", ['{\n  // a comment\n  "port": 8443,\n}\n', "[" * 5000 + "]" * 5000])
def test_what_is_no_json_is_read_line_by_line(data: str) -> None:
    document = parse_bytes("/exports/settings.json", data.encode())
    assert document.blocks[0].locator.lines is not None
    assert document.blocks[0].text == data.strip()


def test_deep_json_is_read() -> None:
    data = '{"a":' * 300 + '"deep"' + "}" * 300
    assert "deep" in parse_bytes("/exports/deep.json", data.encode()).pages[0]


def test_a_list_that_repeats_another_value_is_kept() -> None:
    said = blocks(read({"owner": "Anna", "members": ["Anna"], "least": 5, "values": [5]}))
    assert said == {"": "owner: Anna\nmembers: Anna\nleast: 5\nvalues: 5"}
