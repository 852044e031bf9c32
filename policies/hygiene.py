"""Makes text safe to show: each invisible character is replaced by a visible mark.

Control characters can steer a terminal. Bidi controls, zero-width characters and tag characters show one text
to a person and another to a model. `visible` replaces each of them by one visible character, so offsets into
the text stay valid. Parsers call it on the text they extract. Code that prints, logs or reports text from
elsewhere calls it too, or `one_line`.

Text of a document that looks like what Carrel or a model's template writes, such as `[2]` or `<|im_start|>`,
gets other brackets from `as_text` (`⟨2⟩`), so that it cannot be taken for a citation or a turn of the
conversation.

It does not interpret the text, never removes a character, and never raises.

Invisible characters are: the control characters, surrogates, line and paragraph separators, the characters
that Unicode calls default ignorable (DerivedCoreProperties.txt), and the interlinear annotation marks. Four
uses of them shape visible text and stay: a single joiner between letters of a joining script, or between
emoji; a single emoji or text selector after a visible character; one variation selector after an ideograph;
and one after a Mongolian letter.
"""

import re

_LIKE_A_MARKER = re.compile(r"[\[\uff3b]\s*(?:\d{1,4}\s*[?\uff1f]?|[?\uff1f])\s*[\]\uff3d]")
_LIKE_A_TOKEN = re.compile(
    r"<[|\uff5c](?! )[^|\uff5c<>\n]{1,40}(?<! )[|\uff5c]>|\[/?INST\]|</?(?:start|end)_of_(?:turn|text)>"
)
"""Tokens by which the templates of models divide a conversation. Some are written with full-width bars."""
_OTHER_BRACKETS = str.maketrans("[]\uff3b\uff3d<>", "⟨⟩⟨⟩⟨⟩")

_MARK = "\N{REPLACEMENT CHARACTER}"

_MARKS = {
    # Unicode has pictures of the C0 controls and delete.
    **{chr(code): chr(0x2400 + code) for code in range(0x20)},
    "\x7f": "\N{SYMBOL FOR DELETE}",
    "\u2028": "\N{SYMBOL FOR NEWLINE}",
    "\u2029": "\N{SYMBOL FOR NEWLINE}",
    # Marks where a word may be divided: shown as the hyphen it would become.
    "\N{SOFT HYPHEN}": "\N{HYPHEN}",
}
"""The mark for each invisible character. All others become U+FFFD."""
_BREAKS = {ord(character): _MARKS[character] for character in "\n\t"}

_INVISIBLE = (
    # Controls but \n and \t; soft hyphen; grapheme joiner; Arabic mark; fillers; inherent vowels.
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    # Zero width, joiners, bidi marks, separators, embeddings, overrides, isolates, invisible operators.
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    # Filler, surrogates, variation selectors, byte order mark, filler, reserved, annotations.
    r"\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    # Shorthand and musical format controls; tags and the other variation selectors.
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_invisible = re.compile(f"[{_INVISIBLE}]")

# Scripts whose letters join or stack: Arabic, Syriac, Thaana, N'Ko, Mandaic, the Indic scripts,
# Tibetan, Myanmar, Khmer, Mongolian, and the presentation forms of Arabic.
_JOINING = (
    r"\u0620-\u06ff\u0700-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1810-\u18af"
    r"\u1a00-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00011000-\U00011fff"
)
# Symbols, dingbats, pictographs with skin tones, and the few older characters that are emoji too.
_EMOJI = r"\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_IDEOGRAPH = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_shaping = re.compile(
    rf"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    rf"|(?:(?<=[{_EMOJI}])|(?<=[{_EMOJI}]\ufe0f))\u200d(?=[{_EMOJI}])"
    rf"|(?<=[^\s{_INVISIBLE}])[\ufe0e\ufe0f]"
    rf"|(?<=[{_IDEOGRAPH}])[\U000e0100-\U000e01ef]"
    r"|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f]"
)


def visible(text: str) -> str:
    """Replaces each invisible character by a visible one; `\\n` and `\\t` stay.

    The result is as long as `text`, and a second pass leaves it unchanged. C0 controls and delete become
    their pictures (U+2400 to U+2421), a soft hyphen becomes a hyphen, all others become U+FFFD.
    """
    return _invisible.sub(_marked, text)


def one_line(text: str) -> str:
    """Like `visible`, on a single line: for file names, titles, headings and log lines.

    Line feeds and tabs become marks too. Bytes of a path that are not UTF-8 become U+FFFD.
    """
    return visible(text).translate(_BREAKS)


def as_text(text: str) -> str:
    """Text of a document in which nothing looks like a marker or a template's token; of the same length."""
    for pattern in (_LIKE_A_MARKER, _LIKE_A_TOKEN):
        text = pattern.sub(lambda match: match[0].translate(_OTHER_BRACKETS), text)
    return text


def _marked(match: re.Match[str]) -> str:
    character = match[0]
    if _shaping.match(match.string, match.start()):
        return character
    return _MARKS.get(character, _MARK)
