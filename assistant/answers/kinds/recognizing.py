"""Recognises the kind of a document, and has its module make the digest: the table of kinds.

To add a kind, add a module with `recognizes` and `digest`, a value of `SummaryKind`, and a row here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from assistant.answers.kinds import code, journals, minutes, papers, sheets, texts, transcripts
from assistant.answers.kinds.digest import Digest, Extent, Material
from assistant.answers.kinds.letterheads import without_head
from assistant.answers.kinds.pieces import name_of, pieces
from assistant.answers.kinds.texts import MAILS
from assistant.summary import SummaryKind
from ingest.documents import Document


@dataclass(frozen=True, slots=True)
class KindRow:
    """How documents of one kind are recognised and summarized."""

    kind: SummaryKind
    """The kind."""
    recognizes: Callable[[Material], bool]
    """Whether a document is of this kind; asked only if no row above says so."""
    digest: Callable[[Material, Extent], Digest]
    """Makes the digest."""
    computed: bool = False
    """Whether the digest needs neither a model nor highlights: it is computed from the whole document."""


KINDS = (
    KindRow(SummaryKind.CODE, code.recognizes, code.digest, computed=True),
    KindRow(SummaryKind.SHEET, sheets.recognizes, sheets.digest, computed=True),
    KindRow(SummaryKind.TRANSCRIPT, transcripts.recognizes, transcripts.digest),
    KindRow(SummaryKind.MINUTES, minutes.recognizes, minutes.digest),
    KindRow(SummaryKind.JOURNAL, journals.recognizes, journals.digest),
    KindRow(SummaryKind.PAPER, papers.recognizes, papers.digest),
    KindRow(SummaryKind.TEXT, texts.recognizes, texts.digest),
)
"""In the order in which they are tried. The last one recognises every document."""


def material_of(document: Document) -> Material:
    """The document with its pieces and its name; a letter without its head."""
    found = pieces(document)
    name = name_of(document, found)
    if document.media_type not in MAILS:
        found, subject = without_head(found)
        name = subject or name
    return Material(document, found, name)


def row_of(material: Material) -> KindRow:
    """The row of a document's kind."""
    return next(row for row in KINDS if row.recognizes(material))
