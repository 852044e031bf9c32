"""Sentences end where a reader ends them, and no text is lost between them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.segmentation import run_in_heading, sentence_spans, unit_spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It ends. Then it begins.", ["It ends.", "Then it begins."]),
        ("Dr. Smith met Mrs. Jones. They spoke.", ["Dr. Smith met Mrs. Jones.", "They spoke."]),
        ("See Fig. 3, i.e. No. 5. It is clear.", ["See Fig. 3, i.e. No. 5.", "It is clear."]),
        ("No. That is wrong.", ["No.", "That is wrong."]),
        ("The U.S. Senate sat on Jan. 5. It rose.", ["The U.S. Senate sat on Jan. 5.", "It rose."]),
        ("J. R. R. Tolkien wrote. We read.", ["J. R. R. Tolkien wrote.", "We read."]),
        ("Pi is 3.14 or so. It is v1.2.3. Yes.", ["Pi is 3.14 or so.", "It is v1.2.3.", "Yes."]),
        ("1. Introduction to it. 2.3. More of it.", ["1. Introduction to it.", "2.3. More of it."]),
        ("He left... and came back. Then... Nothing.", ["He left... and came back.", "Then...", "Nothing."]),
        (
            "“Is it?” he asked. “It is!” (She knew.) Good.",
            ["“Is it?” he asked.", "“It is!”", "(She knew.)", "Good."],
        ),
        ("It ends in June. [1] It costs 5 [2]. So.", ["It ends in June. [1]", "It costs 5 [2].", "So."]),
        ("你好。「他来了。」他说。真的吗？是！", ["你好。", "「他来了。」", "他说。", "真的吗？", "是！"]),
        ("Am 3. Oktober ist frei, d.h. zu. Gut.", ["Am 3. Oktober ist frei, d.h. zu.", "Gut."]),
        ("one line\nand its end. Next", ["one line\nand its end.", "Next"]),
        ("- milk\n- bread and\n  butter\n2) eggs", ["- milk", "- bread and\n  butter", "2) eggs"]),
        ("a paragraph\n\nanother", ["a paragraph", "another"]),
        (
            "> On 3 May, Ada wrote:\n>\n> The boiler is\n> cold. It hums.\n> - first\n> - second",
            ["> On 3 May, Ada wrote:", ">\n> The boiler is\n> cold.", "It hums.", "> - first", "> - second"],
        ),
        ("Vision ........ 5 Mission ........ 7", ["Vision ........ 5 Mission ........ 7"]),
        ("Er wohnt im 3. Stock, im 2. OG links. Gut.", ["Er wohnt im 3. Stock, im 2. OG links.", "Gut."]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "4. Deposit. 820 pounds, held by the bank. It is repaid.\n5. Use. An office only.",
            ["4. Deposit. 820 pounds, held by the bank.", "It is repaid.", "5. Use. An office only."],
        ),
        ("§ 4 Kaution. Sie beträgt 820 Euro. Gut.", ["§ 4 Kaution. Sie beträgt 820 Euro.", "Gut."]),
        (
            "Water. The bill came to 486 pounds. It leaks.",
            ["Water. The bill came to 486 pounds.", "It leaks."],
        ),
        ("1. Pull out the plug.\n2. Wait.", ["1. Pull out the plug.", "2. Wait."]),
        ("Thank you. I will come.", ["Thank you.", "I will come."]),
        (
            "Applicant: R. Thackeray\nMonthly income: 3,150 GBP\nFlat: Capstan House, flat 9",
            ["Applicant: R. Thackeray", "Monthly income: 3,150 GBP", "Flat: Capstan House, flat 9"],
        ),
        (
            "**Mieter**: Familie Okonkwo\n**Wohnung**: Birkenweg 12, 3. OG links\n**Miete**: 870 EUR",
            ["**Mieter**: Familie Okonkwo", "**Wohnung**: Birkenweg 12, 3. OG links", "**Miete**: 870 EUR"],
        ),
        (
            "Assuré : M. Garnier\nDate d'effet : 1er janvier\nFranchise : 380 €",
            ["Assuré : M. Garnier", "Date d'effet : 1er janvier", "Franchise : 380 €"],
        ),
        (
            "Ключи: выдаёт сторож\n Плата: 4500 рублей",
            ["Ключи: выдаёт сторож", "Плата: 4500 рублей"],
        ),
        ("出租人：王丽\n租金：每月3200元", ["出租人：王丽", "租金：每月3200元"]),
        ("المؤجر: سعد حسين\nثمن: 450 دينر", ["المؤجر: سعد حسين", "ثمن: 450 دينر"]),
        ("[network]\nhost = heron\nport = 8443", ["[network]", "host = heron", "port = 8443"]),
        (
            "Offer: 18,400 EUR\nOpen questions:\nWho pays?",
            ["Offer: 18,400 EUR", "Open questions:\nWho pays?"],
        ),
        (
            "Deposit: three months' rent, payable in\n  three instalments\nPets: none",
            ["Deposit: three months' rent, payable in\n  three instalments", "Pets: none"],
        ),
        (
            "§ 2 Haustiere\nDie Haltung von Hunden ist nicht erlaubt.",
            ["§ 2 Haustiere", "Die Haltung von Hunden ist nicht erlaubt."],
        ),
        ("第一条 租期\n租期从2026年3月1日开始。", ["第一条 租期", "租期从2026年3月1日开始。"]),
        (
            "\\begin{itemize}\n\\item The loggers\n  are light\n\\item They float\n\\end{itemize}",
            ["\\begin{itemize}", "\\item The loggers\n  are light", "\\item They float", "\\end{itemize}"],
        ),
        ('def copy() -> int:\n    """Copies all."""', ["def copy() -> int:", '"""Copies all."""']),
        ("NOTICE\nThe pump runs.", ["NOTICE", "The pump runs."]),
        ("# Rent\nIt is due.", ["# Rent", "It is due."]),
        ("| Boat | Seats |\nThey are old.", ["| Boat | Seats |", "They are old."]),
        (
            "The tenant shall pay the rent to the\nLandlord: he will give a receipt for it to the\nTenant.",
            ["The tenant shall pay the rent to the\nLandlord: he will give a receipt for it to the\nTenant."],
        ),
        (
            "24/17 Village pound. It was repaired. The gate is new.",
            ["24/17 Village pound. It was repaired.", "The gate is new."],
        ),
        (
            "**Any other matters.** The bell is cracked. It is silent.",
            ["**Any other matters.** The bell is cracked.", "It is silent."],
        ),
        ("2019 was dry. We lost the plums.", ["2019 was dry.", "We lost the plums."]),
        ("7 Sprat Lane\nWhitby YO21", ["7 Sprat Lane\nWhitby YO21"]),
        ("The meeting is at 10:30\nin the mill", ["The meeting is at 10:30\nin the mill"]),
    ],
)
def test_headings_and_lines_of_forms_are_units_of_their_own(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in unit_spans(text)] == expected


@given(st.text(alphabet="aB1 .!?…。\n-*)]\"'[é\u0301", max_size=80))
def test_a_unit_is_part_of_one_sentence(text: str) -> None:
    sentences = sentence_spans(text)
    units = unit_spans(text)
    assert all(any(a <= start and end <= b for a, b in sentences) for start, end in units)
    assert "".join("".join(text[a:b].split()) for a, b in units) == "".join(text.split())


@given(st.text(alphabet="aB1 .!?…。\n-*)]\"'[é\u0301", max_size=80))
def test_every_character_but_white_space_is_in_one_sentence(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_a_megabyte_of_dots_is_divided() -> None:
    # Quadratic matching would take hours.
    assert len(sentence_spans("." * 1_000_000 + "x")) == 1


@pytest.mark.parametrize("line", ["a: ", "A b c d ", "A: 1\n", "[a]\n", "a.b-", "- 1) A"])
def test_half_a_megabyte_of_a_line_is_divided(line: str) -> None:
    assert unit_spans(line * (500_000 // len(line)))


@pytest.mark.parametrize("stamp", ["[12.04.24, 18:02:11]", "12/04/2024, 18:02 -", "2024-04-12 18:02:11"])
def test_each_message_of_a_chat_is_a_unit(stamp: str) -> None:
    said = ("Jule: The van costs 95 euros for the whole day", "Ben: ok", "Jule: Keys are upstairs")
    text = "\n".join(f"{stamp} {each}" for each in said)
    assert [text[start:end] for start, end in unit_spans(text)] == text.split("\n")


def test_rows_that_are_set_in_columns_are_quoted_one_by_one() -> None:
    rows = ["No.   Due on   Interest", "1   2024-10-05   19.20", "2   2024-11-05   17.63"]
    text = "\n".join(["Loan of 4,800 pounds.", *rows, "It can be repaid early."])
    assert [text[start:end] for start, end in unit_spans(text)][1:-1] == rows


def test_the_heading_that_begins_a_paragraph_is_that_of_all_its_sentences() -> None:
    text = "24/17 Pound. It was repaired. The gate is new.\n\nThe meeting closed.\n**Bells.** One is cracked."
    for sentence, heading in (
        ("The gate", "24/17 Pound."),
        ("The meeting", ""),
        ("One is", "**Bells.**"),
    ):
        assert run_in_heading(text, text.index(sentence)) == heading
