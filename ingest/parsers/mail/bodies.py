"""The texts of a message's parts, and which of two alternatives counts.

A message may say the same twice, in plain text and in HTML. People see the HTML, so that is what counts. The
plain text is used if it contains all of the HTML's text, because it needs no conversion, and if the HTML
hides nothing. Text that is only in the plain text, such as a notice that the message needs a viewer, is kept
apart as hidden text, because nobody sees it. The two are compared by their words, so such notices need not be
known in any language.
"""

import base64
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import Message as MimePart

from ingest.documents import HiddenText, Hiding
from ingest.errors import UnreadableDocument
from ingest.language import UNSPACED
from ingest.parsers import converted
from ingest.parsers.mail.headers import stated
from ingest.parsers.text import clean, decode_declared, line
from ingest.parsers.unseen import Marks
from ingest.segmentation import unit_spans

OWN_SHARE = 0.5
"""Share of the words of a plain sentence that the HTML must lack for the sentence to count as plain only."""
OWN_WORDS = 3
"""Words of the shortest such sentence."""

SAME_LENGTH = 0.7
"""Share of the words of an HTML part that a plain text of about the same length has."""

_SETTING = re.compile(
    r"<style[^<>]*>[^<]*</style>|<(\w+:\w+)[^<>]*>[^<]*</\1>|<[^<>]*>|<?!?\[(?:if[^\]]*|endif)\](?:>|--)*"
    r"|&\w+;|<!?-*",
    re.IGNORECASE,
)
"""Markup, styles and settings in a comment for one mail program."""
_MARKUP = re.compile(rb"<[^<>]*>")
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_ADDRESS = re.compile(r"\]\([^)\s]*\)|<?(?:https?|ftp|mailto|cid):\S+")
_WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W_])+")
_ENRICHED = re.compile(r"(?i)<param>[^<]*</param>|<(?!<)/?[a-z-]+>")
"""Commands of text/enriched (RFC 1896)."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]{16,}={0,2}\s*")
_TRANSFER = "content-transfer-encoding"
_ENCODINGS = (
    "quoted-printable",
    "base64",
    "x-uuencode",
    "uuencode",
    "uue",
    "x-uue",
    "7bit",
    "8bit",
    "binary",
)


@dataclass(frozen=True, slots=True)
class MailText:
    """Text of a message."""

    text: str
    """Clean, as it is shown."""
    hidden: tuple[HiddenText, ...] = ()
    """Its hidden parts, by their places in `text`."""


def payload(part: "MimePart[str, str]") -> tuple[bytes, bool]:
    """The decoded bytes of a part that has no parts, and whether they were encoded for transport."""
    stated = next((str(value) for name, value in part.raw_items() if name.lower() == _TRANSFER), "")
    encoding = next((name for name in _ENCODINGS if stated.strip().lower().startswith(name)), "")
    if encoding and encoding != stated:
        del part[_TRANSFER]
        part[_TRANSFER] = encoding
    data = part.get_payload(decode=True)
    if encoding == "base64" and isinstance(data, bytes) and _BASE64.fullmatch(data):
        # The encoded data is incomplete, so it was not decoded.
        cut = b"".join(data.rstrip().split())
        data = base64.b64decode(cut[: len(cut) // 4 * 4])
    return (data if isinstance(data, bytes) else b""), encoding not in ("", "7bit", "8bit", "binary")


def of_part(part: "MimePart[str, str]", *, transcoded: bool) -> MailText:
    """The text of a part of type text.

    transcoded: the message was converted to UTF-8, so an unencoded part is not in the charset that it states.

    Raises `UnreadableDocument` for a part that is not text.
    """
    data, was_encoded = payload(part)
    kind = part.get_content_type()
    charset = stated(part.get_content_charset)
    if transcoded and not was_encoded:
        charset = "utf-8"
    if kind == "text/html":
        return of_html(data, charset)
    content = decode_declared(data, charset)
    if str(part.get_param("delsp", "")).lower() == "yes":
        # Lines that end in a space go on in the next one (RFC 3676).
        content = re.sub(r"(?<!^--) \r?\n(?!>)", "", content, flags=re.MULTILINE)
    if kind in ("text/enriched", "text/richtext"):
        content = re.sub(r"(?<!\n)\n(?!\n)", " ", _ENRICHED.sub("", content.replace("\r\n", "\n")))
    return MailText(clean(content))


def of_html(data: bytes, charset: str) -> MailText:
    """The text of a message in HTML. Raises `UnreadableDocument` for bytes that are no text."""
    found = _META_CHARSET.search(data[:4096])
    content = decode_declared(data, charset or (found[1].decode("ascii") if found else ""))
    if not content.strip():
        return MailText("")
    try:
        marks = Marks()
        page, _ = converted.page_text(content.encode("utf-8", errors="replace"), marks)
    except RecursionError as exc:
        raise UnreadableDocument("its HTML is nested too deeply") from exc
    (text,), hidden = marks.taken(page)
    return MailText(text, tuple(piece for piece in hidden if not _is_setting(piece)))


def _is_setting(piece: HiddenText) -> bool:
    """Whether a hidden text is a comment with settings for a mail program and nothing to read."""
    if piece.how is not Hiding.COMMENT or not piece.text.startswith(("[if", "[endif", "<![")):
        return False
    return len(_WORD.findall(_SETTING.sub(" ", piece.text))) < OWN_WORDS


def joined(texts: Iterable[MailText]) -> MailText:
    """Several texts, one below the other."""
    text = ""
    hidden: list[HiddenText] = []
    for piece in texts:
        if text and piece.text:
            text += "\n\n"
        hidden += _shifted(piece.hidden, len(text))
        text += piece.text
    return MailText(text, tuple(hidden))


def agreed(plain: MailText, rich: MailText) -> MailText:
    """The text of a message whose plain text is `plain` and whose HTML is `rich`."""
    in_plain, in_rich = Counter(_words(plain.text)), Counter(_words(rich.text))
    if not in_rich:
        return plain
    # A mailer makes the plain text from the HTML, and hides nothing in it.
    hides = any(piece.how not in (Hiding.SUBSTITUTE, Hiding.COMMENT) for piece in rich.hidden)
    if in_rich <= in_plain and not hides:
        return _without_own(plain, in_rich)
    own = (HiddenText(1, len(rich.text), text, Hiding.SUBSTITUTE) for _, text in _own(plain.text, in_rich))
    return replace(rich, hidden=(*rich.hidden, *own))


def says_about_as_much(plain: str, html: bytes) -> bool:
    """Whether a plain text is about as long as the text of an HTML part, which is not read for that."""
    bare = _MARKUP.sub(b" ", html)
    return len(plain.split()) >= SAME_LENGTH * len(bare.split())


def _without_own(plain: MailText, in_rich: "Counter[str]") -> MailText:
    """The plain text; its own sentences are hidden."""
    parts: list[str] = []
    hidden: list[HiddenText] = []
    last = length = 0
    for (start, end), text in _own(plain.text, in_rich):
        parts.append(plain.text[last:start])
        length += start - last
        hidden.append(HiddenText(1, length, text, Hiding.SUBSTITUTE))
        last = end
    return MailText("".join([*parts, plain.text[last:]]), tuple(hidden))


def _own(plain: str, in_rich: "Counter[str]") -> Iterator[tuple[tuple[int, int], str]]:
    """The sentences of a plain text that are not in the HTML: their places, and their texts on one line."""
    for start, end in unit_spans(plain):
        found = _words(plain[start:end])
        lacking = sum(word not in in_rich for word in found)
        if len(found) >= OWN_WORDS and lacking > OWN_SHARE * len(found):
            yield (start, end), line(plain[start:end])


def _words(text: str) -> list[str]:
    return _WORD.findall(_ADDRESS.sub(" ", text).casefold())


def _shifted(hidden: Iterable[HiddenText], by: int) -> tuple[HiddenText, ...]:
    return tuple(replace(piece, at=piece.at + by) for piece in hidden)
