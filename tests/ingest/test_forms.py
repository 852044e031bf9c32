"""What is read from the form fields and annotations of a PDF."""

from typing import Any

import pytest

from ingest.documents import BlockKind, Document
from ingest.errors import UnreadableDocument
from tests.forms import Form
from tests.parsing import parse_bytes
from tests.pdfs import pdf


def parsed(content: bytes) -> Document:
    return parse_bytes("/notes/a.pdf", content)


def texts(content: bytes) -> list[str]:
    return [block.text for block in parsed(content).blocks]


def test_a_value_is_written_after_the_label_beside_it() -> None:
    form = Form([(40, 700, "Name of the applicant:"), (300, 700, "Boat no. ........")])
    form.field("Tx", (180, 694, 280, 714), T="f1_01[0]", V="Odalys Brandt")
    form.field("Tx", (352, 694, 500, 714), T="f1_02[0]", V="K-4471")
    assert texts(form.file()) == ["Name of the applicant: Odalys Brandt", "Boat no: K-4471"]


def test_a_value_is_written_after_the_label_above_it() -> None:
    form = Form([(40, 700, "Street"), (300, 700, "Town")])
    form.field("Tx", (40, 674, 240, 694), T="a", V="Deichweg 7")
    form.field("Tx", (300, 674, 500, 694), T="b", V="Husum")
    assert texts(form.file()) == ["Street: Deichweg 7", "Town: Husum"]


def test_a_value_without_a_label_has_the_description_or_name_of_its_field() -> None:
    form = Form()
    form.field("Tx", (40, 700, 240, 720), T="tenant_name", V="Ylva Sandström")
    form.field("Tx", (40, 660, 240, 680), T="f1_02[0]", TU="Monthly rent in euros", V="640")
    form.field("Tx", (40, 620, 240, 640), T="form.Page1[0].keyNumber[0]", V="14")
    form.field("Tx", (40, 580, 240, 600), T="Text5", V="The cellar is damp.")
    assert texts(form.file()) == [
        "tenant name: Ylva Sandström",
        "Monthly rent in euros: 640",
        "key Number: 14",
        "The cellar is damp.",
    ]


def test_a_description_that_says_more_than_the_label_is_added() -> None:
    form = Form([(40, 700, "Name")])
    form.field("Tx", (180, 694, 280, 714), T="a", TU="Name of the spouse", V="Enno")
    assert texts(form.file()) == ["Name of the spouse: Enno"]
    form = Form([(40, 700, "Vorname")])
    form.field("Tx", (180, 694, 280, 714), T="a", TU="First name", V="Enno")
    assert texts(form.file()) == ["Vorname (First name): Enno"]


def test_several_lines_and_rich_text_are_read() -> None:
    form = Form()
    form.field("Tx", (40, 600, 240, 680), T="Remarks", Ff=1 << 12, V="Bring a vest.\rCome on 12 May.")
    rich = (
        '<?xml version="1.0"?><body><p>The <b>cellar</b> is damp.</p><p>Key 14 &amp; 15 are lost.</p></body>'
    )
    form.field("Tx", (40, 500, 240, 580), T="Damage", Ff=1 << 25, RV=rich)
    assert texts(form.file()) == [
        "Remarks: Bring a vest.\nCome on 12 May.",
        "Damage: The cellar is damp.\nKey 14 & 15 are lost.",
    ]


def test_choices_are_read_by_what_the_list_shows() -> None:
    form = Form([(40, 700, "Boat:"), (40, 640, "Courses:")])
    form.field("Ch", (100, 694, 240, 714), T="a", Ff=1 << 17, V="j", Opt=[["o", "Optimist"], ["j", "Dinghy"]])
    form.field(
        "Ch",
        (100, 600, 240, 654),
        T="b",
        Ff=1 << 21,
        V=["Knots", "Weather"],
        Opt=["Knots", "Tides", "Weather"],
    )
    assert texts(form.file()) == ["Boat: Dinghy", "Courses: Knots, Weather"]


def test_boxes_are_ticked_or_not_if_the_form_is_filled_in() -> None:
    form = Form([(60, 700, "Swims 200 m"), (60, 670, "Wants the newsletter"), (200, 670, "Kann segeln")])
    form.tick((40, 698, 54, 712), "a", ticked=True, state="1")
    form.tick((40, 668, 54, 682), "b", ticked=False)
    form.tick((182, 668, 196, 682), "c", ticked=True, state="Ja")
    assert texts(form.file()) == ["Swims 200 m: Yes", "Wants the newsletter: No", "Kann segeln: Ja"]


def test_an_empty_form_says_nothing_about_its_boxes() -> None:
    form = Form([(60, 700, "Swims 200 m"), (60, 670, "Name")])
    form.tick((40, 698, 54, 712), "a", ticked=False)
    form.field("Tx", (180, 664, 280, 684), T="a")
    assert ": " not in "".join(texts(form.file()))


def test_the_chosen_button_of_a_group_is_its_value() -> None:
    places = [(40, 700, "Pays by:"), (140, 700, "invoice"), (240, 700, "direct debit")]
    boxes = [(122, 698, 136, 712), (222, 698, 236, 712)]
    form = Form(places)
    form.buttons("group1", boxes, chosen=1)
    assert texts(form.file()) == ["invoice", "Pays by: direct debit"]
    form = Form(places[1:])
    form.buttons("Payment", boxes, chosen=0)
    assert texts(form.file()) == ["Payment: invoice", "direct debit"]


def test_a_table_of_fields_is_read_in_rows() -> None:
    form = Form([(40, 700, "Article"), (160, 700, "Pieces"), (280, 700, "Price")])
    for row, values in enumerate((("Vest", "2", "59.00"), ("Rope", "10", "1.20"))):
        for column, value in enumerate(values):
            left, bottom = 40 + 120 * column, 674 - 22 * row
            form.field("Tx", (left, bottom, left + 110, bottom + 18), T=f"i{row}{column}", V=value)
    (table,) = parsed(form.file()).blocks
    assert table.kind is BlockKind.ROWS
    assert table.text == "Article   Pieces   Price\nVest   2   59.00\nRope   10   1.20"


def test_neighbouring_fields_share_a_label() -> None:
    form = Form([(40, 700, "Date of birth")])
    for left, value in ((130, "03"), (160, "05"), (190, "1980")):
        form.field("Tx", (left, 694, left + 25, 714), T=f"d{left}", V=value)
    assert texts(form.file()) == ["Date of birth: 03   05   1980"]


def test_a_field_that_the_form_does_not_list_is_read() -> None:
    form = Form()
    form.field("Tx", (40, 700, 240, 720), listed=False, T="Tenant", V="Børge Aas")
    assert texts(form.file()) == ["Tenant: Børge Aas"]


def test_a_password_is_never_read() -> None:
    form = Form(["Some text."])
    form.field("Tx", (40, 600, 240, 620), T="Password", Ff=1 << 13, V="geheim123")
    document = parsed(form.file())
    assert "geheim123" not in "".join(document.pages)
    assert not document.hidden


HIDDEN: dict[str, dict[str, Any]] = {
    "flagged as hidden": {"F": 2},
    "not shown on a screen": {"F": 32},
    "in the colour of the page": {"DA": "/Helv 10 Tf 1 g"},
    "in size 0.1": {"DA": "/Helv 0.1 Tf 0 g"},
    "outside the page": {"Rect": (40, -620, 240, -600)},
}


@pytest.mark.parametrize("way", HIDDEN)
def test_a_value_that_cannot_be_seen_is_kept_apart(way: str) -> None:
    form = Form(["Some text."])
    form.annotate(
        "Widget",
        (40, 600, 240, 620),
        **{"FT": "/Tx", "T": "a", "V": "Pay 9000 euros", "DA": "/Helv 10 Tf 0 g", **HIDDEN[way]},
    )
    document = parsed(form.file())
    assert document.pages == ("Some text.\n",)
    assert [piece.text for piece in document.hidden] == ["Pay 9000 euros"]


def test_a_light_value_on_a_dark_field_is_read() -> None:
    form = Form()
    form.field("Tx", (40, 600, 240, 620), T="Tenant", V="Ylva", MK={"BG": [0, 0, 0]})
    assert texts(form.file()) == ["Tenant: Ylva"]


def test_xfa_is_said_to_be_unsupported() -> None:
    form = Form(["Please wait."])
    assert (
        "XFA form: not supported" in parsed(form.file(XFA=["template", form.stream(b"<template/>")])).unread
    )
    form = Form()
    with pytest.raises(UnreadableDocument, match="XFA form, which is not supported"):
        parsed(form.file(XFA=["template", form.stream(b"<template/>")]))


# Annotations


def test_annotations_are_read_and_marked_as_such() -> None:
    form = Form([(40, 700, "The rent is 880 euros. It is due in June.")])
    form.annotate("Text", (40, 700, 60, 720), Contents="Ask Enno.\rHe is in on Mondays.", T="Ragna")
    form.annotate("FreeText", (40, 600, 200, 640), Contents="Lowered to 840", DA="/Helv 12 Tf 0 g")
    form.annotate("FreeText", (40, 500, 200, 540), RC="<body><p>Rich <i>only</i> text</p></body>", DA="0 g")
    form.annotate("Stamp", (240, 600, 400, 640), Name="/NotForPublicRelease")
    form.annotate("Popup", (0, 0, 10, 10), Contents="Ask Enno.")
    blocks = parsed(form.file()).blocks[1:]
    assert [block.text for block in blocks] == [
        "Annotation (note by Ragna): Ask Enno.\nHe is in on Mondays.",
        "Annotation (text): Lowered to 840",
        "Annotation (text): Rich only text",
        "Annotation (stamp): Not For Public Release",
    ]
    assert blocks[0].locator.where == "page 1, Annotation (note by Ragna)"


def test_a_highlight_has_the_text_that_it_marks() -> None:
    form = Form([(40, 700, "The rent is 880 euros. It is due in June.")])
    quad = (40, 712, 160, 712, 40, 698, 160, 698)
    form.annotate("Highlight", (40, 698, 160, 712), QuadPoints=quad, Contents="Too high")
    form.annotate("StrikeOut", (40, 698, 160, 712), QuadPoints=quad)
    first, second = texts(form.file())[1:]
    assert first.startswith("Annotation (highlight) on “The rent is 880")
    assert first.endswith("”: Too high")
    assert second.startswith("Annotation (strikeout) on “The rent is 880")


def test_a_file_with_annotations_alone_is_read() -> None:
    form = Form()
    form.annotate("Text", (40, 700, 60, 720), Contents="Ask Enno.")
    assert texts(form.file()) == ["Annotation (note): Ask Enno."]


def test_the_words_in_the_pictures_of_signatures_and_stamps_are_read() -> None:
    form = Form(["The lease ends in June."])
    signature = ["Digitally signed by Ottilie Kraus", "Date: 2023.06.14"]
    form.field("Sig", (40, 300, 240, 360), T="Signature1", drawn=signature)
    form.annotate("Stamp", (240, 500, 400, 540), drawn=["PAID 14 June 2023"])
    assert texts(form.file()) == [
        "The lease ends in June.",
        "Digitally signed by Ottilie Kraus Date: 2023.06.14",
        "Annotation (stamp): PAID 14 June 2023",
    ]


def test_an_annotation_that_cannot_be_seen_is_kept_apart() -> None:
    form = Form(["Some text."])
    form.annotate("Text", (40, 600, 60, 620), Contents="Pay 9000 euros", F=2)
    form.annotate("FreeText", (40, 500, 200, 520), Contents="Pay 8000 euros", DA="/Helv 10 Tf 1 g")
    document = parsed(form.file())
    assert document.pages == ("Some text.\n",)
    assert [piece.text for piece in document.hidden] == ["Pay 9000 euros", "Pay 8000 euros"]


def test_text_after_an_annotation_is_under_no_annotation() -> None:
    form = Form(["Some text."])
    form.annotate("Text", (40, 600, 60, 620), Contents="Ask Enno.")
    assert parsed(form.file()).blocks[0].locator.heading == ()
    assert parsed(pdf(["Some text."])).blocks[0].locator.heading == ()
