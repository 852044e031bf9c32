"""The values of masking: what kind of text is masked, and where it stands."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class SensitiveKind(StrEnum):
    """A class of text that can be masked, by its name in `policies.toml`."""

    CARD = "card"
    """Numbers of payment cards, by their check digit and the ranges of their issuers."""
    IBAN = "iban"
    """International bank account numbers, by their check digits."""
    VAT = "vat"
    """VAT numbers of Europe with their country, by their check digits."""
    NATIONAL = "national"
    """Numbers by which states identify people and companies, by check digits, printed form or label."""
    KEY = "key"
    """Keys, tokens and passwords, by the form that their issuers give them or by their label."""
    EMAIL = "email"
    """E-mail addresses."""
    PHONE = "phone"
    """Telephone numbers, by the numbering plans of the countries."""


LABELS: Mapping[str, str] = {
    SensitiveKind.IBAN: "IBAN",
    SensitiveKind.VAT: "VAT",
    SensitiveKind.NATIONAL: "ID",
    SensitiveKind.EMAIL: "e-mail",
}
"""What masks of a kind are called where that is not the kind's name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Sensitive text in a folded text."""

    start: int
    """Its first character."""
    end: int
    """The end, excluded."""
    shown: str = ""
    """The characters of it that its mask shows; empty for none."""


Search = Callable[[str], Iterator[Finding]]
"""Finds sensitive text of one kind in a folded text. The time it takes is proportional to the length."""

SEPARATOR = r"(?:[ \-._·'*\\`]{1,5}|[ \t*]{0,4}-?[ ]{0,4}(?:\r?\n[ \t>*]{0,8}){1,2})"
"""What may stand between the groups of a number: a few characters, also those of Markdown, or the end of a
line, also in a reply that quotes it."""


def last(number: str, count: int) -> str:
    """The last digits and letters of a number, which its mask shows."""
    return "".join(filter(str.isalnum, number))[-count:]
