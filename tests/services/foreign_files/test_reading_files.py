"""Foreign files are read in any encoding and with any delimiter; what cannot be read has its own error."""

import codecs
import io
from datetime import date, datetime
from math import inf, nan

import pytest
import xlsxwriter

from okr_api.services.foreign_files import source_table
from okr_api.services.foreign_files.cell_parsers import (
    MAX_NUMBER_CHARACTERS,
    parse_day,
    parse_list,
    parse_number,
)
from okr_api.services.foreign_files.csv_reader import MAX_CELL_CHARACTERS
from okr_api.services.foreign_files.cycle_names import cycle_around, days_of_cycle
from okr_api.services.foreign_files.errors import (
    CellsAreMerged,
    ColumnsDiffer,
    QuotesAreUnbalanced,
    TableTooLarge,
)
from okr_api.services.foreign_files.mapping_catalog import find_mapping
from okr_api.services.foreign_files.source_table import (
    MAX_HEADER_ROW,
    MAX_TABLE_COLUMNS,
    MAX_TABLE_ROWS,
)
from okr_api.services.foreign_files.table_import import fitting_mapping, read_table
from okr_api.services.import_export.errors import RowIsUnclear
from tests.services.foreign_files.rows_of_tools import OF_TOOLS
from tests.services.foreign_files.tables import table

MAPPING = find_mapping("engagedly")
COLUMNS = ("Goal", "Notes", "Goal Identifier", "Start Date", "End Date", "Assigner")
ROW = {"Goal": "Größer – schneller", "Goal Identifier": "G;1", "Assigner": "Ann, Ben"}


def cells(content: bytes, mapping=MAPPING):
    """Return the cells of each record by row number."""
    return {record.number: record.cells for record in read_table(content, mapping).records}


def workbook(*sheets, merged=()) -> bytes:
    """Return an XLSX file: sheets are (name, first row, rows), merged ranges are of the first."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, first, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(first + place, 0, row)
        for place in merged:
            book.worksheets()[0].merge_range(place, "together")
    return written.getvalue()


@pytest.mark.parametrize(
    "encoding", ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
)
@pytest.mark.parametrize("delimiter", (",", ";", "\t", "|"))
def test_encodings_and_delimiters_are_told_apart(encoding, delimiter):
    content = table(COLUMNS, [ROW], delimiter).encode(encoding)
    assert cells(content) == {
        2: {"goal": "Größer – schneller", "goal identifier": "G;1", "assigner": "Ann, Ben"}
    }


def test_a_file_that_is_not_utf_8_is_noted():
    notes = dict(read_table(table(COLUMNS, [ROW], ";").encode("cp1252"), MAPPING).notes)
    assert notes == {
        "READ_AS": "Read as CP1252, separated by semicolon",
        "NOT_UTF_8": "The file is not UTF-8, and was read as Windows-1252",
    }


def test_titles_above_the_header_blank_rows_and_quoted_lines_keep_their_numbers():
    text = 'Export of 1 May\r\n\r\nGOAL,notes,Goal  Identifier,Start Date,End Date,Assigner\r\n,,,,,\r\n"a\nb",,1,,,\r\n'
    assert cells(text.encode()) == {5: {"goal": "a\nb", "goal identifier": "1"}}


def test_a_repeated_column_has_the_values_of_both():
    text = ",".join([*COLUMNS, "Label", "Label"]) + "\nx,,1,,,,red,blue\n"
    assert cells(text.encode())[2]["label"] == "red\nblue"


def test_a_row_that_is_wider_than_the_header_says_so():
    [record] = read_table((",".join(COLUMNS) + "\na,b,1,,,Ann,more\n").encode(), MAPPING).records
    assert record.problem == "The row has 7 cells, the header 6"


def test_a_sheet_is_found_by_its_columns_with_days_numbers_and_row_numbers():
    row = ["Answer fast", "", 7.0, datetime(2026, 4, 1), date(2026, 6, 30), True]  # noqa: DTZ001
    content = workbook(("Cover", 0, [["Our goals"]]), ("Goals", 3, [COLUMNS, row]))
    read = read_table(content, MAPPING)
    assert [code for code, _ in read.notes] == ["SHEETS_IGNORED"]
    [record] = read.records
    assert (record.number, record.cells) == (
        5,
        {
            "goal": "Answer fast",
            "goal identifier": 7,
            "start date": date(2026, 4, 1),
            "end date": date(2026, 6, 30),
            "assigner": True,
        },
    )


def test_merged_cells_are_refused_with_their_places():
    rows = [COLUMNS, ["a", "", 1], ["", "", 2]]
    with pytest.raises(CellsAreMerged, match=r"Sheet 'Goals' has merged cells, A2:A3: unmerge them"):
        read_table(workbook(("Goals", 0, rows), merged=["A2:A3"]), MAPPING)
    many = [f"B{row}:C{row}" for row in range(2, 10)]
    with pytest.raises(CellsAreMerged, match=r"B2:C2, B3:C3, B4:C4, B5:C5, B6:C6 and 3 more"):
        read_table(workbook(("Goals", 0, rows), merged=many), MAPPING)


def test_merged_cells_above_the_header_are_a_title():
    content = workbook(("Goals", 2, [COLUMNS, ["a", "", 1]]), merged=["A1:F1"])
    assert cells(content) == {4: {"goal": "a", "goal identifier": 1}}


@pytest.mark.parametrize("as_sheet", (False, True))
def test_a_file_of_another_tool_names_the_mapping_that_fits(as_sheet):
    columns = ["Row ID", "Parent Row IDs", "Goal Title", "Owner Emails", "Goal Cycle", "Goal Type"]
    content = workbook(("S", 0, [columns])) if as_sheet else ",".join(columns).encode()
    with pytest.raises(ColumnsDiffer, match="it has those of the mapping peoplebox-v2"):
        read_table(content, MAPPING)
    assert fitting_mapping(content) == "peoplebox-v2"


def test_a_file_without_some_of_the_columns_says_which():
    with pytest.raises(ColumnsDiffer, match=r"it lacks Assigner$"):
        read_table(b"Goal,Notes,Goal Identifier,Start Date,End Date\n", MAPPING)
    with pytest.raises(ColumnsDiffer, match="Engagedly, goals has Goal, Notes"):
        read_table(b"a,b\n1,2\n", MAPPING)


@pytest.mark.parametrize(
    "content", (b"\x81\x8d\x8f", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0broken", b"", b"\x00" * 99)
)
def test_what_is_no_table_is_refused(content):
    with pytest.raises(ColumnsDiffer):
        read_table(content, MAPPING)
    assert fitting_mapping(content) is None


def test_a_table_has_at_most_50_000_rows_200_columns_and_64_mib(monkeypatch):
    rows = "a,,1\n" * MAX_TABLE_ROWS
    head = ",".join(COLUMNS) + "\n"
    assert len(cells((head + rows).encode())) == MAX_TABLE_ROWS == 50_000
    with pytest.raises(TableTooLarge, match="more than 50,000 rows"):
        cells((head + rows + "a,,1\n").encode())
    wide = [*COLUMNS, *map(str, range(MAX_TABLE_COLUMNS - len(COLUMNS)))]
    assert cells((",".join(wide) + "\na,,1\n").encode())
    with pytest.raises(TableTooLarge, match="201 columns"):
        cells((",".join([*wide, "more"]) + "\na,,1\n").encode())
    size = len(head)
    monkeypatch.setattr(source_table, "MAX_TABLE_BYTES", size)
    assert cells(head.encode()) == {}
    with pytest.raises(TableTooLarge, match=f"has {size + 1} bytes; at most {size}"):
        cells(head.encode() + b"\n")


def test_a_header_is_looked_for_in_20_rows():
    head = ",".join(COLUMNS) + "\na,,1\n"
    assert cells(("x\n" * (MAX_HEADER_ROW - 1) + head).encode())
    with pytest.raises(ColumnsDiffer):
        cells(("x\n" * MAX_HEADER_ROW + head).encode())


def test_a_cell_has_at_most_131_072_characters():
    head = ",".join(COLUMNS) + "\n"
    assert cells(f"{head}{'x' * MAX_CELL_CHARACTERS},,1\n".encode())
    with pytest.raises(TableTooLarge, match="A cell of row 2 has more than 131,072 characters"):
        cells(f"{head}{'x' * (MAX_CELL_CHARACTERS + 1)},,1\n".encode())


UNBALANCED = {
    "to the end": ('a,,1\n"b,,2\nc,,3\n', 3),
    "to the next quote": ('a,,1\nb,"x,2\nc,"y",3\nd,,4\n', 3),
    "text after it": ('"a"b,,1\n', 2),
    "one in quotes": ('"5" screen",,1\n', 2),
}


@pytest.mark.parametrize(("rows", "number"), UNBALANCED.values(), ids=UNBALANCED)
def test_a_quote_that_is_not_closed_is_refused_with_its_row(rows, number):
    with pytest.raises(QuotesAreUnbalanced, match=rf"^A quote in row {number} is not closed"):
        cells((",".join(COLUMNS) + "\n" + rows).encode())
    with pytest.raises(QuotesAreUnbalanced, match=r"^A quote in row 1 is not closed"):
        cells(('"' + ",".join(COLUMNS) + "\n").encode())


def test_a_cell_that_holds_the_rows_up_to_the_end_of_the_file_is_refused():
    head = ",".join(COLUMNS) + "\n"
    with pytest.raises(QuotesAreUnbalanced, match="The last cell of row 3 holds further rows"):
        cells((head + 'a,,1,,,\nb,"x,2,,,\nc,,3,,,\nd,,4,,,Ann"\n').encode())
    assert len(cells((head + 'a,"one, two,\nthree, four, five"\n').encode())) == 1


def test_quotes_within_a_cell_are_no_harm():
    rows = '5" screen,"a ""b""\nc",1\n'
    assert cells((",".join(COLUMNS) + "\n" + rows).encode()) == {
        2: {"goal": '5" screen', "notes": 'a "b"\nc', "goal identifier": "1"}
    }


def test_a_byte_that_cannot_be_decoded_is_named():
    with pytest.raises(
        ColumnsDiffer, match=r"as UTF-8 at byte 3, line 2 \(0x81\), nor as CP1252 at byte 3, line 2"
    ):
        read_table(b"a\n\x81", MAPPING)
    with pytest.raises(ColumnsDiffer, match=r"as UTF-8-SIG at byte \d+.*Save it as UTF-8"):
        read_table(codecs.BOM_UTF8 + b"a\n\x81", MAPPING)


NUMBERS = {
    "12": (12.0, None), "-3.5": (-3.5, None), "1,234.5": (1234.5, None), ".5": (0.5, None), "1 234": (1234.0, None),
    "45%": (45.0, "%"), "45 %": (45.0, "%"), "$1,200": (1200.0, "$"), "1.5 Mio. €": (1.5, "Mio. €"), "+7 pts": (7.0, "pts"), "−4": (-4.0, None),
    "(1,200)": (-1200.0, None), "1,200-": (-1200.0, None), "–50": (-50.0, None), "($5)": (-5.0, "$"), "(50) %": (-50.0, "%"), "-$5": (-5.0, "$"), "$-5": (-5.0, "$"),
}  # fmt: skip


@pytest.mark.parametrize(("written", "number"), NUMBERS.items())
def test_numbers_are_read_with_their_units_and_signs(written, number):
    assert parse_number(written, "Target") == number


def test_a_number_is_read_by_one_decimal_sign():
    assert parse_number("1.234,5", "Target", ",") == (1234.5, None)
    assert parse_number("1.234", "Target", ",") == (1234.0, None)
    assert parse_number("1.234", "Target") == (1.234, None)
    for written, sign in (("12,5", "."), ("0,500", "."), ("1.234,5", "."), ("12.5", ","), ("0.500", ",")):
        with pytest.raises(RowIsUnclear, match="is the decimal sign, say so in `decimal` of the mapping"):
            parse_number(written, "Target", sign)
    assert parse_number("12 %", "Target", None) == (12.0, "%")
    with pytest.raises(RowIsUnclear, match="can be read in one way"):
        parse_number("1,250", "Target", None)


@pytest.mark.parametrize(
    "written",
    (
        "abc", "1.2.3", "12 of 20 tickets solved", "1e999", "NaN", "--", True, "$800k", "$1.2M", "800k", "#DIV/0!", "<5", ">=90%", "~5", "[5]",
        "(5", "5)", "-(5)", "--5", "$5 USD", "1,00,000", "5 elevencharss", "", nan, inf,
    ),
)  # fmt: skip
def test_what_is_no_number_is_refused(written):
    with pytest.raises(RowIsUnclear, match=r"^Target is .*, not a number$"):
        parse_number(written, "Target")


def test_a_number_has_at_most_100_characters():
    assert parse_number("1".ljust(MAX_NUMBER_CHARACTERS), "Target") == (1.0, None)
    with pytest.raises(RowIsUnclear):
        parse_number("1".ljust(MAX_NUMBER_CHARACTERS + 1), "Target")


@pytest.mark.parametrize(
    "written",
    ("2026-04-01", "2026-04-01T12:00:00Z", "01.04.2026", "1 Apr 2026", "1 April 2026", "Apr 1, 2026", "2026/04/01", "1-Apr-2026"),
)  # fmt: skip
def test_days_are_read_in_several_notations(written):
    assert parse_day(written, "Start") == date(2026, 4, 1)


def test_a_day_that_can_be_read_in_two_ways_needs_a_format():
    assert parse_day("04/01/2026", "Start", ("%m/%d/%Y",)) == date(2026, 4, 1)
    for wrong in ("04/01/2026", "2026-02-30", "soon", 46113):
        with pytest.raises(RowIsUnclear, match=r"^Start is .*, not a day such as 2026-01-31"):
            parse_day(wrong, "Start")


def test_a_cell_with_several_values_is_a_list():
    assert parse_list("a, b;c\nd,,a", ",;") == ["a", "b", "c", "d"]
    assert parse_list("Lee, Ann", None) == ["Lee, Ann"]
    assert parse_list(["a ", ""], None) == ["a"]


PERIODS = {
    "Q2 2026": ("2026-04-01", "2026-06-30"), "2026-Q2": ("2026-04-01", "2026-06-30"), "CY22-Q2": ("2022-04-01", "2022-06-30"),
    "Q1'26": ("2026-01-01", "2026-03-31"), "H2 2026": ("2026-07-01", "2026-12-31"), "2026": ("2026-01-01", "2026-12-31"),
    "2026-04-15/2026-05-15": ("2026-04-15", "2026-05-15"), "2024_q1": ("2024-01-01", "2024-03-31"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "days"), PERIODS.items())
def test_names_of_periods_are_read(name, days):
    assert days_of_cycle(name) == tuple(map(date.fromisoformat, days))


@pytest.mark.parametrize(
    "name", ("FY26 Q1", "Sprint 7", "H3 2026", "2026-06-30/2026-04-01", "2026-02-30/2026-03-01", "")
)
def test_a_name_without_calendar_days_is_no_period(name):
    assert days_of_cycle(name) is None


def test_a_goal_without_a_period_is_of_its_quarter_or_of_the_year_in_which_it_ends():
    assert cycle_around(date(2026, 4, 2), date(2026, 6, 30)) == "2026-Q2"
    assert cycle_around(None, date(2026, 11, 1)) == "2026-Q4"
    assert cycle_around(date(2026, 3, 1), date(2026, 6, 30)) == "2026"
    assert cycle_around(date(2025, 12, 1), date(2026, 1, 1)) == "2026"
    assert cycle_around(None, None) is None


def test_every_tools_rows_are_read_from_a_sheet_as_from_text():
    for name, case in OF_TOOLS.items():
        columns = list(
            {column: None for row in case.rows for column in row}
            | dict.fromkeys(find_mapping(case.mapping).requires)
        )
        by = find_mapping(case.mapping)
        rows = [columns, *([row.get(column, "") for column in columns] for row in case.rows)]
        sheet = cells(workbook(("S", 0, rows)), by)
        text = cells(table(columns, case.rows).encode(), by)
        assert {n: {k: str(v) for k, v in row.items()} for n, row in sheet.items()} == text, name
