"""One self-contained HTML file: no script, and no reference to anything outside it.

Every text passes through `escaped`, because questions, answers, quotes and file names may hold markup. The
file's policy allows inline style and pictures in the file itself, so a browser would load nothing even if
something got through.
"""

from __future__ import annotations

import base64
import html
import re
import struct
import zlib
from typing import TYPE_CHECKING

from assistant import formatting
from assistant.answers.wording import heading
from assistant.exporting.describing import FOOTER, receipt, remarks, reply_text
from ingest.ownfiles import HTML_MARK
from policies.hygiene import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.exporting.gathering import ExportedQuote, ExportedReply
    from assistant.summary import Summary
    from ingest.documents import Picture

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""The content security policy of the file."""

_STYLE = """
body { font: 11pt/1.5 Georgia, "Times New Roman", serif; color: #1a1a1a; background: #fff; max-width: 44rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 0 0 .5rem; }
article { border-left: 4px solid #0b6e5f; padding: .2rem 0 .2rem 1rem; margin: 2rem 0; }
article.unsure { border-left: 4px double #8a5a00; } article.closest { border-left: 4px dashed #8a5a00; }
article.not_found { border-left: 4px dotted #9b1c1c; }
.state { font: bold .8rem sans-serif; text-transform: uppercase; letter-spacing: .05em; color: #0b6e5f; }
.closest .state, .unsure .state { color: #8a5a00; } .not_found .state { color: #9b1c1c; }
.text { white-space: pre-wrap; } .around { white-space: pre-wrap; color: #555; }
blockquote { margin: .3rem 0 1rem; padding: .5rem .8rem; background: #f5f3ee; break-inside: avoid; }
mark { background: #ffe9a8; color: inherit; } .doubt { color: #9b1c1c; font-weight: bold; }
.place { font-weight: bold; } dl { font: .8rem/1.5 sans-serif; color: #444; }
dt { font-weight: bold; } dd { margin: 0 0 .2rem 1rem; } img { max-width: 100%; border: 1px solid #999; }
footer { font: .8rem sans-serif; color: #555; border-top: 1px solid #bbb; margin-top: 2rem; }
@media print {
  body { margin: 0; max-width: none; } h2, .place { break-after: avoid; } img { break-inside: avoid; }
}
"""

_MARKER = re.compile(r"\[(\d{1,4})\]")


def conversation_page(title: str, replies: Sequence[ExportedReply]) -> str:
    """The file about these replies. title: names it; any text."""
    return _page(title, (_article(title, number, reply) for number, reply in enumerate(replies, start=1)))


def summary_page(summary: Summary, at: float) -> str:
    """The file about a summary that was made at a time in seconds since 1970."""
    parts = [f'<p class="place">{escaped(summary.path)}</p>']
    if summary.about:
        parts.append(f"<p>{escaped(summary.about)}</p>")
    for group in summary.groups:
        if group.heading:
            parts.append(f"<h2>{escaped(group.heading)}</h2>")
        points = (f"<li>{escaped(point.text)}{_doubt(point.reason)}</li>" for point in group.points)
        parts.append(f"<ul>{''.join(points)}</ul>")
    for section in summary.sections:
        heading = " › ".join(section.heading)
        parts.append(f"<h3>{escaped(heading or 'Beginning')}</h3>")
        parts.append(f'<p class="text">{escaped(section.summary)}</p>')
    parts.append(_list([("Date", formatting.date_and_time(at)), ("Model", summary.stats.model)]))
    return _page(f"Summary of {formatting.file_name(summary.path)}", ["\n".join(parts)])


def escaped(text: str) -> str:
    """A text that a browser shows as it is: no markup, and no character that cannot be seen."""
    return html.escape(visible(text), quote=True)


def png(picture: Picture) -> bytes:
    """A picture as a PNG file."""
    stride = picture.width * 3
    rows = b"".join(
        b"\0" + picture.pixels[start : start + stride] for start in range(0, stride * picture.height, stride)
    )
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _page(title: str, parts: Iterable[str]) -> str:
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'{HTML_MARK}\n<meta name="viewport" content="width=device-width">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escaped(title)}</h1>\n{body}\n<footer><p>{escaped(FOOTER)}</p></footer>\n</body>\n</html>\n"
    )


def _article(title: str, number: int, reply: ExportedReply) -> str:
    answer = reply.answer
    text = _MARKER.sub(
        lambda found: f'<a href="#quote-{number}-{found[1]}">{found[0]}</a>', escaped(reply_text(answer))
    )
    notes = "".join(f"<li>{escaped(remark)}</li>" for remark in remarks(answer))
    return "\n".join(
        [
            f'<article class="{"unsure" if answer.is_unsure else escaped(answer.state)}">',
            f"<h2>{escaped(answer.question)}</h2>" if answer.question != title else "",
            f'<p class="state">{escaped(heading(answer))}</p>',
            f'<div class="text">{text}</div>',
            *(_quote(number, quote) for quote in reply.quotes),
            f"<ul>{notes}</ul>" if notes else "",
            _list(receipt(reply)),
            "</article>",
        ]
    )


def _quote(number: int, quote: ExportedQuote) -> str:
    citation = quote.citation
    before, words, after = map(escaped, quote.shown)
    marked = f"<mark>{before}<strong>{words}</strong>{after}</mark>"
    picture = ""
    if quote.picture is not None:
        data = base64.b64encode(png(quote.picture)).decode("ascii")
        place = escaped(formatting.place(citation.locator))
        picture = f'<p><img alt="{place}" src="data:image/png;base64,{data}"></p>'
    return (
        f'<p class="place" id="quote-{number}-{citation.marker}">[{citation.marker}] '
        f"{escaped(formatting.place(citation.locator))}{_doubt(quote.doubt)}</p>\n"
        f'<blockquote><span class="around">{escaped(quote.before)}</span>{marked}'
        f'<span class="around">{escaped(quote.after)}</span></blockquote>{picture}'
    )


def _doubt(reason: str) -> str:
    return f' <span class="doubt">({escaped(reason)})</span>' if reason else ""


def _list(values: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in values)
    return f"<dl>{rows}</dl>"
