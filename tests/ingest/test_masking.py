"""Masking, by attempts to hide a number from it, and by numbers that are none."""

import random
import time
from collections.abc import Callable

import pytest

from ingest.documents import Block, BlockKind, Description, Document, HiddenText, Hiding, Locator, Metadata
from ingest.handling import Handling
from ingest.masking import Masker
from ingest.masking.documents import masked_document
from ingest.masking.findings import SensitiveKind
from ingest.masking.patterns import BadPattern, search_for

ALL = frozenset(map(str, SensitiveKind))


def masked(text: str, *kinds: str, **own: str) -> str:
    """The text with masks of these kinds; of all if none is named."""
    return Masker(kinds or ALL | own.keys(), own).mask(text).text


# Each number with its groups as they are printed, and its mask.
PRINTED = {
    "visa": ("4111 1111 1111 1111", "[card ••1111]"),
    "mastercard": ("2223 0031 2200 3222", "[card ••3222]"),
    "american express": ("3782 822463 10005", "[card ••0005]"),
    "german account": ("DE89 3704 0044 0532 0130 00", "[IBAN ••3000]"),
    "british account": ("GB82 WEST 1234 5698 7654 32", "[IBAN ••5432]"),
    "maltese account": ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "[IBAN ••001S]"),
    "german vat": ("DE 136 695 976", "[VAT ••76]"),
    "austrian vat": ("ATU 1358 5627", "[VAT ••27]"),
    "swiss social security": ("756.9217.0769.85", "[ID ••85]"),
    "french social security": ("2 55 08 14 168 025 38", "[ID ••38]"),
    "italian tax code": ("RSS MRA 85M01 H501 Q", "[ID ••1Q]"),
    "belgian national": ("85.07.30-033.28", "[ID ••28]"),
}

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

SEPARATORS: dict[str, Callable[[str], str]] = {
    "as printed": lambda text: text,
    "hyphens": lambda text: text.replace(" ", "-"),
    "spaced hyphens": lambda text: text.replace(" ", " - "),
    "no-break spaces": lambda text: text.replace(" ", "\N{NO-BREAK SPACE}"),
    "narrow spaces": lambda text: text.replace(" ", "\N{NARROW NO-BREAK SPACE}"),
    "two spaces": lambda text: text.replace(" ", "  "),
    "no-break hyphens": lambda text: text.replace(" ", "\N{NON-BREAKING HYPHEN}"),
    "soft hyphens": lambda text: "\N{SOFT HYPHEN}".join(text),
    "zero-width spaces": lambda text: "\N{ZERO WIDTH SPACE}".join(text),
    "invisible signs": lambda text: "\N{WORD JOINER}\N{LEFT-TO-RIGHT MARK}".join(text),
    "struck through": lambda text: "\N{COMBINING LONG STROKE OVERLAY}".join(text),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in text),
    "mathematical": lambda text: "".join(chr(ord(c) + 0x1D7CE - 0x30) if c.isdigit() else c for c in text),
    "arabic digits": lambda text: "".join(chr(ord(c) + 0x660 - 0x30) if c.isdigit() else c for c in text),
    "a line's end": lambda text: "\n".join(text.rsplit(" ", 1)) if " " in text else text,
    "a hyphen at a line's end": lambda text: "-\n".join(text.rsplit(" ", 1)) if " " in text else text,
    "Windows lines": lambda text: "\r\n".join(text.split(" ", 1)) if " " in text else text,
    "an indented line": lambda text: "\n    ".join(text.split(" ", 1)) if " " in text else text,
    "a quoted line": lambda text: "\n> ".join(text.rsplit(" ", 1)) if " " in text else text,
    "an empty line": lambda text: "\n\n".join(text.rsplit(" ", 1)) if " " in text else text,
    "bold groups": lambda text: text.replace(" ", "** **"),
    "raised digits": lambda text: text.translate(RAISED),
    "no groups": lambda text: text.replace(" ", ""),
}


@pytest.mark.parametrize("number", PRINTED)
@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_way_to_print_a_number_hides_it(number: str, separator: str) -> None:
    text, mask = PRINTED[number]
    written = SEPARATORS[separator](text)
    breaks = "\n" * written.count("\n")
    assert masked(f"See {written}, please.") == f"See {mask}{breaks}, please."
    assert masked(f"({written})") == f"({mask}{breaks})"


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # Another check digit.
        "DE88 3704 0044 0532 0130 00",
        "DE 136 695 977",
        "0.4111111111111111",
        "sha256 a4111111111111111b",
        "ISBN 978-3-16-148410-0",
        "2019 2020 2021 2022 2023",
        "2024-11-26 10:30:15.123456",
        "1,234,567,890.12 EUR",
        "192.168.100.200:8080",
        "3.14159265358979",
        "550e8400-e29b-41d4-a716-446655440000",
        "page_9156483a-dbd5-11ec-92ad-fdbb1883ea00",
        "38 35 34 29 38 55 40 35",
        "1700581961.M455473P36293.host,S=6621",
        "IMG_20240101_123456.jpg",
        "at 1700642961, 1730581964 and 1712345678 seconds",
        "the token is kept, the password: required",
        "import foo @ https://example.org/foo",
        "the key of the house: a brass one",
        "version 1.20.300",
        "In 2019 the company had 1,200 employees in 14 countries",
        "111222333 inhabitants",
        "36574261809 bytes",
    ],
)
def test_what_is_no_such_number_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("BSN 111222333", "BSN [ID ••33]"),
        ("Burgerservicenummer:\n111222333", "Burgerservicenummer:\n[ID ••33]"),
        ("name;bsn;city\nAnna;111222333;Delft", "name;bsn;city\nAnna;[ID ••33];Delft"),
        ("| Name | BSN |\n|---|---|\n| A | 111222333 |", "| Name | BSN |\n|---|---|\n| A | [ID ••33] |"),
        ("Steuer-ID 36574261809", "Steuer-ID [ID ••09]"),
        ("NHS number 943 476 5919", "NHS number [ID ••19]"),
        ("PESEL: 44051401359", "PESEL: [ID ••59]"),
        ("AB 12 34 56 C", "[ID ••6C]"),
        ("National Insurance no. ZZ 57 95 00 T", "National Insurance no. [ID ••0T]"),
        ("Social security number 966-29-9263", "Social security number [ID ••63]"),
        ("570905-1005566", "[ID ••66]"),
        ("Phone: 798.965.8242x12816", "Phone: [phone ••16]"),
        ("Card 5018 7128 4300", "Card [card ••4300]"),
        ("213136494205557", "[card ••5557]"),
        ("Write to Alice <alice.b+c@mail.example.co.uk>.", "Write to Alice <[e-mail]>."),
        ("alice (at) example (dot) com", "[e-mail]"),
        ("alice@example.\ncom", "[e-mail]\n"),
        ("Call +49 30 1234567.", "Call [phone ••67]."),
        ("Tel. 1234567", "Tel. [phone ••67]"),
        ("(212) 555-0123", "[phone ••23]"),
        ("AKIAIOSFODNN7EXAMPLE", "[key]"),
        ("password: hunter2!x", "password: [key]"),
        ("Kennwort = Sommer2024", "Kennwort = [key]"),
        ("postgres://me:s3cr3tpw@host/db", "postgres://me:[key]@host/db"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nx", "[key]\n\n\nx"),
    ],
)
def test_a_label_or_a_form_tells_a_number(text: str, mask: str) -> None:
    kinds = {"email"} if "alice" in text else ALL - {"email"}
    assert masked(text, *kinds) == mask


def test_only_the_named_kinds_are_masked() -> None:
    text = "4111 1111 1111 1111, DE89 3704 0044 0532 0130 00"
    assert masked(text, "card") == "[card ••1111], DE89 3704 0044 0532 0130 00"
    assert masked(text, "iban") == "4111 1111 1111 1111, [IBAN ••3000]"


def test_two_numbers_that_stand_together_are_both_masked() -> None:
    assert masked("4111 1111 1111 1111 5555 5555 5555 4444") == "[card ••1111] [card ••4444]"
    assert masked("4111111111111111,5555555555554444") == "[card ••1111],[card ••4444]"
    assert masked("4111 1111 1111 1111 12/27 123") == "[card ••1111] 12/27 123"


def test_a_word_that_touches_a_number_does_not_hide_it() -> None:
    for text in ("Karte4111111111111111gültig", "4111111111111111valid", "Visa4111 1111 1111 1111 ok"):
        assert "[card ••1111]" in masked(text)
    assert masked("KontoIBANDE89370400440532013000BIC", "iban") == "KontoIBAN[IBAN ••3000]BIC"


def test_masking_a_masked_text_changes_nothing() -> None:
    text = " ".join(number for number, _ in PRINTED.values())
    once = masked(text)
    assert masked(once) == once


def test_places_move_along_with_the_text() -> None:
    random.seed(7)
    words = [
        "4111 1111 1111 1111",
        "DE89 3704 0044\n0532 0130 00",
        "the",
        "garden",
        "\n",
        "of",
        "a@b.example",
    ]
    for _ in range(200):
        text = " ".join(random.choices(words, k=12))
        result = Masker(ALL, {}).mask(text)
        places = [result.place(at) for at in range(len(text) + 1)]
        assert places == sorted(places)
        assert result.text.count("\n") == text.count("\n")
        for word in ("the", "garden", "of"):
            start = text.find(f" {word} ") + 1
            if start:
                assert result.text[result.place(start) :].startswith(word)


def document(text: str, *blocks: tuple[int, int]) -> Document:
    """A document of one page with these blocks."""
    places = blocks or ((0, len(text)),)
    return Document(
        id="x",
        path="/notes/a.md",
        media_type="text/markdown",
        title="Card 4111 1111 1111 1111",
        metadata=Metadata(
            tags=("4111111111111111",),
            links=("DE89370400440532013000",),
            date=None,
            names=("4111111111111111",),
        ),
        pages=(text,),
        blocks=tuple(
            Block(
                BlockKind.PROSE,
                text[start:end],
                Locator("/notes/a.md", None, None, ("4111 1111 1111 1111",), (1, 2), (start, end)),
            )
            for start, end in places
        ),
        unread="4111111111111111.zip cannot be read",
        hidden=(HiddenText(1, len(text), "4111111111111111", Hiding.COLOUR),),
        about=(Description("b.md", "4111111111111111", ("4111111111111111",), ("4111111111111111",), None),),
    )


def test_everything_that_is_read_from_a_file_is_masked() -> None:
    result = masked_document(document("It is 4111 1111 1111 1111 now."), Masker(ALL, {}))
    assert "1111 1111" not in repr(result)
    assert "4111111111111111" not in repr(result)
    (block,) = result.blocks
    start, end = block.locator.chars
    assert result.pages[0][start:end] == block.text == "It is [card ••1111] now."
    assert result.hidden[0].at == len(result.pages[0])


def test_a_number_that_two_blocks_share_is_masked_in_the_first() -> None:
    text = "It is 4111 1111\n1111 1111\nand valid."
    for cut in range(1, len(text)):
        result = masked_document(document(text, (0, cut), (cut, len(text))), Masker(ALL, {}))
        assert result.pages[0] == "It is [card ••1111]\n\nand valid."
        for block in result.blocks:
            start, end = block.locator.chars
            assert result.pages[0][start:end] == block.text
            assert block.text.strip()


def test_a_document_under_another_rule_has_another_digest() -> None:
    handling = Handling({"/": ALL, "/kept": frozenset(), "/some": frozenset({"card"})}, {}, ())
    digests = {handling.digest(path, "ab" * 32) for path in ("/a", "/kept/a", "/some/a")}
    assert len(digests) == 3
    assert "ab" * 32 in digests
    assert handling.digest("/a", "ab" * 32) == handling.digest("/b", "ab" * 32)


# Own patterns


UNBOUNDED = (
    *(
        "(a+)+b",
        "a*b",
        "(a|aa){1,40}b",
        "(?:a{0,64}){64}b",
        "(a?){64}a{64}",
        r"(\w{1,20}){1,20}x",
        "(?=a)b{4}",
    ),
    *("a", "", r"\d{1,2}", "x{1,200}y", "(?P<n>abc)", r"(abc)\1", "[0-9", "a{2}{3}", "a" * 201),
)


@pytest.mark.parametrize("pattern", UNBOUNDED)
def test_a_pattern_without_a_bound_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        search_for(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"AZ-\d{4}/\d{2}", "AZ-4711/19"),
        (r"(?:K|P)-?[A-F0-9]{6,8}", "K00ff11AA".upper()),
        (r"\b[A-Z]{2,3} \d{1,4}[.]\d{2}\b", "ABC 12.34"),
        (r"Müller(?: GmbH)?", "Müller GmbH"),
        (r"[^\]\s]{4}\]\{x\}", "abcd]{x}"),
    ],
)
def test_a_bounded_pattern_masks(pattern: str, text: str) -> None:
    assert masked(f"See {text}!", "matter", matter=pattern) == "See [matter]!"


HOSTILE = (
    *("1 " * 100_000, "4 1 1 1 1 " * 20_000, "a" * 200_000, "@" * 200_000, "a@" * 100_000, "DE" * 100_000),
    *("1-" * 100_000, "password=" * 20_000, "-----BEGIN PRIVATE KEY-----" * 8_000, "://a:" * 40_000),
    *("\n" * 200_000, "tel " * 50_000, "eyJ" * 70_000, "\N{SOFT HYPHEN}" * 200_000, "(at) " * 40_000),
    *("12345678 " * 20_000, "|1234567890" * 20_000, " " * 200_000, "- " * 100_000),
)


DIVIDED = (
    *("AZ-4711 19", "AZ-4711\N{NO-BREAK SPACE}19", "AZ\N{NON-BREAKING HYPHEN}4711 19", "AZ-\n4711 19"),
    *("AZ-4711\n19", "A\N{SOFT HYPHEN}Z-47\N{ZERO WIDTH SPACE}11 19", "AZ - 4711  19", "AZ-4711\n> 19"),
)


@pytest.mark.parametrize("text", DIVIDED)
def test_a_pattern_is_not_evaded_by_what_divides_it(text: str) -> None:
    breaks = "\n" * text.count("\n")
    for pattern in (r"AZ-\d{4} \d{2}", r"AZ - \d{4}[ ]?[ ]?\s?>? ?\d{2}", r"AZ ?-? ?\d{4} \d{2}"):
        assert masked(f"See {text}!", "matter", matter=pattern) == f"See [matter]{breaks}!"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_no_text_makes_masking_slow(text: str) -> None:
    own = {"spaced": "a" + " " * 60 + "b", "hyphens": "-a" * 60}
    began = time.process_time()
    masked(text, **own)
    assert time.process_time() - began < 10
