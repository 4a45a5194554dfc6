"""Sheets that are too large are refused before they are read; error values are named with their cells."""

import io
import re
import zipfile
from contextlib import suppress

import pytest
import xlsxwriter

from okr_api.services.foreign_files import extent_reader, sheet_extent, spreadsheet_reader
from okr_api.services.foreign_files.cell_names import cell_name
from okr_api.services.foreign_files.errors import ColumnsDiffer, TableTooLarge
from okr_api.services.foreign_files.mapping_file import parse_mapping
from okr_api.services.foreign_files.source_table import CellError
from okr_api.services.foreign_files.spreadsheet_reader import OLD_EXCEL
from okr_api.services.foreign_files.table_import import read_table
from tests.services.foreign_files.tables import bring
from tests.services.import_export.files import by_name

MAPPING = parse_mapping(
    b"""{"format": "okr-mapping/1", "title": "Ours", "requires": ["Name", "Of"],
    "objectives": [{"when": [{"column": "Of", "filled": false}], "id": "Name", "title": "Name", "cycle": {"value": "2026-Q2"}}],
    "key_results": [{"when": [{"column": "Of", "filled": true}], "id": "Name", "title": "Name", "objective": "Of", "target": "To"}]}""",
    "ours.json",
)
ROWS = (("Name", "Of", "To", "Rest"), ("O", "", "", ""), ("K", "O", 5, ""))
ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Goals">%s</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def book(*more, first=(0, 0), sheet_names=("Goals",)) -> bytes:
    """Return an XLSX file with the rows; `more` are (place, method, arguments) of the first sheet."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as made:
        for name in sheet_names:
            sheet = made.add_worksheet(name)
            for number, row in enumerate(ROWS):
                sheet.write_row(first[0] + number, first[1], row)
        for place, method, *arguments in more:
            getattr(made.worksheets()[0], method)(place, *arguments)
    return written.getvalue()


def ods(*rows: str, header: tuple[str, ...] = ROWS[0]) -> bytes:
    """Return an ODS file with these rows of its only sheet, as XML, below a header."""
    cells = "".join(map(ods_cell, header))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS % "".join((f"<table:table-row>{cells}</table:table-row>", *rows)))
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return written.getvalue()


def ods_cell(text: str, more: str = "") -> str:
    """Return a cell with a text, as XML; `more` are further attributes."""
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def repacked(content: bytes, change) -> bytes:
    """Return an XLSX file whose first sheet is changed."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            text = old.read(part)
            new.writestr(part, change(text) if part == "xl/worksheets/sheet1.xml" else text)
    return written.getvalue()


def numbers(content: bytes) -> list[int]:
    return [record.number for record in read_table(content, MAPPING).records]


@pytest.mark.parametrize("place", ("XFD1048576", "D1048576", "XFD5000"))
def test_a_stray_cell_far_away_is_refused_at_once(place):
    stray = book((place, "write", "x"))
    if place == "D1048576":
        assert numbers(stray) == [2, 3, 1_048_576]
        return
    with pytest.raises(
        TableTooLarge, match=rf"^Sheet 'Goals' has cells as far as {place}, and so more than 10,000,000"
    ):
        numbers(stray)


def test_a_format_alone_does_not_count():
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as made:
        sheet = made.add_worksheet("Goals")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
        sheet.write_blank("XFD1048576", None, made.add_format({"bold": True}))
    assert numbers(written.getvalue()) == [2, 3]


def test_a_stray_cell_without_references_or_with_a_false_dimension_is_counted(monkeypatch):
    content = repacked(book(), lambda sheet: re.sub(rb'(<(?:c|row)) r="[A-Z0-9]+"', rb"\1", sheet))
    monkeypatch.setattr(sheet_extent, "MAX_SHEET_CELLS", 12)
    assert numbers(content) == [2, 3]
    monkeypatch.setattr(sheet_extent, "MAX_SHEET_CELLS", 11)
    with pytest.raises(TableTooLarge, match="more than 11 cells"):
        numbers(content)


def test_a_part_has_at_most_64_mib_unpacked(monkeypatch):
    content = book()
    size = max(part.file_size for part in zipfile.ZipFile(io.BytesIO(content)).infolist())
    monkeypatch.setattr(extent_reader, "MAX_PART_BYTES", size)
    assert numbers(content) == [2, 3]
    monkeypatch.setattr(extent_reader, "MAX_PART_BYTES", size - 1)
    with pytest.raises(TableTooLarge, match=rf"has {size:,} bytes unpacked; at most {size - 1:,}"):
        numbers(content)


def test_repeated_rows_and_cells_of_ods_are_counted():
    row = f"<table:table-row>{ods_cell('O')}</table:table-row>"
    assert numbers(ods(row)) == [2]
    far = f'<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>{row}'
    assert numbers(ods(far)) == [1_048_002]
    wide = '<table:table-row><table:table-cell table:number-columns-repeated="16000"/>'
    with pytest.raises(TableTooLarge, match="as far as WQK1048003"):
        numbers(ods(far, f"{wide}{ods_cell('x')}</table:table-row>"))
    repeated = ods_cell("x", 'table:number-columns-repeated="99"')
    many = f'<table:table-row table:number-rows-repeated="1048000">{repeated}'
    with pytest.raises(TableTooLarge):
        numbers(ods(f"{many}</table:table-row>"))


def test_an_xls_file_has_at_most_16_mib(monkeypatch):
    monkeypatch.setattr(spreadsheet_reader, "MAX_XLS_BYTES", 100)
    with pytest.raises(ColumnsDiffer):
        numbers(OLD_EXCEL.ljust(100))
    with pytest.raises(TableTooLarge, match="save it as XLSX"):
        numbers(OLD_EXCEL.ljust(101))


def test_xml_with_a_document_type_or_of_another_program_is_refused():
    begin = b"<worksheet"
    bomb = repacked(book(), lambda sheet: sheet.replace(begin, b'<!DOCTYPE a [<!ENTITY b "b">]>' + begin, 1))
    with pytest.raises(ColumnsDiffer, match="document type"):
        numbers(bomb)
    with pytest.raises(ColumnsDiffer, match="cannot be read"):
        numbers(repacked(book(), lambda sheet: sheet[:-20]))
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(ColumnsDiffer, match="XLSX, XLS and ODS are"):
        numbers(other.getvalue())


@pytest.mark.parametrize("first", ((0, 0), (2, 3)))
async def test_an_error_value_rejects_its_row_if_the_mapping_reads_it(place, first):
    row, column = first
    content = book(
        (row + 2, "write_formula", column + 2, "=1/0", None, "#DIV/0!"),
        (row + 1, "write_formula", column + 3, "=NA()", None, "#N/A"),
        first=first,
    )
    report = await bring(place, content, MAPPING, skip_invalid=True)
    name = cell_name((row + 2, column + 2))
    assert [(each.place, each.code, each.message) for each in report.errors] == [
        (
            f"row {row + 3}, key_results[0] (K)",
            "ROW_IS_UNCLEAR",
            f"To is #DIV/0! in cell {name}, an error of its formula",
        )
    ]
    assert [each["title"] for each in (await by_name(place, "objective")).values()] == ["O"]


ERRORS = (
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!",
    "#CONNECT!", "#BLOCKED!", "#UNKNOWN!", "#FIELD!", "#BUSY!", "#EXTERNAL!", "#PYTHON!", "#\u00e4\u00f6\u00fc!",
)  # fmt: skip


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_value_of_excel_is_told_with_its_cell_and_the_rest_is_read(error):
    content = book(
        ("C2", "write_formula", "=1/0", None, "#DIV/0!"), ("C3", "write_formula", "=1/0", None, "#DIV/0!")
    )
    changed = repacked(content, lambda sheet: sheet.replace(b"#DIV/0!", error.encode()))
    records = list(read_table(changed, MAPPING).records)
    assert [record.cells.get("to") for record in records] == [
        CellError(error, "C2", "To"),
        CellError(error, "C3", "To"),
    ]
    plain = list(read_table(book(), MAPPING).records)
    assert [{**record.cells, "to": None} for record in records] == [
        {**record.cells, "to": None} for record in plain
    ]


@pytest.mark.parametrize(
    ("cell", "error"),
    (
        ('office:value-type="string" calcext:value-type="error" office:string-value=""', "#REF!"),
        ('office:value-type="float" office:value="0" calcext:value-type="error"', "Err:502"),
        ('office:value-type="string" table:formula="of:=1/0"', "#DIV/0!"),
    ),
)
def test_an_error_value_of_ods_is_told_with_its_cell(cell, error):
    broken = f"<table:table-cell {cell}><text:p>{error}</text:p></table:table-cell>"
    row = f"<table:table-row>{ods_cell('K')}{ods_cell('Number')}{broken}</table:table-row>"
    [record] = read_table(ods(row), MAPPING).records
    assert record.cells["to"] == CellError(error, "C2", "To")
    repeated = broken.replace("table-cell ", 'table-cell table:number-columns-repeated="2" ', 1)
    row = f"<table:table-row>{ods_cell('K')}{repeated}</table:table-row>"
    [record] = read_table(ods(row), MAPPING).records
    assert record.cells["to"] == CellError(error, "C2", "To")
    assert CellError(error, "B2", "Of") in record.cells.values()


def test_a_hidden_sheet_is_not_read():
    both = book(sheet_names=("Old", "Goals"))
    for state in (b"hidden", b"veryHidden"):
        hidden = _workbook_changed(both, b'name="Old"', b'name="Old" state="' + state + b'"')
        table = read_table(hidden, MAPPING)
        assert table.notes == [("SHEETS_IGNORED", "Sheet 'Goals' was read, and no other")]
    only = _workbook_changed(book(sheet_names=("Old",)), b'name="Old"', b'name="Old" state="hidden"')
    with pytest.raises(ColumnsDiffer, match="hidden sheets are not read: 'Old'"):
        numbers(only)


def _workbook_changed(content: bytes, old: bytes, new: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as former, zipfile.ZipFile(written, "w") as archive:
        for part in former.namelist():
            text = former.read(part)
            archive.writestr(part, text.replace(old, new) if part == "xl/workbook.xml" else text)
    return written.getvalue()


def test_up_to_10_000_error_values_are_told(monkeypatch):
    content = book(*((f"C{row}", "write_formula", "=1/0", None, "#DIV/0!") for row in (2, 3)))
    found = [record.cells.get("to") for record in read_table(content, MAPPING).records]
    assert found == [CellError("#DIV/0!", "C2", "To"), CellError("#DIV/0!", "C3", "To")]
    monkeypatch.setattr(sheet_extent, "MAX_ERROR_CELLS", 1)
    found = [record.cells.get("to") for record in read_table(content, MAPPING).records]
    assert found == [CellError("#DIV/0!", "C2", "To"), None]


def test_a_long_error_value_is_cut():
    content = book(("C2", "write_formula", "=1/0", None, "#DIV/0!"))
    longer = repacked(content, lambda sheet: sheet.replace(b"#DIV/0!", b"#".ljust(99, b"x")))
    [error] = extent_reader.read_extents(longer)["Goals"].errors.values()
    assert error == "#".ljust(sheet_extent.MAX_ERROR_CHARACTERS, "x")


def test_a_damaged_archive_is_refused_wherever_the_damage_is():
    content = book()
    for place in range(0, len(content) - 40, 7):
        damaged = content[:place] + b"\xff" * 5 + content[place + 5 :]
        with suppress(ColumnsDiffer, TableTooLarge):
            assert numbers(damaged) == [2, 3]
