"""Hidden text, in every way that is known: kept out of the pages of a document, and kept with its way.

Each way is tried through the real jail, together with text that can be seen and looks almost the same to a
program: the secret must be hidden and the other text must stay.
"""

import hashlib
from pathlib import Path

import pytest

from ingest.documents import Document, Hiding
from ingest.errors import UnreadableDocument
from ingest.jail import Jail
from tests.pdfs import drawn_pdf, pdf

SECRET = "The secret salary is 250000 crowns"
SEEN = "The candidate applied for the post"


def read(jail: Jail, folder: Path, name: str, content: bytes | str) -> Document:
    """The document of a file, parsed in the jail."""
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    with path.open("rb") as file:
        return jail.parse(str(path), file.fileno(), hashlib.sha256(data).hexdigest())


def page_of(content: str) -> bytes:
    """A PDF with a visible line and whatever `content` draws."""
    return drawn_pdf(f"BT /F1 12 Tf 1 0 0 1 50 700 Tm ({SEEN}) Tj ET\n{content}".encode("ascii"))


def text_at(x: int, y: int, text: str = SECRET, *, size: float = 12, state: str = "") -> str:
    """PDF operators that draw a text after setting `state`."""
    return f"q BT {state} /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET Q\n"


BLACK_BOX = "q 0 0 0 rg 40 580 500 40 re f Q\n"
WHITE_BOX = "q 1 1 1 rg 40 580 500 40 re f Q\n"

HIDDEN_IN_PDF = {
    "white on white": (text_at(50, 600, state="1 1 1 rg"), Hiding.COLOUR),
    "almost white": (text_at(50, 600, state="0.97 0.97 0.95 rg"), Hiding.COLOUR),
    "black on black": (BLACK_BOX + text_at(50, 600), Hiding.COLOUR),
    "grey on grey": (
        "q 0.5 g 40 580 500 40 re f Q\n" + text_at(50, 600, state="0.52 g"),
        Hiding.COLOUR,
    ),
    "white in CMYK": (text_at(50, 600, state="0 0 0 0 k"), Hiding.COLOUR),
    "size 0": (text_at(50, 600, size=0.01), Hiding.SIZE),
    "scaled to nothing": (
        f"q BT /F1 12 Tf 0.01 0 0 0.01 50 600 Tm ({SECRET}) Tj ET Q\n",
        Hiding.SIZE,
    ),
    "left of the page": (text_at(-900, 600), Hiding.OUTSIDE),
    "above the page": (text_at(50, 2000), Hiding.OUTSIDE),
    "render mode 3": (text_at(50, 600, state="3 Tr"), Hiding.UNDRAWN),
    "transparent": (text_at(50, 600, state="/G1 gs"), Hiding.UNDRAWN),
    "covered by a white box": (text_at(50, 600) + WHITE_BOX, Hiding.COVERED),
    "covered by many thin boxes": (
        text_at(50, 600) + "".join(f"q 1 1 1 rg 40 {y} 500 2 re f Q\n" for y in range(580, 620, 2)),
        Hiding.COVERED,
    ),
    "clipped": (f"q 10 10 20 20 re W n {text_at(50, 600)} Q\n", Hiding.OUTSIDE),
    "on a layer that is off": (f"/OC /L1 BDC {text_at(50, 600)} EMC\n", Hiding.UNDRAWN),
    "under the text that is seen": (text_at(50, 700, state="3 Tr"), Hiding.UNDRAWN),
}


@pytest.mark.parametrize("way", HIDDEN_IN_PDF)
def test_text_that_a_pdf_does_not_show_is_kept_apart(jail: Jail, tmp_path: Path, way: str) -> None:
    content, how = HIDDEN_IN_PDF[way]
    document = read(jail, tmp_path, "cv.pdf", page_of(content))
    assert "".join(document.pages).split() == SEEN.split()
    assert [block.text for block in document.blocks] == [SEEN]
    assert [(piece.page, piece.text, piece.how) for piece in document.hidden] == [(1, SECRET, how)]


SHOWN_IN_PDF = {
    "white on black": BLACK_BOX + text_at(50, 600, state="1 1 1 rg"),
    "light grey": text_at(50, 600, state="0.7 g"),
    "black on a white box": WHITE_BOX + text_at(50, 600),
    "over a picture": "q 500 0 0 200 40 500 cm /I1 Do Q\n" + text_at(50, 600, state="1 0 0 rg"),
    "small print": text_at(50, 600, size=5),
    "clipped to a larger area": f"q 0 500 600 200 re W n {text_at(50, 600)} Q\n",
    "underlined by a box": text_at(50, 600) + "q 0 0 0 rg 50 597 200 1 re f Q\n",
    "outlines only": text_at(50, 600, state="1 Tr"),
    "upwards": f"q BT /F1 12 Tf 0 1 -1 0 300 100 Tm ({SECRET}) Tj ET Q\n",
}


@pytest.mark.parametrize("way", SHOWN_IN_PDF)
def test_text_that_a_pdf_shows_stays(jail: Jail, tmp_path: Path, way: str) -> None:
    document = read(jail, tmp_path, "cv.pdf", page_of(SHOWN_IN_PDF[way]))
    assert document.hidden == ()
    assert SECRET in "".join(document.pages)


def test_the_part_of_a_line_that_leaves_the_page_is_hidden(jail: Jail, tmp_path: Path) -> None:
    line = f"q BT /F1 12 Tf 1 0 0 1 50 600 Tm [(All welcome.) -60000 ({SECRET})] TJ ET Q\n"
    document = read(jail, tmp_path, "cv.pdf", page_of(line))
    assert "All welcome." in document.pages[0]
    assert "salary" not in document.pages[0]
    assert " ".join(piece.text for piece in document.hidden) == SECRET


def test_the_text_layer_of_a_scan_stays(jail: Jail, tmp_path: Path) -> None:
    scan = "q 600 0 0 800 0 0 cm /I2 Do Q\n" + text_at(50, 600, state="3 Tr")
    document = read(jail, tmp_path, "scan.pdf", drawn_pdf(scan.encode("ascii")))
    assert document.pages[0].strip() == SECRET
    assert document.hidden == ()


def test_the_text_under_the_picture_of_a_scan_stays(jail: Jail, tmp_path: Path) -> None:
    scan = text_at(50, 600) + "q 600 0 0 800 0 0 cm /I2 Do Q\n"
    document = read(jail, tmp_path, "scan.pdf", drawn_pdf(scan.encode("ascii")))
    assert document.pages[0].strip() == SECRET


def test_text_beside_the_ink_of_a_picture_is_hidden(jail: Jail, tmp_path: Path) -> None:
    content = "q 100 0 0 100 400 100 cm /I2 Do Q\n" + text_at(50, 600, state="3 Tr")
    document = read(jail, tmp_path, "cv.pdf", page_of(content))
    assert "salary" not in document.pages[0]
    assert [piece.text for piece in document.hidden] == [SECRET]


def test_an_annotation_over_a_text_hides_it(jail: Jail, tmp_path: Path) -> None:
    content = text_at(50, 700, SEEN) + text_at(50, 100)
    document = read(jail, tmp_path, "cv.pdf", drawn_pdf(content.encode("ascii"), cover=(40, 80, 500, 130)))
    assert "salary" not in document.pages[0]
    assert [piece.how for piece in document.hidden] == [Hiding.COVERED]


@pytest.mark.parametrize("key", [b"/OC", b"/#4f#43", b"/O#43"])
def test_a_form_on_a_layer_that_the_file_does_not_list_is_hidden(
    jail: Jail, tmp_path: Path, key: bytes
) -> None:
    content = text_at(50, 700, SEEN) + "/X1 Do\n"
    data = drawn_pdf(content.encode("ascii"), unseen=text_at(50, 600).encode("ascii"))
    assert data.count(b"/OC ") == 1
    document = read(jail, tmp_path, "cv.pdf", data.replace(b"/OC ", key + b" "))
    assert document.pages[0].split() == SEEN.split()
    assert [(piece.text, piece.how) for piece in document.hidden] == [(SECRET, Hiding.UNDRAWN)]


def test_a_form_that_the_page_draws_on_a_layer_that_is_off_is_hidden(jail: Jail, tmp_path: Path) -> None:
    content = text_at(50, 700, SEEN) + "/OC /L1 BDC /X1 Do EMC\n"
    data = drawn_pdf(content.encode("ascii"), unseen=text_at(50, 600).encode("ascii"))
    assert b"/OC " not in data
    document = read(jail, tmp_path, "cv.pdf", data)
    assert document.pages[0].split() == SEEN.split()
    assert [(piece.text, piece.how) for piece in document.hidden] == [(SECRET, Hiding.UNDRAWN)]


def test_a_form_that_is_cut_off_is_hidden(jail: Jail, tmp_path: Path) -> None:
    content = text_at(50, 700, SEEN) + "q 10 10 20 20 re W n /X1 Do Q\n"
    data = drawn_pdf(content.encode("ascii"), unseen=text_at(50, 600).encode("ascii"))
    document = read(jail, tmp_path, "cv.pdf", data.replace(b"/OC ", b"/XX "))
    assert document.pages[0].split() == SEEN.split()
    assert [piece.text for piece in document.hidden] == [SECRET]


def test_a_shadow_and_the_marks_of_programs_are_not_reported(jail: Jail, tmp_path: Path) -> None:
    content = text_at(51, 699, SEEN, state="1 1 1 rg") + text_at(
        50, 600, "_63ec2b48-c0c9-11ec-a4ba", size=0.1
    )
    document = read(jail, tmp_path, "cv.pdf", page_of(content))
    assert document.pages[0].split() == SEEN.split()
    assert document.hidden == ()


def test_a_pdf_with_hidden_text_alone_is_refused(jail: Jail, tmp_path: Path) -> None:
    content = text_at(50, 600, state="1 1 1 rg").encode("ascii")
    with pytest.raises(UnreadableDocument, match="only text that is hidden"):
        read(jail, tmp_path, "cv.pdf", drawn_pdf(content))


def test_hidden_text_is_placed_between_the_lines_around_it(jail: Jail, tmp_path: Path) -> None:
    content = text_at(50, 600, state="1 1 1 rg") + text_at(50, 500, "The last line")
    document = read(jail, tmp_path, "cv.pdf", page_of(content))
    (piece,) = document.hidden
    assert document.pages[0][: piece.at].split() == SEEN.split()
    assert document.pages[0][piece.at :].split() == ["The", "last", "line"]


def test_a_plain_pdf_hides_nothing(jail: Jail, tmp_path: Path) -> None:
    assert read(jail, tmp_path, "a.pdf", pdf([SEEN], ["A second page"])).hidden == ()


STYLE = """<style>
.quiet { display: none } #tiny { font-size: 0 } div > p.away { position: absolute; left: -9999px }
.pale { color: #fffffe } .box { background: #102030 } .box .ink { color: rgb(16, 32, 48) }
:root { --none: none } .var { display: var(--none) } p.shown { display: block !important }
@media print { .printed { display: none } } @media screen { .screened { display: none } }
</style>"""

HIDDEN_IN_HTML = {
    "display": ('<p style="display:none">{}</p>', Hiding.MARKED),
    "display, important": ('<p style="display:none !important">{}</p>', Hiding.MARKED),
    "hidden": ("<p hidden>{}</p>", Hiding.MARKED),
    "a class": ('<p class="a quiet">{}</p>', Hiding.MARKED),
    "an element in one": ('<div class="quiet"><ul><li>{}</li></ul></div>', Hiding.MARKED),
    "a variable": ('<p class="var">{}</p>', Hiding.MARKED),
    "a rule for screens": ('<p class="screened">{}</p>', Hiding.MARKED),
    "visibility": ('<p style="visibility: hidden">{}</p>', Hiding.MARKED),
    "font size 0": ('<p style="font-size:0">{}</p>', Hiding.SIZE),
    "font size by id": ('<p id="tiny">{}</p>', Hiding.SIZE),
    "the font shorthand": ('<p style="font: 0/0 serif">{}</p>', Hiding.SIZE),
    "scaled to nothing": ('<p style="transform: scale(0)">{}</p>', Hiding.SIZE),
    "scaled to no height": ('<p style="transform: scale(1, 0)">{}</p>', Hiding.SIZE),
    "scaled by its property": ('<p style="scale: 1 0">{}</p>', Hiding.SIZE),
    "off screen": ('<div><p class="away">{}</p></div>', Hiding.OUTSIDE),
    "indented away": ('<p style="text-indent:-9999px">{}</p>', Hiding.OUTSIDE),
    "a margin": ('<p style="margin-left: -200em">{}</p>', Hiding.OUTSIDE),
    "clipped": ('<p style="position:absolute;clip:rect(0,0,0,0)">{}</p>', Hiding.OUTSIDE),
    "clipped by a path": ('<p style="clip-path: inset(100%)">{}</p>', Hiding.OUTSIDE),
    "no height": ('<p style="height:0;overflow:hidden">{}</p>', Hiding.OUTSIDE),
    "white on white": ('<p style="color:#fff">{}</p>', Hiding.COLOUR),
    "almost white by class": ('<p class="pale">{}</p>', Hiding.COLOUR),
    "the colour of its box": ('<div class="box"><p><span class="ink">{}</span></p></div>', Hiding.COLOUR),
    "the font element": ('<font color="FFFFFF">{}</font>', Hiding.COLOUR),
    "a cell": (
        '<table><tr><td bgcolor="navy"><span style="color:#000080">{}</span></td></tr></table>',
        Hiding.COLOUR,
    ),
    "transparent": ('<p style="opacity:0">{}</p>', Hiding.UNDRAWN),
    "a transparent colour": ('<p style="color: rgba(0, 0, 0, 0)">{}</p>', Hiding.UNDRAWN),
    "template": ("<template><p>{}</p></template>", Hiding.MARKED),
    "noscript": ("<noscript>{}</noscript>", Hiding.SUBSTITUTE),
    "alt": ('<img src="a.png" alt="{}">', Hiding.SUBSTITUTE),
    "a tooltip": ('<a href="b.html" title="{}">b</a>', Hiding.SUBSTITUTE),
    "a video": ("<video>{}</video>", Hiding.SUBSTITUTE),
    "svg": ("<svg><text>{}</text></svg>", Hiding.OUTSIDE),
    "a description of a drawing": ("<svg><desc>{}</desc></svg>", Hiding.MARKED),
    "a drawing without size": ('<svg width="0" height="0"><text y="9">{}</text></svg>', Hiding.OUTSIDE),
    "a comment": ("<!-- {} -->", Hiding.COMMENT),
    "a closed dialog": ("<dialog>{}</dialog>", Hiding.MARKED),
    "for other mail programs": ('<p style="mso-hide:all">{}</p>', Hiding.MARKED),
}


@pytest.mark.parametrize("way", HIDDEN_IN_HTML)
@pytest.mark.parametrize("name", ["page.html", "mail.eml"])
def test_text_that_a_web_page_does_not_show_is_kept_apart(
    jail: Jail, tmp_path: Path, way: str, name: str
) -> None:
    element, how = HIDDEN_IN_HTML[way]
    page = f"<html><head>{STYLE}</head><body><p>{SEEN}</p>{element.format(SECRET)}</body></html>"
    mail = f"From: Jon <jon@example.org>\nSubject: Post\nContent-Type: text/html; charset=utf-8\n\n{page}\n"
    document = read(jail, tmp_path, name, mail if name == "mail.eml" else page)
    assert "salary" not in "".join(document.pages)
    assert SEEN in document.pages[0]
    assert [(piece.text, piece.how) for piece in document.hidden] == [(SECRET, how)]
    assert SEEN in document.pages[0][: document.hidden[0].at]


SHOWN_IN_HTML = {
    "important over the element": '<p class="shown" style="display:none">{}</p>',
    "visible in a hidden one": '<div style="visibility:hidden"><b style="visibility:visible">{}</b></div>',
    "a rule for paper": '<p class="printed">{}</p>',
    "white on dark": '<div class="box"><p style="color:white">{}</p></div>',
    "small": '<p style="font-size: 8px">{}</p>',
    "scaled a little": '<p style="scale: 1.05">{}</p>',
    "scaled down": '<p style="scale: 0.9; transform: scale3d(.5, .5, 0)">{}</p>',
    "half transparent": '<p style="opacity:.5">{}</p>',
    "moved a little": '<p style="position:relative;left:-20px">{}</p>',
    "an open dialog": "<dialog open>{}</dialog>",
    "details": "<details><summary>More</summary>{}</details>",
    "a drawing": '<svg viewBox="0 0 99 99"><text x="5" y="20">{}</text></svg>',
    "a long page": '<div style="overflow:hidden;height:600px">{}</div>',
    "white over a picture": '<div style="background: url(a.png)"><p style="color:#fff">{}</p></div>',
}


@pytest.mark.parametrize("way", SHOWN_IN_HTML)
def test_text_that_a_web_page_shows_stays(jail: Jail, tmp_path: Path, way: str) -> None:
    element = SHOWN_IN_HTML[way].format(SECRET)
    page = f"<html><head>{STYLE}</head><body><p>{SEEN}</p>{element}</body></html>"
    document = read(jail, tmp_path, "page.html", page)
    assert SECRET in document.pages[0]
    assert document.hidden == ()


def test_a_page_cannot_forge_the_marks_of_hidden_text(jail: Jail, tmp_path: Path) -> None:
    page = f"<p>{SEEN} \ufdd00\ufdd1 here</p><p hidden>{SECRET}</p><p>\ufdd099\ufdd1 end</p>"
    document = read(jail, tmp_path, "page.html", page)
    assert [piece.text for piece in document.hidden] == [SECRET]
    assert "\ufffd0\ufffd here" in document.pages[0]


def test_a_page_of_many_rules_is_read_in_a_moment(jail: Jail, tmp_path: Path) -> None:
    rules = "".join(f".c{number} p.d{number}, #i{number} {{ display: none }}\n" for number in range(5_000))
    page = f"<style>{rules}</style>" + "".join(f"<p class='d{n}'>{SEEN} {n}</p>" for n in range(2_000))
    document = read(jail, tmp_path, "page.html", page)
    assert f"{SEEN} 1999" in document.pages[0]
