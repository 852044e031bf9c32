"""Files about answers: complete, and with nothing in them that a document could make a browser do."""

import dataclasses
import re
import struct
import zlib
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from assistant.dialogue import Answer, Doubt, DoubtKind, Sentence, State, Verdict
from assistant.exporting import html, markdown
from assistant.exporting.gathering import ExportedReply, gather
from ingest.catalogue import PageText
from ingest.documents import Locator, Picture
from ingest.errors import IngestError
from ingest.ownfiles import MARKDOWN_MARK
from policies.hygiene import visible
from tests.still import ANSWERED, AT, FOLDER, StillLibrary, answer, passage

HOSTILE = (
    "</mark></title></style><script>fetch('//evil')</script><img src=x onerror=alert(1)>"
    ' " onmouseover="alert(1) \' <!-- --> ]]> &lt;b&gt; <a href="https://evil.example/x">x</a>',
    "![pic](https://evil.example/p.png) [link](javascript:alert(1)) <https://evil.example>"
    " https://evil.example/y www.evil.example a@evil.example `code` **bold** _it_ ~~no~~ $x$ [ref]: //evil",
    "# Heading\n- item\n1. one\n> quote\n```\ncode\n```\n---\n| a | b |\n|---|---|"
    "\n=====\n\tindented\n    four",
    "\u202eevil\u202c \x1b]0;x\x07 \u200b \ud83d\x00",
)

ALLOWED_TAGS = set(
    "html head meta title style body h1 h2 h3 article p div span blockquote mark strong ul li dl dt dd a img "
    "footer".split()
)


class HostileLibrary(StillLibrary):
    """Every text in it is hostile."""

    def page(self, locator: Locator) -> PageText:
        text = "\n".join(HOSTILE)
        return PageText(f"{text}{'x' * 900} {text}", ())

    def picture(self, locator: Locator, width: int) -> Picture:
        return Picture(2, 1, b"\xff\0\0\0\0\xff")


def hostile_reply(text: str, state: State = State.ANSWERED) -> Answer:
    cited = passage(text, path=f"{FOLDER}/{text}.pdf", title=text)
    cited = dataclasses.replace(
        cited, locator=dataclasses.replace(cited.locator, page=1, lines=None, heading=(text,))
    )
    reply = answer(
        f"{text} [1]",
        question=text,
        passages=[cited],
        sentences=[Sentence(text, Verdict.UNBACKED, text, None)],
    )
    doubts = (Doubt(cited.locator.path, DoubtKind.CHANGED, text),)
    return dataclasses.replace(reply, query=f"{text} again", state=state, doubts=doubts, missing=(text,))


class Page(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attributes]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


@pytest.mark.parametrize("text", HOSTILE, ids=["html", "markdown", "blocks", "invisible"])
@pytest.mark.parametrize("state", State)
def test_nothing_in_a_hostile_document_becomes_markup_of_the_page(text: str, state: State) -> None:
    replies = gather(HostileLibrary(), [(AT, hostile_reply(text, state))], pictures=True)
    written = html.conversation_page(text, replies)
    page = Page(written)
    assert set(page.tags) <= ALLOWED_TAGS
    assert page.tags.count("img") == 1, "the picture of the page"
    for name, value in page.attributes:
        assert name in {*"lang charset http-equiv content name class id href alt src".split()}
        if name == "href":
            assert re.fullmatch(r"#quote-\d+-\d+", value)
        if name == "src":
            assert re.fullmatch(r"data:image/png;base64,[A-Za-z0-9+/=]+", value)
    assert "default-src 'none'" in dict(page.attributes)["content"] or "default-src 'none'" in written
    assert not re.search(r"@import|url\(", html._STYLE)
    assert not re.search("[\u202a-\u202e\u200b\x00-\x08\x1b\ud800-\udfff]", written)
    if state is State.ANSWERED:
        assert visible(text.split("\n")[0]) in page.text, "shown as it is"


@pytest.mark.parametrize("text", HOSTILE, ids=["html", "markdown", "blocks", "invisible"])
def test_nothing_in_a_hostile_document_becomes_markup_of_the_markdown(text: str) -> None:
    replies = gather(HostileLibrary(), [(AT, hostile_reply(text))], pictures=False)
    written = markdown.conversation_text("Mine", replies)
    assert written.startswith(f"{MARKDOWN_MARK}\n\n")
    written = written.removeprefix(MARKDOWN_MARK)
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    kinds = set()
    for token in parser.parse(written):
        kinds.add(token.type)
        kinds.update(child.type for child in token.children or ())
    assert kinds <= {
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "hr"),
        *("strong_open", "strong_close", "hardbreak", "softbreak", "text_special"),
        *("blockquote_open", "blockquote_close"),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    }, kinds
    assert [line for line in written.splitlines() if line.startswith("#")] == [
        "# Mine",
        f"## {markdown.escaped(text)}",
    ]
    assert not re.search(r"(?<!\\)://|(?i:www\.)", written)


def test_a_page_says_what_was_asked_answered_and_quoted_and_from_what() -> None:
    replies = gather(StillLibrary(), [(AT, ANSWERED)], pictures=True)
    for written in (
        Page(html.conversation_page("My lease", replies)).text,
        markdown.conversation_text("My lease", replies).replace("\\", ""),
    ):
        for words in (
            *("My lease", "When does the lease end?", "Answered", "30 September 2028", "2026-"),
            *(f"{FOLDER}/lease.md, lines 3-4", "scripted-8b", "0" * 64, "1 passage read"),
            "Not supported: “The deposit is 1,400 euros.” (no passage names 1,400)",
        ):
            assert words in written, words


@pytest.mark.parametrize(
    ("state", "words"),
    [(State.CLOSEST, "Closest passages"), (State.NOT_FOUND, "Not found")],
)
def test_a_reply_that_is_no_answer_cannot_be_taken_for_one(state: State, words: str) -> None:
    reply = ExportedReply(AT, dataclasses.replace(ANSWERED, state=state), ())
    page = html.conversation_page("x", [reply])
    assert f'<article class="{state}">' in page
    assert f'<p class="state">{words}</p>' in page
    assert "Answered" not in page
    assert f"**{words}**" in markdown.conversation_text("x", [reply])


def test_a_document_that_is_gone_leaves_its_quote() -> None:
    class Gone(StillLibrary):
        def page(self, locator: Locator) -> PageText:
            raise IngestError("gone")

        def picture(self, locator: Locator, width: int) -> Picture:
            raise IngestError("gone")

    (reply,) = gather(Gone(), [(AT, hostile_reply("Quoted words."))], pictures=True)
    (quote,) = reply.quotes
    assert (quote.before, quote.after, quote.picture) == ("", "", None)
    assert "Quoted words." in html.conversation_page("x", [reply])


def test_a_picture_is_a_png_with_its_pixels() -> None:
    data = html.png(Picture(2, 2, bytes(range(12))))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (2, 2)
    start = data.index(b"IDAT") + 4
    length = struct.unpack(">I", data[start - 8 : start - 4])[0]
    rows = zlib.decompress(data[start : start + length])
    assert rows == b"\0" + bytes(range(6)) + b"\0" + bytes(range(6, 12))
