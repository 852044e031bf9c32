"""Letters, contracts, notes and everything else: parties, amounts, dates and duties before the rest."""

import re
from collections.abc import Sequence

from assistant.answers.amounts import CURRENCIES
from assistant.answers.belonging import GREETING
from assistant.answers.figures import TIME_OF_DAY, figures
from assistant.answers.kinds.digest import Digest, Extent, Material, PointGroup
from assistant.answers.kinds.pieces import SENTENCE_CLOSE, is_quotable, labels, phrases
from assistant.formatting import count_of
from ingest.language import writing

PARTIES_WORTH, DUTY_WORTH, DATE_WORTH = 0.4, 0.15, 0.1
"""What a sentence is worth that names parties, states a duty, a date; in units of cosine similarity."""

AMOUNT_WORTH, RATE_WORTH, MONEY_WORTH, PAYMENT_WORTH = 0.1, 0.15, 0.2, 0.15
"""What a sentence is worth beyond that with an amount, an amount for a period, an amount of money, and a
number with a word for what is paid, such as a rent."""

CURRENCY = "|".join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))
"""A pattern for the sign or name of a currency."""

MAILS = ("message/rfc822", "application/vnd.ms-outlook")
"""Media types of mails, whose heads are fields."""

TOTAL_WORTH = 0.4
"""The weight of the total of a bill or an account."""

POLITENESS_WORTH = -0.6
"""What a greeting and the like is worth."""

_PARTIES = phrases(writing.PARTIES)
_OBLIGATIONS = phrases(writing.OBLIGATIONS)
_PAYMENTS = phrases(writing.PAYMENTS)
_SEQUEL = re.compile(rf"\W*(?:{writing.SEQUELS})\b", re.IGNORECASE)
_MONEY = re.compile(rf"(?:{CURRENCY})\s?\d|\d\s?(?:{CURRENCY})(?!\w)", re.IGNORECASE)
_TOTAL = labels(writing.TOTALS)
_TOTAL_STATED = re.compile(rf"\W*(?:{'|'.join(writing.TOTALS)})\b[^.!?\d]{{0,30}}\d", re.IGNORECASE)
_HEADER = re.compile(r"(?P<name>Subject|From|To|Date): (?P<value>.+)")


def recognizes(material: Material) -> bool:
    """Whether a document is of this kind, as every document is that is of no other."""
    return True


def digest(material: Material, extent: Extent) -> Digest:
    """The highlights of a document: first who the parties are, then the rest in reading order."""
    highlights = _with_first(extent.highlights, material)
    parties = [text for text in highlights if _PARTIES.search(text)]
    others = [text for text in highlights if text not in parties]
    points = (*parties, *others)
    return Digest(described("", material), (PointGroup("", points),) if points else ())


def _with_first(highlights: Sequence[str], material: Material) -> Sequence[str]:
    """The highlights; one that continues a count ("Second, …") comes after the sentence it continues."""
    texts = [piece.text for piece in material.pieces if is_quotable(piece)]
    before = dict(zip(texts[1:], texts, strict=False))
    found = list(highlights)
    for text in highlights:
        while _SEQUEL.match(text) and (first := before.get(text)) is not None and first not in found:
            found.insert(found.index(text), first)
            text = first
    return found


def worth(sentence: str) -> float:
    """What a sentence of a letter or contract is worth beyond its centrality."""
    if GREETING.match(sentence):
        return POLITENESS_WORTH
    if _HEADER.match(sentence):
        return POLITENESS_WORTH  # The line that says what the document is repeats it.
    found = figures(sentence)
    total = PARTIES_WORTH * (_PARTIES.search(sentence) is not None)
    total += DUTY_WORTH * (_OBLIGATIONS.search(sentence) is not None)
    amounts = [quantity for quantity in found.quantities if quantity.unit and quantity.unit != TIME_OF_DAY]
    total += AMOUNT_WORTH * bool(amounts) + DATE_WORTH * bool(found.dates)
    total += RATE_WORTH * any(quantity.period for quantity in amounts)
    total += MONEY_WORTH * (_MONEY.search(sentence) is not None)
    total += PAYMENT_WORTH * (_PAYMENTS.search(sentence) is not None and bool(found.quantities))
    total += TOTAL_WORTH * (_TOTAL.match(sentence) is not None or _TOTAL_STATED.match(sentence) is not None)
    return total


def telling(points: Sequence[str]) -> Sequence[str]:
    """The points that say something by themselves: whole sentences and totals; all of them if none does."""
    return [point for point in points if SENTENCE_CLOSE.search(point) or _TOTAL.match(point)] or points


def described(kind: str, material: Material) -> str:
    """What a document is, in one line: its kind, name, sender or dates, and size.

    kind: such as `Paper`; empty for a document of no special kind.
    """
    document = material.document
    if document.media_type in MAILS:
        headers = (_HEADER.fullmatch(piece.text) for piece in material.pieces)
        fields = {match["name"]: match["value"] for match in headers if match}
        sent = f", {document.metadata.date}" if document.metadata.date else ""
        between = f" from {fields['From']}" if "From" in fields else ""
        between += f" to {fields['To']}" if "To" in fields else ""
        return f"Email{between}{sent}: “{document.title}”."
    words = sum(len(page.split()) for page in document.pages)
    has_pages = len(document.pages) > 1 and document.blocks[0].locator.is_on_page
    size = count_of(len(document.pages), "page") if has_pages else count_of(words, "word")
    return f"{kind}, “{material.name}”, {size}." if kind else f"“{material.name}”, {size}."
