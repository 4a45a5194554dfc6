"""Error values of formulas: each use of such a cell rejects its row, and names the cell."""

import io
import json

import pytest
import xlsxwriter

from okr_api.services.foreign_files.error_values import is_error_text
from okr_api.services.foreign_files.errors import CellsAreMerged, ColumnsDiffer
from okr_api.services.foreign_files.mapping_file import Mapping, parse_mapping
from okr_api.services.foreign_files.source_table import CellError
from okr_api.services.foreign_files.table_import import read_table
from tests.services.foreign_files.tables import bring, remarks, table
from tests.services.foreign_files.test_sheet_extents import MAPPING, ROWS, book, ods, ods_cell, repacked
from tests.services.import_export.files import by_name

ERROR = "#REF!"
KIND = {"column": "Kind"}
Q2 = {"cycle": {"value": "2026-Q2"}}


def mapping(requires: list[str], **parts) -> Mapping:
    written = {"format": "okr-mapping/1", "title": "Ours", "requires": requires} | parts
    return parse_mapping(json.dumps(written).encode(), "ours.json")


OUTLINE = mapping(
    ["No", "Title"],
    tree={"outline": "No"},
    objectives=[{"when": [{"column": "@parent", "filled": False}], "id": "@id", "title": "Title", **Q2}],
    key_results=[
        {
            "when": [{"column": "@parent", "filled": True}],
            "id": "@id",
            "title": "Title",
            "objective": "@parent",
            "target": {"value": 1},
        }
    ],
)
LEVELS = mapping(
    ["Goal", "Part"],
    tree={"levels": ["Goal", "Part"]},
    objectives=[{"id": "@id", "title": "@title", "parents": "@parent", **Q2}],
)
KINDS = mapping(
    ["Name", "Kind"],
    objectives=[{"when": [KIND | {"is_in": ["O"]}], "id": "Name", "title": "Name", **Q2}],
    key_results=[
        {
            "when": [KIND | {"is_in": ["K"]}],
            "id": "Name",
            "title": "Name",
            "objective": "@above",
            "target": {"value": 1},
        }
    ],
)
LEADS = mapping(
    ["Name", "Lead"],
    objectives=[{"id": "Name", "title": "Name", "owners": {"column": "Lead", "split": ","}, **Q2}],
)


def as_csv(rows: list[list[str]]) -> bytes:
    return "\n".join(",".join(row) for row in rows).encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as made:
        sheet = made.add_worksheet("Goals")
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell == ERROR:
                    sheet.write_formula(number, column, "=1/0", None, ERROR)
                else:
                    sheet.write(number, column, cell)
    return written.getvalue()


def as_ods(rows: list[list[str]]) -> bytes:
    error = 'calcext:value-type="error" '
    made = [[ods_cell(cell, error if cell == ERROR else "") for cell in row] for row in rows]
    return ods(
        *(f"<table:table-row>{''.join(row)}</table:table-row>" for row in made[1:]), header=tuple(rows[0])
    )


@pytest.mark.parametrize("written", (as_csv, as_xlsx, as_ods))
@pytest.mark.parametrize(
    ("by", "rows", "wrong", "titles"),
    (
        (OUTLINE, [["No", "Title"], ["1", "A"], [ERROR, "B"], ["1.1", "C"]], {3: "No:A3"}, {"A"}),
        (LEVELS, [["Goal", "Part"], ["A", ""], ["", ERROR], ["", "P"]], {3: "Part:B3"}, {"A", "P"}),
        (
            LEVELS,
            [["Goal", "Part"], ["A", ""], [ERROR, ""], ["", "P"], ["B", ""], ["", "Q"]],
            {3: "Goal:A3", 4: "Goal:A3"},
            {"A", "B", "Q"},
        ),
        (LEADS, [["Name", "Lead", "Lead"], ["A", "Ann", ERROR], ["B", "Ann", "Ben"]], {2: "Lead:C2"}, {"B"}),
        (LEADS, [["Name", "Lead", "Lead"], ["A", ERROR, "Ann"], ["B", "Ann", "Ben"]], {2: "Lead:B2"}, {"B"}),
        (KINDS, [["Name", "Kind"], ["A", "O"], ["B", ERROR], ["C", "O"]], {3: "Kind:B3"}, {"A", "C"}),
    ),
)
async def test_every_use_of_an_error_value_rejects_the_row_with_its_cell(
    place, written, by, rows, wrong, titles
):
    report = await bring(place, written(rows), by, skip_invalid=True)
    assert {each.place.partition(",")[0]: each.message for each in report.errors} == {
        f"row {row}": f"{column} is {ERROR} in cell {cell}, an error of its formula"
        for row, (column, cell) in ((row, said.split(":")) for row, said in wrong.items())
    }
    assert len(report.errors) == len(wrong)
    assert {each["title"] for each in (await by_name(place, "objective")).values()} == titles
    assert not {each["name"] for each in (await by_name(place, "person")).values()} - {"Ann", "Ben"}


async def test_what_lies_below_a_row_of_unknown_kind_does_not_go_to_the_objective_before(place):
    rows = [["Name", "Kind"], ["A", "O"], ["B", ERROR], ["K", "K"]]
    report = await bring(place, as_csv(rows), KINDS, skip_invalid=True)
    assert [each.message for each in report.errors] == [
        f"Kind is {ERROR} in cell B3, an error of its formula",
        "@above is empty",
    ]
    assert not await by_name(place, "key_result")


async def test_a_row_that_no_rule_takes_is_told_without_python(place):
    by = KINDS.model_copy(deep=True)
    rows = [{"Name": "A", "Kind": "O"}, {"Name": "B"}, {"Name": "C", "Kind": "it's"}]
    report = await bring(place, table(["Name", "Kind"], rows), by)
    said = [row.message for row in report.rows if row.code == "ROW_IGNORED"]
    assert said == [
        "No rule of the mapping fits it: Kind is empty",
        'No rule of the mapping fits it: Kind is "it\'s"',
    ]
    assert ("row 3", "ROW_IGNORED") in remarks(report)


@pytest.mark.parametrize("text", ("#REF!", "#N/A", "#SPILL!", "#NAME?", "Err:502", " #DIV/0! "))
def test_a_text_that_a_spreadsheet_writes_for_an_error_is_one_in_csv_and_no_more(text):
    [record] = read_table(f"Name,Of,To\nK,O,{text}\n".encode(), MAPPING).records
    assert record.cells["to"] == CellError(text.strip(), "C2", "To")
    assert not is_error_text(f"{text.strip()} is told")
    [_, record] = read_table(book(("C3", "write_string", text.strip())), MAPPING).records
    assert record.cells["to"] == text.strip()


@pytest.mark.parametrize(
    ("written", "text"),
    (
        (b"<v><![CDATA[#SPILL!]]></v>", "#SPILL!"),
        (b"<v><![CDATA[#SP]]>ILL!</v>", "#SPILL!"),
        (b"<v>#SP<![CDATA[ILL!]]></v>", "#SPILL!"),
        (b"<v>#<!-- a -->REF!</v>", "#REF!"),
        (b"<v><!-- a -->#SPILL!<!-- b --></v>", "#SPILL!"),
        (b"<v>&#35;REF!</v>", "#REF!"),
        (b"<v>#N/A\n</v>", "#N/A"),
        (b"<v>#A\nB!</v>", "#A B!"),
        (b"<v/>", "an error"),
        (b"<v></v>", "an error"),
    ),
)
def test_an_error_value_of_xlsx_is_told_in_one_line_however_its_xml_is_written(written, text):
    content = book(("C2", "write_formula", "=1/0", None, "#DIV/0!"))
    changed = repacked(content, lambda sheet: sheet.replace(b"<v>#DIV/0!</v>", written))
    records = list(read_table(changed, MAPPING).records)
    assert records[0].cells["to"] == CellError(text, "C2", "To")
    assert records[1].cells["to"] == 5


def test_an_error_value_of_ods_is_told_from_its_text_and_not_from_a_comment():
    comment = "<office:annotation><text:p>#REF! was here</text:p></office:annotation>"
    number = '<table:table-cell office:value-type="float" office:value="%s">%s<text:p>%s</text:p></table:table-cell>'
    rows = (number % (0, comment, "Err:503"), number % (7, comment.replace(" was here", ""), "7"))
    name = ods_cell("K")
    records = read_table(
        ods(*(f"<table:table-row>{name}{name}{row}</table:table-row>" for row in rows)), MAPPING
    ).records
    assert [each.cells["to"] for each in records] == [CellError("Err:503", "C2", "To"), 7]


@pytest.mark.parametrize("span", ('table:number-rows-spanned="2"', 'table:number-columns-spanned="2"'))
def test_merged_cells_of_ods_are_refused_unless_they_are_above_the_header(span):
    merged = ods_cell("O", f'{span} table:number-matrix-rows-spanned="1"')
    row = f"<table:table-row>{merged}<table:covered-table-cell/></table:table-row>"
    last = "A3" if "rows-spanned" in span.partition("=")[0] else "B2"
    with pytest.raises(CellsAreMerged, match=rf"Sheet 'Goals' has merged cells, A2:{last}: unmerge them"):
        read_table(ods(row), MAPPING)
    single = ods_cell("O", 'table:number-rows-spanned="1" table:number-columns-spanned="1"')
    header = f"<table:table-row>{''.join(map(ods_cell, ROWS[0]))}</table:table-row>"
    title = f"<table:table-row>{ods_cell('Goals', span.replace('rows', 'columns'))}</table:table-row>"
    below = f"<table:table-row>{single}</table:table-row>"
    [record] = read_table(ods(title, header, below, header=("",)), MAPPING).records
    assert (record.number, record.cells) == (4, {"name": "O"})


@pytest.mark.parametrize("error", ("#DIV/0!", "#SPILL!"))
def test_an_error_value_in_the_header_is_named(error):
    content = book(("C1", "write_formula", "=1/0", None, "#DIV/0!"))
    content = repacked(content, lambda sheet: sheet.replace(b"#DIV/0!", error.encode()))
    strict = mapping(["Name", "To"], objectives=[{"id": "Name", "title": "Name", **Q2}])
    with pytest.raises(ColumnsDiffer, match=rf"cell C1 is {error}, an error of its formula.*it lacks To$"):
        read_table(content, strict)
    assert read_table(content, MAPPING).names[error.casefold()] == error
