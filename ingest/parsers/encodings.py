"""The encoding of a text that is not UTF-8, chosen by evidence.

Statistics of bytes err on texts with a few accents, of which every byte is a letter or a sign in some
encoding: with charset-normalizer, 4’ became 4Æ and €85 became Ç85. So each encoding is tried, and every
character that is not ASCII is judged by the characters next to it: a lower-case letter within a word of its
own script, a currency beside a number, an opening quotation mark at the start of a word. Letters count
by how common they are in the language that fits the text best, and so do its frequent words. The best
decoding wins, and its lead over the next different one is the confidence.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.parsers.charsets import codec

SAMPLE_BYTES = 1 << 16
"""Bytes of a long text that are examined."""
HEAD_BYTES = 2048
"""Bytes of a page within which it states its encoding."""
JUDGED = 2000
"""Characters beyond ASCII that are judged."""
LEAST = 0.2
"""Minimum points of a decoding that is a text."""
SURE = 0.1
"""Lead over the next different decoding, in points, from which an encoding is certain."""

_STATED = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE
)

_ENCODINGS = {
    "cp1252": 0.05,
    **dict.fromkeys(("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"), 0.0),
    **dict.fromkeys(("cp932", "gb18030", "cp949", "big5", "euc_jp", "cp874"), 0.0),
    **dict.fromkeys(("iso8859-15", "iso8859-2", "iso8859-7", "koi8-r", "koi8-u"), -0.02),
    **dict.fromkeys(("mac_roman", "cp850", "cp866", "cp852", "iso8859-5", "mac_cyrillic"), -0.05),
    **dict.fromkeys(("cp437", "mac_latin2"), -0.1),
}
"""Encodings, with what is added to their points: the rare ones have to fit better."""

_IDEOGRAPHS = {
    "cp932": ("euc_jp", 0xB0, 0xCF),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "cp949": ("euc_kr", 0xB0, 0xC8),
}
"""For encodings of several bytes, the standard whose first bytes in this range are its common characters:
level 1 of JIS X 0208, of GB 2312 and of Big5, and the syllables of KS X 1001."""

_LANGUAGES = (
    ("", "the of and to is in for a on at it you not"),
    ("éèàêçâîùôûïëœüæÿ", "le la les de du des et est une un pour dans par sur au qui en il"),
    ("üäößẞ", "der die das und ist in den von mit für nicht ein eine im zu auf dem er"),
    ("óíáéñúüºª", "el la los las de del que y en un una por con es se su al"),
    ("ãçáéíóâêõàúôüºª", "o a os as de do da que e em um uma para com não no na se"),
    ("èàùòìéîó", "il la di che e un una per non del della in con è i le si"),
    ("àéóçíèòúïü", "el la els les de del que i en un una per amb és no"),
    ("ëéèïóöüá", "de het een en van is in op te dat niet voor met zijn aan"),
    ("øåæéòó", "og i er det en at på til af som ikke med for den"),
    ("äåöé", "och i är att det en som på av för med den ja on ei"),
    ("äõüöšž", "ja on ei ta et see kui oli mis"),
    ("áðíóéþúöæý", "og að er í á það sem en við til ekki"),
    ("ąężłóćśńźż", "i w na z do nie jest się o za od po to"),
    ("íáéěýžčšřůúťďňóôľĺŕä", "a v na je se s z do za ve o k po"),
    ("áéöóőüúíűä", "a az és hogy nem egy van is meg"),
    ("ăîșțâşţ", "și de la în a cu nu este un o pe din"),
    ("čšžćđ", "i u je na se da za od su ne s"),
    ("ıüşğçöiâîû", "ve bir bu için ile da de çok ne var"),
    ("ėąšųįžęūč", "ir yra į kad su iš tai ne"),
    ("āīēšņūļģžčķ", "un ir ar no par uz ka"),
    ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", ""),
    ("оаинвіертскулдмпзьягйбчхїцєюжшщфґ", ""),
    ("аоиентсрјвуклдмпзгшбчћхцжђљњфџ", ""),
    ("αοιετσνηρκπςυμλόίάέγδήχθωφύώβξζψϊϋΐΰ", ""),
    ("יוהלאבמרתשנכדחםעפקטגזסןצךףץ", ""),
    ("اليمنوتربعدسفهكقةحجشأصذىخضغئءطزثظؤإآ", ""),
    ("านรอกเงลมยวสทตดะบคปหพ" + "".join(map(chr, range(0xE01, 0xE5C))), ""),
)
"""Letters beyond ASCII of a language or of several like it, the most common first, and its frequent words."""


_FREQUENT = {
    "gb2312": frozenset("的一是不了在人有我他这为之大来以个中上们到说国和地也子时要于就下得可你年生"),
    "big5": frozenset("的一是不了在人有我他這為之大來以個中上們到說國和地也子時要於就下得可你年生"),
    "euc_kr": frozenset("이다는의에을가하고은로한지를도사시기니서대어자인나"),
    "euc_jp": frozenset("日一大年人本国中会時月分行事者上出生自"),
}
"""By standard, characters of which a text has many."""
_ALONE = frozenset("àéèóôúåöæíýиувскояаієηοω")
"""Letters that are words."""
_OPENING, _CLOSING = frozenset("“„‚‘¿¡«‹»›"), frozenset("”“’‘»›«‹")
_CURRENCIES, _BEFORE_NUMBERS, _AFTER_NUMBERS = "€£¥¢", "§±×÷№°", "°²³½¼¾‰±×÷ªº€¢’”"
_BETWEEN_WORDS, _AFTER_WORDS = "–—…•·\xa0†©", "®™©…²³°ªº"


@dataclass(frozen=True, slots=True)
class Guess:
    """A decoding."""

    encoding: str
    """The name that Python has for it."""
    is_sure: bool
    """Whether the evidence rules out every other encoding that would give a different text."""


def guess(data: bytes) -> Guess | None:
    """The encoding of a text that is not UTF-8; None for bytes that are no text in any encoding."""
    sample = data if len(data) <= SAMPLE_BYTES else data[: data.rfind(b"\n", 0, SAMPLE_BYTES) + 1]
    sample = sample or data[:SAMPLE_BYTES]
    if b"\0" in sample:
        return _of_two_bytes(sample)
    ranked = sorted(_judged(sample), key=lambda each: -each[0])
    if not ranked or ranked[0][0] < LEAST:
        return None
    top, encoding, text = ranked[0]
    others = (points for points, _, other in ranked if other != text)
    return Guess(encoding, is_sure=top - next(others, top - 1) >= SURE)


def declared(data: bytes) -> str | None:
    """The encoding that a web page or an XML file states in its head, if the text is in it."""
    stated = _STATED.search(data[:HEAD_BYTES])
    if not stated:
        return None
    encoding = codec(stated[1].decode("ascii"))
    try:
        data.decode(encoding or "ascii")
    except UnicodeDecodeError:
        return None
    return encoding or None


def seven_bits(data: bytes) -> str | None:
    """The encoding of a text that is ASCII with escape sequences, as in Japanese and Korean e-mail."""
    if b"\x1b$" not in data or not data.isascii():
        return None
    for encoding in ("iso2022_kr",) if b"\x1b$)C" in data else ("iso2022_jp_2", "iso2022_jp_ext"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _of_two_bytes(sample: bytes) -> Guess | None:
    """UTF-16 without a mark, if the bytes are a text in it."""
    sample = sample[: len(sample) // 2 * 2]
    # The higher bytes name a block of characters, and a text has characters of few blocks.
    encoding = "utf-16-be" if len(set(sample[::2])) < len(set(sample[1::2])) else "utf-16-le"
    text = sample.decode(encoding, errors="replace")
    plain = sum(char.isalnum() or char.isspace() or char in ".,;:!?()-–'\"/" for char in text)
    return Guess(encoding, is_sure=True) if plain >= 0.9 * len(text) else None


def _judged(sample: bytes) -> Iterator[tuple[float, str, str]]:
    """Points, encoding and text for every encoding that can decode all the bytes."""
    for encoding, bonus in _ENCODINGS.items():
        try:
            text = sample.decode(encoding)
        # The last character of a sample may be cut.
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4 or len(sample) < SAMPLE_BYTES:
                continue
            text = sample[: error.start].decode(encoding)
        beyond = [match.start() for match in re.finditer(r"[^\x00-\x7f]", text)][:JUDGED]
        letters = Counter(text[place].lower() for place in beyond if text[place].isalpha())
        words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
        standard = _IDEOGRAPHS.get(encoding)
        fit, alphabet = max((_fit(letters, words, *language), language[0]) for language in _LANGUAGES)
        fit = fit if standard is None else 0.5
        points = sum(_points(text, place, alphabet, standard) for place in beyond)
        yield bonus + fit + points / max(len(beyond), 1), encoding, text


def _fit(letters: Counter[str], words: Counter[str], alphabet: str, frequent: str) -> float:
    """How well a text fits a language, from 0 to 1, by its letters beyond ASCII and its frequent words."""
    own = sum(letters[letter] for letter in alphabet) / max(letters.total(), 1)
    if not frequent:
        # A language of another script has few Latin letters.
        own *= min(1.0, 2 * letters.total() / max(sum(len(word) * words[word] for word in words), 1))
    common = sum(words[word] for word in frequent.split()) / max(words.total(), 1)
    return (own + min(1.0, 2 * common)) / 2


def _points(text: str, place: int, alphabet: str, standard: tuple[str, int, int] | None) -> float:
    """How well the character at `place` fits the characters next to it, from -3 to 1."""
    char = text[place]
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    category = unicodedata.category(char)
    if category in ("Cc", "Cn", "Co", "Cs") or char == "¤":
        return -3.0
    if standard is not None:
        return _points_of_ideograph(char, before, after, standard)
    if category in ("Lu", "Ll", "Lo", "Mn"):
        return _points_of_letter(char, before, after, text[place + 2 : place + 3], alphabet)
    if char in _CURRENCIES:
        around = text[max(0, place - 2) : place + 3]
        return 1.0 if any(map(str.isdigit, around)) else -0.2
    is_start, is_end = not before.isalnum(), not after.isalnum()
    fits = (
        (char in _OPENING and is_start and not after.isspace())
        or (char in _CLOSING and is_end and not before.isspace())
        or (char in "’‘" and before.isalpha() and after.isalpha())
        or (char in _AFTER_NUMBERS and is_end and (before.isdigit() or before.isspace() or before in "."))
        or (char == "°" and after in ("C", "F"))
        or (char in _AFTER_WORDS and is_end and before.isalpha())
        or (char in _BEFORE_NUMBERS and is_start and (after.isdigit() or after.isspace()))
        or (char in _BETWEEN_WORDS and (before.isspace() == after.isspace() or is_end))
        or (char == "µ" and is_start)
    )
    if fits:
        return 0.8
    # Lines and shadows of tables drawn with characters come in runs.
    return 0.3 if "\u2500" <= char <= "\u259f" and char in (before, after) else -0.7


def _points_of_letter(char: str, before: str, after: str, second: str, alphabet: str) -> float:
    if char in "ªº":
        return 0.8 if (before.isdigit() or before == ".") and not after.isalnum() else -0.7
    script = _script(char)
    if any(each.isalpha() and _script(each) != script for each in (before, after)):
        return -1.5
    if before.isdigit() or after.isdigit():
        return -1.0
    is_alone = not before.isalpha() and not after.isalpha()
    if is_alone and char not in _ALONE:
        return -0.5
    # Case changes once in a word, after its first letter.
    if char.isupper() and (before.islower() or (before == "" and second.islower() and after.isupper())):
        return -1.5
    if char.isupper() and after.isupper() and second.islower():
        return -0.5
    if char.islower() and after.isupper():
        return -1.0
    rank = alphabet.find(char.lower())
    if rank < 0:
        return 0.1
    return 1.0 if rank < 10 else 0.7 if rank < 22 else 0.4


def _points_of_ideograph(char: str, before: str, after: str, standard: tuple[str, int, int]) -> float:
    """The points of a character of several bytes, and of one byte in their encodings."""
    encoding, first, last = standard
    if "\uff61" <= char <= "\uff9f":
        return -0.5
    if any(each.isascii() and each.isalpha() for each in (before, after)):
        return -0.5
    if "\u3040" <= char <= "\u30ff":
        return 1.0 if encoding == "euc_jp" else -0.5
    if "\u3000" <= char <= "\u3002" or "\uff01" <= char <= "\uff5e":
        return 1.0
    if char in _FREQUENT[encoding]:
        return 1.0
    try:
        lead = char.encode(encoding)[0]
    except UnicodeEncodeError:
        return -0.5
    return 0.6 if char.isalpha() and first <= lead <= last else 0.0


def _script(char: str) -> str:
    """The first word of a character's name: LATIN, CYRILLIC, GREEK, CJK."""
    return unicodedata.name(char, "").partition(" ")[0]
