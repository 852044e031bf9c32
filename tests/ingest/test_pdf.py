"""What a PDF yields: headers and footers, columns, tables, forms and annotations."""

import hashlib
import io
import string

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle, UserAccessPermissions

from ingest import parsers
from ingest.documents import BlockKind, Document
from tests.forms import Form
from tests.parsing import parse_bytes
from tests.pdfs import drawn_pdf, mapped_pdf, pdf, vertical_pdf


def parsed(content: bytes) -> Document:
    return parse_bytes("/notes/a.pdf", content)


def texts(document: Document) -> str:
    """All text that is indexed."""
    return "\n".join(block.text for block in document.blocks)


# Running headers and footers

BODY = ["Delivered goods: {}", "Carrier of the goods is {}", "Packed with care by {}", "Weighed by {} again"]
NAMES = ("Ines", "Tomasz", "Pirkko", "Oumar", "Saoirse")


def statements(*lines: str) -> bytes:
    """A page for each name, with lines at its top that may use {page}, {amount}, {day} and {name}."""
    return pdf(
        *(
            [line.format(page=page, amount=f"{96 + page}.75", day=page + 3, name=name) for line in lines]
            + [line.format(name) for line in BODY]
            for page, name in enumerate(NAMES, start=1)
        )
    )


@pytest.mark.parametrize(
    "line",
    [
        "Amount due: {amount} EUR",
        "Amount due {amount} EUR",
        "Balance 1,02{page}.50",
        "Invoice no. 440{page}",
        "Invoice no. {page}",
        "Ticket 81{page} for seat 2{page}",
        "Date: 0{page}.02.2024",
        "{day} March 2024",
        "2024-03-0{day}",
        "Discount {page} percent until day 1{page}",
        "Account DE89 3704 0044 0532 0130 00",
        "Kontonummer 4711-22",
        "Status: paid",
        "202{page}",
        "440{page}",
        "{amount}",
        "$ {page}",
    ],
)
def test_an_amount_date_or_identifier_at_the_edge_of_every_page_is_kept(line: str) -> None:
    blocks = parsed(statements(line)).blocks
    for page, name in enumerate(NAMES, start=1):
        expected = line.format(page=page, amount=f"{96 + page}.75", day=page + 3, name=name)
        assert any(block.locator.page == page and expected in block.text for block in blocks), expected


@pytest.mark.parametrize(
    "line",
    [
        "{page}",
        "- {page} -",
        "Page {page} of 5",
        "Seite {page} von 5",
        "{page}/5",
        "Annual report of the mill 2024",
        "Annual report of the mill | {page}",
        "Annual report of the mill, page {page}",
        "Jahresbericht Seite {page}",
        "3-{page}",
    ],
)
def test_what_repeats_or_counts_as_page_numbers_do_is_running(line: str) -> None:
    document = parsed(statements(line))
    for page in range(1, 6):
        expected = line.format(page=page)
        assert expected in document.pages[page - 1]
        assert not any(expected in block.text.split("\n") for block in document.blocks)


def test_roman_page_numbers_of_front_matter_are_running() -> None:
    numbers = ["i", "ii", "iii", "iv", "1", "2", "3", "4", "5", "6", "7", "8"]
    names = "abcdefghijklm"
    pages = [
        [f"The text {name} begins.", f"It {name} ends.", number]
        for name, number in zip(names, numbers, strict=False)
    ]
    assert not {"i", "iv", "1", "8"} & set(texts(parsed(pdf(*pages))).split("\n"))


def test_the_header_of_a_table_over_several_pages_is_kept() -> None:
    header = [(20, 700, "Day"), (200, 700, "Purpose"), (400, 700, "Amount")]
    rows = [
        [*header, (20, 686, f"{n}.2."), (200, 686, f"Rent {n}"), (400, 686, f"{n}00.00")] for n in range(1, 6)
    ]
    assert texts(parsed(pdf(*rows))).count("Day   Purpose   Amount") == 5


def test_a_document_whose_lines_are_all_alike_is_not_empty_if_it_has_an_outline() -> None:
    pages = [["The mill at the harbour"]] * 4
    blocks = parsed(pdf(*pages, outline={"Contents nobody prints": 0, "Another title": 2})).blocks
    assert [block.text for block in blocks] == ["The mill at the harbour"] * 4


# Spaces between words


def drawn(operators: str) -> str:
    """The text of a page with this text in Helvetica."""
    content = f"BT /F1 12 Tf 40 700 Td {operators} ET"
    return " ".join(texts(parsed(drawn_pdf(content.encode()))).split("\n"))


WIDTHS = dict.fromkeys("adehno", 556) | dict.fromkeys("csy", 500) | dict.fromkeys("fti", 278)
WIDTHS |= {"i": 222, "l": 222, "r": 333, "F": 611, "S": 667, "Y": 667}
"""The widths of letters in Helvetica, in thousandths of its size."""


@pytest.mark.parametrize("gap", [0.15, 0.2, 0.25])
def test_words_that_are_only_set_apart_are_not_glued(gap: float) -> None:
    words = "for Fiscal Year of the Safety of the Fiscal Staff".split()
    operators, left = "", 40.0
    for word in words:
        operators += f"1 0 0 1 {left:.3f} 700 Tm ({word}) Tj "
        left += 12 * (sum(WIDTHS[letter] for letter in word) / 1000 + gap)
    assert drawn(operators) == " ".join(words)


def test_letters_that_are_moved_a_little_are_one_word() -> None:
    assert drawn("[(The A) 80 (WAR) -60 (E of the V) 70 (alley ran ef) -90 (ficiently)] TJ") == (
        "The AWARE of the Valley ran efficiently"
    )


def test_a_line_that_is_set_widely_has_no_spaces_within_words() -> None:
    assert drawn("1.5 Tc (The annual report of the mill) Tj 0 -14 Td 0 Tc (The annual mill) Tj") == (
        "The annual report of the mill The annual mill"
    )


def test_chinese_that_is_set_widely_has_no_spaces() -> None:
    letters = dict(zip("abcdefghij", "租金为每月八百七十元", strict=True))
    data = mapped_pdf(["a b c d e f g h i j", "The rent"], letters | {"T": "T"})
    assert texts(parsed(data)).startswith("租金为每月八百七十元\n")


def test_vertical_lines_are_read_from_right_to_left() -> None:
    lines = ["吾輩は猫である。", "名前はまだ無い。", "どこで生れたか。"]
    operators = " ".join(
        f"1 0 0 1 {400 - 20 * number} 700 Tm <{line.encode('utf-16-be').hex()}> Tj"
        for number, line in enumerate(lines)
    )
    assert texts(parsed(vertical_pdf(operators))) == "\n".join(lines)


def test_a_compound_that_is_broken_at_its_hyphen_keeps_it() -> None:
    assert texts(
        parsed(pdf(["The road from Meyer-", "Ost ends in Lindner-", "Mitte and the ten-", "ants know it."]))
    ) == ("The road from Meyer-Ost ends in Lindner-Mitte and the tenants know it.")


# Columns

LEFT = [
    "The beehives were moved on the third of",
    "May because the meadow was mown early.",
    "Lotte Marx paid forty euros for the",
    "transport and wants the sum back from",
    "the club before the summer party.",
]
RIGHT = [
    "The well is tested every two years. The",
    "last test found no bacteria at all. The",
    "laboratory in Husum asks ninety euros",
    "for a full test and takes eleven days.",
    "Water may be used by all members.",
]
THIRD = [
    "The harbour office keeps a list of the",
    "boats. Nobody may copy that list or",
    "give it to others. Whoever sells a boat",
    "tells the office within a fortnight,",
    "and so does whoever buys one.",
]


@pytest.mark.parametrize("columns", [(LEFT, RIGHT), (LEFT, RIGHT, THIRD)])
@pytest.mark.parametrize("shift", [0, 4])
def test_columns_that_the_file_mixes_are_read_one_after_the_other(
    columns: tuple[list[str], ...], shift: int
) -> None:
    width = 540 // len(columns)
    size = 9 if len(columns) == 3 else 12
    operators = "1 0 0 1 20 760 Tm (The notes of the club in the month of May) Tj "
    for row in range(len(LEFT)):
        for number, column in enumerate(columns):
            left, bottom = 20 + number * (width + 10), 720 - 14 * row - shift * number
            operators += f"/F1 {size} Tf 1 0 0 1 {left} {bottom} Tm ({column[row]}) Tj "
    expected = " ".join(line for column in columns for line in column)
    assert drawn(operators) == f"The notes of the club in the month of May {expected}"


def test_a_table_with_long_texts_is_not_read_by_columns() -> None:
    rows = [
        (20, 700 - 40 * row - 14 * line, left) if side == 0 else (300, 700 - 40 * row - 14 * line, right)
        for row, (first, second) in enumerate(zip((LEFT, RIGHT, THIRD), (RIGHT, THIRD, LEFT), strict=True))
        for line, (left, right) in enumerate(zip(first[:2], second[:2], strict=True))
        for side in range(2)
    ]
    text = texts(parsed(pdf(rows)))
    assert text.index(LEFT[0]) < text.index(RIGHT[0]) < text.index(THIRD[0])
    assert text.index(RIGHT[1]) < text.index(THIRD[1])


def test_bullets_and_numbers_are_no_columns() -> None:
    lines = [f"{number}. {line}" for number, line in enumerate(LEFT, start=1)]
    assert texts(parsed(pdf(lines))) == "\n".join(lines)


# Tables


def table(rows: list[list[str]], lefts: list[int], *, lines: bool, step: int = 20) -> str:
    """The rows of a table that a page shows, as they are read. Lines of a cell are divided by `/`."""
    operators = ""
    tops = [700]
    for row in rows:
        for left, cell in zip(lefts, row, strict=False):
            for number, text in enumerate(cell.split("/")):
                operators += f"BT /F1 10 Tf {left + 4} {tops[-1] - 14 - 12 * number} Td ({text}) Tj ET "
        tops.append(tops[-1] - step - 12 * max(cell.count("/") for cell in row))
    if lines:
        for x in lefts:
            operators += f"{x} {tops[-1]} m {x} {tops[0]} l S "
        for y in tops:
            operators += f"{lefts[0]} {y} m {lefts[-1]} {y} l S "
    (block,) = parsed(drawn_pdf(operators.encode())).blocks
    assert block.kind is BlockKind.ROWS
    return block.text


def bars(row: list[str]) -> str:
    return f"| {' | '.join(row)} |"


RENT = [["Month", "Rent", "Water"], ["January", "640", "31"], ["February", "655", "28"]]


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("lefts", [[40, 160, 280, 400], [40, 100, 140, 190]])
def test_a_table_is_read_row_by_row(lines: bool, lefts: list[int]) -> None:
    text = table(RENT, lefts, lines=lines)
    if lines:
        assert text.split("\n") == [bars(RENT[0]), "| --- | --- | --- |", *map(bars, RENT[1:])]
    else:
        assert text == "\n".join("   ".join(row) for row in RENT)


@pytest.mark.parametrize("lines", [True, False])
def test_an_empty_cell_keeps_its_place(lines: bool) -> None:
    rows = [*RENT, ["March", "", "29"], ["April", "660", ""]]
    assert table(rows, [40, 160, 280, 400], lines=lines).split("\n") == [
        "| Month | Rent | Water |",
        "| --- | --- | --- |",
        "| January | 640 | 31 |",
        "| February | 655 | 28 |",
        "| March |  | 29 |",
        "| April | 660 |  |",
    ]


@pytest.mark.parametrize("lines", [True, False])
def test_the_lines_of_a_cell_are_joined(lines: bool) -> None:
    rows = [
        ["Item", "Text", "Price"],
        ["Vest", "of cork, keeps/rowers/afloat", "59.00"],
        ["Oar", "wood", "8.00"],
    ]
    joined = [["Item", "Text", "Price"], ["Vest", "of cork, keeps rowers afloat", "59.00"], rows[2]]
    text = table(rows, [40, 160, 280, 400], lines=lines)
    assert [line for line in text.split("\n") if "---" not in line] == (
        [bars(row) for row in joined] if lines else ["   ".join(row) for row in joined]
    )


def test_merged_cells_are_read_in_each_of_their_rows_and_in_their_first_column() -> None:
    texts_at = [(44, 686, "Boat"), (164, 686, "2023"), (44, 646, "Heron"), (44, 606, "Otter")]
    texts_at += [(164, 666, "Income"), (224, 666, "Cost"), (164, 646, "120"), (224, 646, "80")]
    texts_at += [(164, 616, "95"), (164, 596, "99"), (224, 616, "60"), (224, 596, "61")]
    operators = "".join(f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET " for x, y, text in texts_at)
    operators += "40 700 240 -110 re S 40 660 m 280 660 l S 40 635 m 280 635 l S 160 700 m 160 590 l S "
    operators += "220 680 m 220 590 l S 160 680 m 280 680 l S 160 612 m 280 612 l S "
    (block,) = parsed(drawn_pdf(operators.encode())).blocks
    assert block.text.split("\n") == [
        "| Boat | 2023 |  |",
        "| --- | --- | --- |",
        "| Boat | Income | Cost |",
        "| Heron | 120 | 80 |",
        "| Otter | 95 | 60 |",
        "| Otter | 99 | 61 |",
    ]


def test_a_name_over_several_columns_stands_in_the_first() -> None:
    rows = [["Boat", "120", "80", "130"], ["Otter", "95", "60", "99"]]
    operators = "BT /F1 10 Tf 40 700 Td (Boat) Tj 170 0 Td (2023) Tj ET "
    for number, row in enumerate([["Name", "Income", "Cost", "Gain"], *rows]):
        for left, cell in zip((40, 160, 240, 320), row, strict=True):
            operators += f"BT /F1 10 Tf {left} {680 - 20 * number} Td ({cell}) Tj ET "
    (block,) = parsed(drawn_pdf(operators.encode())).blocks
    assert block.text.split("\n")[:3] == [
        "| Boat | 2023 |  |  |",
        "| --- | --- | --- | --- |",
        "| Name | Income | Cost | Gain |",
    ]


def test_values_with_their_own_labels_are_no_table_with_a_header() -> None:
    rows = [
        ["Invoice: 4402", "Date: 5 May 2024"],
        ["Customer: Lindner", ""],
        ["Due: 19 May 2024", "VAT: 7 %"],
    ]
    assert "|" not in table(rows, [40, 200, 400], lines=True)


def test_a_second_line_of_details_and_the_name_of_a_group_do_not_end_a_table() -> None:
    header = [(40, 720, "Date"), (140, 720, "Details"), (300, 720, "Debit"), (400, 720, "Balance")]
    first = [(40, 702, "02.03."), (140, 702, "Rent Lindner"), (300, 702, "640.00"), (400, 702, "564.10")]
    more = [(140, 688, "Reference 7701-A"), (40, 666, "April")]
    second = [(40, 648, "05.04."), (140, 648, "Salary"), (400, 648, "2,664.10")]
    assert texts(parsed(pdf([*header, *first, *more, *second]))).split("\n") == [
        "| Date | Details | Debit | Balance |",
        "| --- | --- | --- | --- |",
        "| 02.03. | Rent Lindner Reference 7701-A | 640.00 | 564.10 |",
        "| April |  |  |  |",
        "| 05.04. | Salary |  | 2,664.10 |",
    ]


def test_the_letterhead_above_a_table_is_not_its_header() -> None:
    letterhead = [(40, 760, "Lindner Mill"), (300, 760, "Harbour Road")]
    header = [(40, 720, "Month"), (160, 720, "Rent"), (300, 720, "Water")]
    rows = [(40, 706, "January"), (160, 706, "640"), (300, 706, "31"), (40, 692, "May"), (300, 692, "29")]
    text = texts(parsed(pdf([*letterhead, *header, *rows])))
    assert text.split("\n") == [
        "Lindner Mill   Harbour Road",
        "| Month | Rent | Water |",
        "| --- | --- | --- |",
        "| January | 640 | 31 |",
        "| May |  | 29 |",
    ]


def test_a_form_in_a_grid_is_read_label_by_label() -> None:
    form = Form([(44, 686, "Name"), (44, 666, "Town")])
    form.field("Tx", (160, 682, 280, 698), T="a", V="Enno")
    form.field("Tx", (160, 662, 280, 678), T="b", V="Husum")
    assert texts(parsed(form.file())) == "Name: Enno\nTown: Husum"


# Broken text layers

LEASE = [
    "The lease ends on the thirtieth of June in the year after next.",
    "The monthly rent is eight hundred euros, and it is paid on the first day",
    "of each month to the account that the landlord names in a letter.",
    "A deposit of two rents is to be paid before the keys are handed over.",
]
MAPPINGS = {
    "for private use": {letter: chr(0xE000 + ord(letter)) for letter in string.ascii_letters},
    "control characters": {letter: chr(1 + ord(letter) % 26) for letter in string.ascii_letters},
    "Hangul": {letter: chr(0xAC00 + 7 * ord(letter)) for letter in string.ascii_letters},
    "Chinese": {letter: chr(ord(letter) << 8) for letter in string.ascii_letters if ord(letter) < 0x9F},
    "other letters": {letter: chr(max(ord(letter) - 29, 33)) for letter in string.ascii_letters},
}


@pytest.mark.parametrize("way", MAPPINGS)
def test_a_broken_text_layer_is_said_and_read_by_ocr(way: str) -> None:
    data = mapped_pdf(LEASE, MAPPINGS[way])
    document = parsed(data)
    assert document.unread == "the text of 1 of 1 pages is garbled in the file: needs OCR"
    assert document.needs_ocr
    digest = hashlib.sha256(data).hexdigest()
    read = parsers.parse("/notes/a.pdf", data, digest, recognizer=lambda image: "The lease ends.")
    assert (texts(read), read.unread) == ("The lease ends.", "")


@pytest.mark.parametrize(
    "lines",
    [
        LEASE,
        ["XK-4471 BRT 22.5 QWRT", "PLZ 25813 HSM", "GmbH & Co. KG", "NSDAP BRD DDR SPD CDU FDP"] * 6,
        ["\x95 \x95 \x95"] * 20,
        ["Smlouva o nájmu trvá do třicátého června. Čtvrt krt vlk prst skrz krk"] * 4,
    ],
)
def test_a_sound_text_layer_is_not_taken_for_a_broken_one(lines: list[str]) -> None:
    assert parsed(pdf(lines)).unread == ""


def test_chinese_and_korean_are_not_taken_for_a_broken_text_layer() -> None:
    vietnamese = dict(zip("abcdefgh", "ợồêàảộềữ", strict=True))
    data = mapped_pdf(["Hap nbngjthsc nhd trf tgn ntn mht nth vhb xhg qnb rnc sng khd nhe"] * 3, vietnamese)
    assert parsed(data).unread == ""
    korean = "임대차계약은유월삼십일에끝난다월세매첫날지급하고보증금두달치이"
    chinese = "租赁合同于二零二四年六月三十日到期的金为每百七元押不得低一千在其中"
    for characters in (korean, chinese):
        letters = dict(zip(string.ascii_letters, characters, strict=False))
        data = mapped_pdf(["".join(letters)] * 3, letters)
        assert parsed(data).unread == ""


def test_a_file_that_only_has_an_owner_password_is_read() -> None:
    for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"):
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(LEASE))))
        writer.encrypt(
            "", owner_password="boss", permissions_flag=UserAccessPermissions(0), algorithm=algorithm
        )
        buffer = io.BytesIO()
        writer.write(buffer)
        assert texts(parsed(buffer.getvalue())).startswith(LEASE[0])


# Page labels


def test_pages_are_named_by_label_and_position() -> None:
    writer = PdfWriter(
        clone_from=io.BytesIO(pdf(*[[f"This is sheet {number}.", "It ends."] for number in range(1, 61)]))
    )
    writer.set_page_label(0, 11, PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(12, 59, PageLabelStyle.DECIMAL)
    buffer = io.BytesIO()
    writer.write(buffer)
    where = [block.locator.where for block in parsed(buffer.getvalue()).blocks if "sheet" in block.text]
    assert [where[index] for index in (0, 3, 11, 12, 59)] == [
        "page i (sheet 1)",
        "page iv (sheet 4)",
        "page xii (sheet 12)",
        "page 1 (sheet 13)",
        "page 48 (sheet 60)",
    ]
