"""Rows that are broken, ignored or refer to something: each has its own line in the report."""

import json

import pytest

from okr_api.services.foreign_files.errors import ColumnsDiffer, MappingIsUnclear
from okr_api.services.foreign_files.mapping_file import MAX_MAPPING_BYTES, parse_mapping, read_mapping
from okr_api.services.foreign_files.record_reader import MAX_REPEATED_COLUMNS
from tests.services.foreign_files.tables import bring, remarks, table
from tests.services.import_export.files import by_name, exported

APPFIRE = ("Order", "Type", "Summary", "Status", "Period", "Owner", "Weight", "Labels", "Teams", "Start value", "Current value", "Target value")  # fmt: skip


def objective(order, **more):
    return {"Order": order, "Type": "Objective", "Summary": f"Objective {order}", "Period": "2026-Q2"} | more


def key_result(order, **more):
    return {
        "Order": order,
        "Type": "Key result",
        "Summary": f"Result {order}",
        "Start value": 0,
        "Target value": 10,
    } | more


def appfire(*rows, **more):
    return table(APPFIRE, rows, **more)


def mapping(**parts):
    """Return a mapping of a table with columns Name and Goal."""
    written = {"format": "okr-mapping/1", "title": "Ours", "requires": ["Name"]}
    made = {"objectives": [{"id": "Name", "title": "Name", "cycle": {"value": "2026-Q2"}}]}
    return parse_mapping(json.dumps(written | made | parts).encode(), "ours.json")


async def test_ten_percent_of_broken_rows_have_an_error_each_and_nothing_comes_in(place):
    wrong = {
        4: ({"Target value": "ten"}, "Target value is 'ten', not a number"),
        14: ({"Summary": ""}, "Summary is empty"),
        24: ({"Status": "Great"}, "Status is 'Great'; the mapping has Not started, On track"),
        34: ({"Order": "1"}, "@parent is empty"),
        44: ({"Order": "1.41"}, "Another row of key_results is '1.41'"),
    }
    rows = [objective("1"), *(key_result(f"1.{number}") for number in range(1, 50))]
    for number, (said, _) in wrong.items():
        rows[number - 2] |= said
    report = await bring(place, appfire(*rows), "appfire-okr-for-jira")
    assert report.refused
    assert await place.seq() == 0
    found = {row.place.partition(",")[0]: row.message for row in report.errors}
    assert list(found) == [f"row {number}" for number in wrong]
    for number, (_, message) in wrong.items():
        assert message in found[f"row {number}"]


async def test_rows_that_are_valid_come_in_without_the_invalid_ones(place):
    rows = [
        objective("1", Weight="much"),
        objective("1.1"),
        key_result("1.2"),
        objective("2"),
        key_result("2.1"),
    ]
    report = await bring(place, appfire(*rows), "appfire-okr-for-jira", skip_invalid=True)
    [error] = report.errors
    assert (error.place, error.message, error.follows) == (
        "row 2, objectives[0] (1)",
        "Weight is 'much', not a number",
        2,  # the key result, and the alignment of the objective below
    )
    assert set(await by_name(place, "key_result")) == {"table:2.1"}
    assert set(await by_name(place, "objective")) == {"table:1.1", "table:2"}


async def test_a_dry_run_reports_the_same_and_saves_nothing(place):
    content = appfire(objective("1"), key_result("1.1"))
    dry = await bring(place, content, "appfire-okr-for-jira", dry_run=True)
    assert (dry.changed, dry.seq, await place.seq()) == (True, None, 0)
    real = await bring(place, content, "appfire-okr-for-jira")
    assert real.counts == dry.counts
    assert [(row.place, row.code, row.message) for row in real.rows] == [
        (row.place, row.code, row.message) for row in dry.rows
    ]


async def test_every_column_that_did_not_fit_is_listed_once(place):
    rows = [
        objective("1", Status="On track", Labels="a"),
        objective("2", Labels="b"),
        key_result("1.1", Teams="Support"),
    ]
    report = await bring(place, appfire(*rows), "appfire-okr-for-jira")
    assert [(row.code, row.message) for row in report.rows if row.place == "file"] == [
        ("READ_AS", "Read as UTF-8, separated by comma"),
        ("NOT_KEPT", "Column 'Status' has no place here: 1 row, such as 'On track'"),
        ("NOT_KEPT", "Column 'Labels' has no place here: 2 rows, such as 'a'"),
        ("NOT_KEPT", "Column 'Teams' has no place here: 1 row, such as 'Support'"),
        ("COLUMN_MISSING", "The file has no column 'Description'"),
        ("COLUMN_MISSING", "The file has no column 'Expected end date'"),
        ("COLUMN_MISSING", "The file has no column 'Expected start date'"),
    ]


async def test_a_row_that_no_rule_takes_is_a_warning(place):
    report = await bring(
        place, appfire(objective("1"), {"Order": "2", "Type": "Epic"}), "appfire-okr-for-jira"
    )
    assert [(row.place, row.code, row.message) for row in report.rows if row.code == "ROW_IGNORED"] == [
        ("row 3", "ROW_IGNORED", "No rule of the mapping fits it: Type is 'Epic'")
    ]
    with pytest.raises(ColumnsDiffer, match="has no rows below its header"):
        await bring(place, appfire({"Order": "2", "Type": "Epic"}), "appfire-okr-for-jira")


async def test_a_further_team_is_left_out_with_a_note(place):
    report = await bring(place, appfire(objective("1", Teams="Support, Sales")), "appfire-okr-for-jira")
    assert ("row 2", "TEAMS_LEFT_OUT") in remarks(report)
    assert set(await by_name(place, "team")) == {"table:support"}


async def test_people_teams_and_cycles_of_the_organisation_are_found_by_name(place):
    ann = await place.person("Ann Lee", email="ann@acme.test")
    ben = await place.person("Ben Roy")
    team = await place.team("Support")
    cycle = await place.cycle("2026-q2")
    content = appfire(objective("1", Owner="ANN@acme.test, ben  roy, cy@acme.test", Teams="support"))
    report = await bring(place, content, "appfire-okr-for-jira")
    assert {section: counts.created for section, counts in report.counts.items() if counts.created} == {
        "objectives": 1,
        "people": 1,
    }
    row = (await by_name(place, "objective"))["table:1"]
    assert (row["owner_id"], row["team_id"], row["cycle_id"]) == (ann, team, cycle)
    assert row["contributor_ids"] == [ben, (await by_name(place, "person"))["table:cy@acme.test"]["id"]]
    before = await exported(place)
    assert not (await bring(place, content, "appfire-okr-for-jira")).changed
    assert await exported(place) == before


async def test_a_person_of_a_file_whom_the_organisation_has_stays_as_they_are(place):
    ann = await place.person("Ann Lee", email="ann@acme.test")
    columns = ("User Name", "User Email", "Teams", "Manager Email", "Is Org Admin")
    content = table(
        columns,
        [{"User Name": "A. Lee", "User Email": "Ann@Acme.test", "Teams": "Support", "Is Org Admin": "Yes"}],
    )
    report = await bring(place, content, "viva-goals-users")
    assert remarks(report) == [("row 2", "ALREADY_THERE")]
    [person] = await place.fetch("select id, name, role from person where email is not null")
    assert (person["id"], person["name"]) == (ann, "Ann Lee")
    [member] = await place.fetch("select person_id from team_membership")
    assert member["person_id"] == ann
    assert not (await bring(place, content, "viva-goals-users")).changed


async def test_files_of_one_tool_share_their_people_and_teams(place):
    users = table(
        ("User Name", "User Email", "Teams", "Manager Email", "Is Org Admin"),
        [{"User Name": "Ann Lee", "User Email": "ann@acme.test", "Teams": "Support", "Is Org Admin": "No"}],
    )
    goals = table(
        ("Row ID", "Title", "Parent", "Entity", "Owner Email", "Time Period"),
        [
            {
                "Row ID": 1,
                "Title": "Answer fast",
                "Entity": "Support",
                "Owner Email": "Ann@acme.test",
                "Time Period": "Q2 2026",
            }
        ],
    )
    assert (await bring(place, users, "viva-goals-users")).errors == []
    report = await bring(place, goals, "viva-goals-okrs")
    assert {section for section, counts in report.counts.items() if counts.created} == {
        "objectives",
        "cycles",
    }
    [row] = (await by_name(place, "objective")).values()
    people, teams = await by_name(place, "person"), await by_name(place, "team")
    assert row["owner_id"] == people["viva-goals:ann@acme.test"]["id"]
    assert row["team_id"] == teams["viva-goals:support"]["id"]


async def test_a_name_that_two_people_have_is_refused(place):
    await place.person("Ann Lee")
    await place.person("Ann Lee")
    report = await bring(place, appfire(objective("1", Owner="Ann Lee")), "appfire-okr-for-jira")
    assert [row.message for row in report.errors] == [
        "Several of the people are named 'Ann Lee'; say which by another id"
    ]


async def test_a_row_without_a_period_needs_one(place):
    rows = [objective("1", Period=""), objective("2", Period="Sprint 7")]
    report = await bring(place, appfire(*rows), "appfire-okr-for-jira")
    assert [row.message for row in report.errors] == [
        "It has no period and no days; name one for such rows with --cycle",
        "Period 'Sprint 7' names no quarter, half or year, and the row has not both days",
    ]
    report = await bring(place, appfire(rows[0]), "appfire-okr-for-jira", cycle="2026-H1")
    assert report.errors == []
    [cycle] = (await by_name(place, "cycle")).values()
    assert (cycle["name"], str(cycle["starts_on"]), str(cycle["ends_on"])) == (
        "2026-H1",
        "2026-01-01",
        "2026-06-30",
    )
    with pytest.raises(MappingIsUnclear, match="'soon' is no period such as 2026"):
        await bring(place, appfire(rows[0]), "appfire-okr-for-jira", cycle="soon")


async def test_a_key_result_under_a_key_result_is_refused(place):
    rows = [objective("1"), key_result("1.1"), key_result("1.1.1")]
    report = await bring(place, appfire(*rows), "appfire-okr-for-jira")
    assert [(row.place, row.message) for row in report.errors] == [
        ("row 4, key_results[1] (1.1.1)", "It lies under '1.1', which is a key result and no objective")
    ]


async def test_a_cycle_lies_in_the_shortest_that_encloses_it(place):
    rows = [
        {"Name": "year", "Period": "2026"},
        {"Name": "half", "Period": "H1 2026"},
        {"Name": "quarter", "Period": "Q2 2026"},
    ]
    by = mapping(objectives=[{"id": "Name", "title": "Name", "cycle": "Period"}])
    assert (await bring(place, table(("Name", "Period"), rows), by)).errors == []
    cycles = await by_name(place, "cycle")
    assert cycles["table:q2 2026"]["parent_id"] == cycles["table:h1 2026"]["id"]
    assert cycles["table:h1 2026"]["parent_id"] == cycles["table:2026"]["id"]


async def test_values_and_lists_of_a_mapping_of_ones_own(place):
    by = mapping(
        decimal=",",
        objectives=[
            {
                "when": [{"column": "What", "is_in": ["Ziel"]}],
                "id": "Name", "title": "Name", "cycle": {"value": "2026-Q2"},
                "kind": {"column": "Art", "values": {"Pflicht": "COMMITTED", "Kür": "ASPIRATIONAL"}, "unknown_values": "leave_out"},
            }
        ],
        key_results=[{"when": [{"column": "What", "is_in": ["Kennzahl"]}], "id": "Name", "title": "Name", "objective": "Of", "start": {"value": 0}, "target": "Soll"}],
    )  # fmt: skip
    rows = [
        {"Name": "Schneller", "What": "ZIEL", "Art": "kür"},
        {"Name": "Besser", "What": "Ziel", "Art": "anders"},
        {"Name": "Umsatz", "What": "Kennzahl", "Of": "Schneller", "Soll": "1.234,5 €"},
    ]
    assert (await bring(place, table(("Name", "What", "Art", "Of", "Soll"), rows, ";"), by)).errors == []
    found = await by_name(place, "objective")
    assert {row["title"]: row["kind"] for row in found.values()} == {
        "Schneller": "ASPIRATIONAL",
        "Besser": "COMMITTED",
    }
    [result] = (await by_name(place, "key_result")).values()
    assert (result["target_value"], result["unit"]) == (1234.5, "€")


async def targets(place, *written, **parts):
    """Import key results with these targets; return the targets by title, and the report."""
    by = mapping(
        key_results=[{"when": [{"column": "Soll", "filled": True}], "id": "Name", "title": "Name", "objective": "Of", "target": "Soll"}],
        objectives=[{"when": [{"column": "Soll", "filled": False}], "id": "Name", "title": "Name", "cycle": {"value": "2026-Q2"}}],
        **parts,
    )  # fmt: skip
    rows = [{"Name": "O"}, *({"Name": each, "Of": "O", "Soll": each} for each in written)]
    report = await bring(place, table(("Name", "Of", "Soll"), rows, ";"), by, skip_invalid=True)
    found = await by_name(place, "key_result")
    return {row["title"]: row["target_value"] for row in found.values()}, report


async def test_one_number_with_a_decimal_comma_decides_for_the_file(place):
    found, report = await targets(place, "1,250", "0,5", "2.500", "7")
    assert found == {"1,250": 1.25, "0,5": 0.5, "2.500": 2500.0, "7": 7.0}
    assert "DECIMAL_COMMA" in [row.code for row in report.rows]


async def test_a_comma_separates_thousands_where_no_number_says_otherwise(place):
    found, report = await targets(place, "1,250", "7")
    assert found == {"1,250": 1250.0, "7": 7.0}
    assert "DECIMAL_COMMA" not in [row.code for row in report.rows]


async def test_numbers_that_contradict_one_another_are_refused(place):
    found, report = await targets(place, "1,250", "0,5", "0.5", "7")
    assert found == {"7": 7.0}
    assert [row.code for row in report.errors] == ["ROW_IS_UNCLEAR"] * 3


async def test_numbers_that_contradict_the_mapping_are_refused(place):
    found, report = await targets(place, "1,250", "0,5", decimal=".")
    assert found == {"1,250": 1250.0}
    assert [row.message for row in report.errors] == [
        "Soll is '0,5', not a number; if ',' is the decimal sign, say so in `decimal` of the mapping"
    ]


SAP = ("^TYPE", "ACTION", "ID", "GUID", "SUBGUID", "FILTER_USERNAME", "NAME")


def goal(action, guid, **more):
    return {"^TYPE": "Goal", "ACTION": action, "GUID": guid, **more}


async def test_a_goal_that_is_deleted_is_dropped_where_it_is_without_a_cycle(place):
    rows = [goal("Add", "g1", NAME="Answer fast"), goal("Add", "g2", NAME="Grow")]
    assert (await bring(place, table(SAP, rows), "sap-successfactors", cycle="2026-Q1")).errors == []
    before = await by_name(place, "objective")
    deleted = table(SAP, [goal("Delete", "g1"), goal("Delete", "never")])
    for how in ({}, {"cycle": "2026-Q3"}):
        report = await bring(place, deleted, "sap-successfactors", **how)
        assert report.errors == []
        assert remarks(report) == [("row 3", "NOTHING_TO_DROP")]
    after = await by_name(place, "objective")
    assert {name: (row["title"], row["cycle_id"]) for name, row in after.items()} == {
        name: (row["title"], row["cycle_id"]) for name, row in before.items()
    }
    assert {row["title"]: row["state"] for row in after.values()} == {
        "Answer fast": "DROPPED",
        "Grow": "PUBLISHED",
    }
    assert len(await by_name(place, "cycle")) == 1


async def test_a_goal_that_a_file_adds_and_deletes_is_refused(place):
    rows = [goal("Add", "g1", NAME="Answer fast"), goal("Delete", "g1")]
    report = await bring(place, table(SAP, rows), "sap-successfactors", cycle="2026-Q1")
    assert report.errors


async def test_values_of_a_key_result_have_one_unit(place):
    rows = [
        objective("1"),
        key_result("1.1", **{"Start value": "$1", "Current value": "€2", "Target value": "3"}),
    ]
    report = await bring(place, appfire(*rows), "appfire-okr-for-jira")
    assert [row.message for row in report.errors] == ["Its values have different units: $, €"]


async def test_repeated_columns_are_read_up_to_50(place):
    by = mapping(
        key_results=[{"repeat": True, "id": {"join": ["Name", "KR {n}"]}, "title": "KR {n}", "objective": "Name", "when": [{"column": "KR {n}", "filled": True}]}]
    )  # fmt: skip
    columns = ["Name", *(f"KR {number}" for number in range(1, MAX_REPEATED_COLUMNS + 2))]
    report = await bring(
        place, table(columns, [{"Name": "O", **{column: column for column in columns[1:]}}]), by
    )
    assert report.counts["key_results"].created == MAX_REPEATED_COLUMNS == 50
    assert "Column 'KR 51' has no place here: 1 row, such as 'KR 51'" in [row.message for row in report.rows]


WRONG = {
    "unknown field": ({"colour": "red"}, "colour: unknown field"),
    "unknown field of a rule": (
        {"objectives": [{"id": "Name", "title": "Name", "colour": "Farbe"}]},
        "objectives.0.colour: unknown field",
    ),
    "a rule without a title": ({"objectives": [{"id": "Name"}]}, "objectives.0.title: Field required"),
    "two sources": (
        {"objectives": [{"id": "Name", "title": {"column": "a", "value": "b"}}]},
        "objectives.0.title: Value error, exactly one of column, first_of, join and value is needed",
    ),
    "another format": ({"format": "okr-mapping/9"}, "format: Input should be 'okr-mapping/1'"),
    "nothing that is made": (
        {"objectives": []},
        "one of teams, people, objectives and key_results is needed",
    ),
    "a table with records": ({"records": "a.b"}, "records is needed for json, and only there"),
    "a condition without a test": (
        {"objectives": [{"id": "Name", "title": "Name", "when": [{"column": "a"}]}]},
        "objectives.0.when.0: Value error, exactly one of is_in and filled is needed",
    ),
    "a tree of two forms": ({"tree": {"outline": "a", "levels": ["b"]}}, "tree: Value error, exactly one of"),
}


@pytest.mark.parametrize(("parts", "why"), WRONG.values(), ids=WRONG)
def test_a_mapping_that_is_wrong_says_where(parts, why):
    with pytest.raises(MappingIsUnclear, match=r"ours\.json is no mapping: ") as refusal:
        mapping(**parts)
    assert why in refusal.value.message


def test_a_mapping_has_at_most_256_kib_and_tells_five_problems(tmp_path):
    file = tmp_path / "large.json"
    text = mapping().model_dump_json().encode()
    file.write_bytes(text.ljust(MAX_MAPPING_BYTES))
    assert read_mapping(file) == mapping()
    file.write_bytes(text.ljust(MAX_MAPPING_BYTES + 1))
    with pytest.raises(MappingIsUnclear, match="more than 262,144 bytes"):
        read_mapping(file)
    with pytest.raises(MappingIsUnclear) as refusal:
        mapping(**{f"field_{number}": 1 for number in range(9)})
    assert refusal.value.message.count("unknown field") == 5
    with pytest.raises(MappingIsUnclear, match="cannot be read"):
        read_mapping(tmp_path / "nowhere.json")
