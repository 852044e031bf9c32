"""Charts: titles, names of axes and series, and the values that they show, in all formats with charts."""

import importlib
import io
import re
import zipfile
from typing import Any

import pytest
from pptx import Presentation
from pptx.chart.chart import Chart
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.documents import Document
from ingest.parsers import charts
from ingest.parsers.archive import xml
from tests.ingest.test_opendocument import NAMES, opendocument
from tests.parsing import parse_bytes

RAIN = (
    "Chart: Rainfall share (Share of the year)\n"
    "|  | Lisbon | Porto |\n| --- | --- | --- |\n| January | 25.0% | 10.0% |\n| February | 50.0% |  |"
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def texts(document: Document) -> str:
    return "\n".join(block.text for block in document.blocks)


def presentation() -> tuple[bytes, Chart]:
    """A presentation with a chart of columns and one of points, and the first of them."""
    # Without annotations.
    chart_data: Any = importlib.import_module("pptx.chart.data")
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Rain"
    data = chart_data.CategoryChartData(number_format="0.0%")
    data.categories = ["January", "February"]
    data.add_series("Lisbon", (0.25, 0.5))
    data.add_series("Porto", (0.1, None))
    size = [Inches(1)] * 4
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *size, data).chart
    chart.has_title = chart.value_axis.has_title = True
    chart.chart_title.text_frame.text = "Rainfall share"
    chart.value_axis.axis_title.text_frame.text = "Share of the year"
    points = chart_data.XyChartData()
    boats = points.add_series("Boats")
    boats.add_data_point(1, 2.5)
    boats.add_data_point(3, 0.1 + 0.2)
    slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *size, points)
    file = io.BytesIO()
    show.save(file)
    return file.getvalue(), chart


def word(body: str) -> bytes:
    """A Word document in which `{}` is the chart of the presentation."""
    drawing = f'<w:r><w:drawing><c:chart r:id="rId1" xmlns:r="{RELATIONS}"/></w:drawing></w:r>'
    names = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    )
    package = "http://schemas.openxmlformats.org/package/2006/"
    office = f'<Relationship Id="r" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/>'
    listed = f'<Relationship Id="rId1" Type="{RELATIONS}/chart" Target="charts/chart1.xml"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("[Content_Types].xml", f'<Types xmlns="{package}content-types"/>')
        file.writestr(
            "_rels/.rels", f'<Relationships xmlns="{package}relationships">{office}</Relationships>'
        )
        file.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{package}relationships">{listed}</Relationships>',
        )
        content = f"<w:document {names}><w:body>{body.format(drawing)}</w:body></w:document>"
        file.writestr("word/document.xml", content)
        file.writestr("word/charts/chart1.xml", presentation()[1].part.blob)
    return buffer.getvalue()


def test_charts_of_a_presentation_are_read_with_their_titles_and_values() -> None:
    document = parse_bytes("/a.pptx", presentation()[0])
    assert RAIN in texts(document)
    assert "|  | Boats |\n| --- | --- |\n| 1 | 2.5 |\n| 3 | 0.3 |" in texts(document)
    assert {block.locator.page for block in document.blocks} == {1}
    # The workbooks behind them say nothing more.
    assert document.unread == ""


def test_a_chart_of_a_word_document_stands_after_the_paragraph_that_it_is_in() -> None:
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    body = f"{paragraph.format('It rains.')}<w:p>{{}}</w:p>{paragraph.format('So we stay.')}"
    assert texts(parse_bytes("/a.docx", word(body))) == f"It rains.\n{RAIN}\nSo we stay."


def test_a_chart_in_a_cell_of_a_word_document_is_read() -> None:
    document = parse_bytes("/a.docx", word("<w:tbl><w:tr><w:tc><w:p>{}</w:p></w:tc></w:tr></w:tbl>"))
    assert "Rainfall share" in texts(document)
    assert re.search(r"January\W+25.0%\W+10.0%", texts(document))


def test_a_deleted_chart_is_not_read() -> None:
    kept = "<w:p><w:r><w:t>It rains.</w:t></w:r></w:p>"
    assert texts(parse_bytes("/a.docx", word(f"{kept}<w:p><w:del>{{}}</w:del></w:p>"))) == "It rains."


def workbook(*, cached: str = "") -> bytes:
    """A workbook with a chart of its own cells, or of those of another workbook."""
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.chart import BarChart, Reference  # type: ignore[import-untyped]

    book = Workbook()
    sheet = book.active
    sheet.title = "Costs of 'it'"
    for row in (["Item", "Euros"], ["Sails", 400], ["Ropes", 120.5]):
        sheet.append(row)
    chart = BarChart()
    chart.title, chart.y_axis.title = "Costs of the boat", "Euros in 2024"
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "E2")
    file = io.BytesIO()
    book.save(file)
    if not cached:
        return file.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name == "xl/charts/chart1.xml":
                content = re.sub(r"<(\w*:?)f>[^<]*", r"<\1f>'[1]Prices'!$B$2:$B$3", content)
                content = content.replace("</numRef>", f"{cached}</numRef>")
            new.writestr(name, content)
    return changed.getvalue()


def test_a_chart_of_a_workbook_does_not_repeat_its_cells() -> None:
    document = parse_bytes("/a.xlsx", workbook())
    assert "Chart: Costs of the boat (Euros in 2024)" in texts(document)
    assert texts(document).count("400") == 1


def test_values_of_another_workbook_that_a_chart_shows_are_read() -> None:
    cached = '<numCache><formatCode>General</formatCode><pt idx="0"><v>77.5</v></pt></numCache>'
    document = parse_bytes("/a.xlsx", workbook(cached=cached))
    (block,) = (block for block in document.blocks if "77.5" in block.text)
    assert block.locator.heading == ("Costs of 'it'", "Chart: Costs of the boat (Euros in 2024)")


CHART = f"""<office:document-content {NAMES} xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0">
<chart:chart><chart:title><text:p>Rainfall share</text:p></chart:title>
<chart:plot-area><chart:axis><chart:title><text:p>Share of the year</text:p></chart:title></chart:axis>
<chart:series chart:values-cell-range-address="{{}}"/></chart:plot-area>
<table:table><table:table-row><table:table-cell><text:p/></table:table-cell>
<table:table-cell><text:p>Lisbon</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell><text:p>January</text:p></table:table-cell>
<table:table-cell><text:p>NaN</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell><text:p>February</text:p></table:table-cell>
<table:table-cell><text:p>0.5</text:p></table:table-cell></table:table-row>
</table:table></chart:chart></office:document-content>"""
_XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
FRAME = f'<draw:frame><draw:object {_XLINK} xlink:href="./Object 1"/></draw:frame>'


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.odt", f"<office:text><text:p>It rains.{FRAME}</text:p></office:text>"),
        ("a.odp", f"<office:presentation><draw:page>{FRAME}</draw:page></office:presentation>"),
        (
            "a.ods",
            '<office:spreadsheet><table:table table:name="Rain"><table:shapes>'
            f"{FRAME}</table:shapes></table:table></office:spreadsheet>",
        ),
    ],
)
def test_a_chart_of_opendocument_is_read_with_its_titles_and_values(name: str, body: str) -> None:
    document = parse_bytes(
        f"/{name}", opendocument(body, **{"Object 1/content.xml": CHART.format("local-table.B2")})
    )
    assert "Chart: Rainfall share (Share of the year)" in document.pages[0]
    assert re.search(r"February \| 0.5", texts(document))
    assert "NaN" not in texts(document)
    in_cells = opendocument(body, **{"Object 1/content.xml": CHART.format("Rain.B2:B3")})
    assert ("0.5" in texts(parse_bytes(f"/{name}", in_cells))) == (name != "a.ods")


def test_several_levels_of_categories_are_joined() -> None:
    levels = (
        '<c:lvl><c:pt idx="0"><c:v>Q1</c:v></c:pt><c:pt idx="1"><c:v>Q2</c:v></c:pt></c:lvl>'
        '<c:lvl><c:pt idx="0"><c:v>2023</c:v></c:pt></c:lvl>'
    )
    values = '<c:numLit><c:pt idx="0"><c:v>5</c:v></c:pt><c:pt idx="1"><c:v>6</c:v></c:pt></c:numLit>'
    part = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:ser>'
        f"<c:cat><c:multiLvlStrRef>{levels}</c:multiLvlStrRef></c:cat><c:val>{values}</c:val>"
        "</c:ser></c:chartSpace>"
    )
    assert charts.read(xml(part.encode())).rows == [["", ""], ["2023 Q1", "5"], ["2023 Q2", "6"]]


def test_the_sizes_of_bubbles_are_read() -> None:
    values = importlib.import_module("pptx.chart.data").BubbleChartData()
    series = values.add_series("Ponds")
    for depth, fish, area in ((1.5, 40, 12), (2.0, 75, 30)):
        series.add_data_point(depth, fish, area)
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.shapes.add_chart(XL_CHART_TYPE.BUBBLE, 0, 0, Inches(5), Inches(3), values)
    file = io.BytesIO()
    show.save(file)
    text = parse_bytes("/talks/ponds.pptx", file.getvalue()).pages[0]
    assert "|  | Ponds | Ponds (size) |" in text
    assert "| 1.5 | 40 | 12 |" in text
