"""Every file of ../shared/data/csv comes in by its mapping, twice without a difference."""

from datetime import datetime

import pytest

from okr_api.services.foreign_files.mapping_catalog import mapping_for, shipped_mappings
from okr_api.services.foreign_files.source_table import columns_of
from tests.services.foreign_files.rows_of_tools import OF_TOOLS
from tests.services.foreign_files.tables import CSV, bring, header_of, remarks, shared, shared_file, table
from tests.services.import_export.files import by_name, exported

EXAMPLES = {
    "inquirer-cy22q2.appfire": {"objectives": 6, "key_results": 12},
    "sourcegraph-cy19q4.appfire": {"objectives": 24, "key_results": 42},
}


async def twice(place, content, mapping, **how):
    """Import a file twice, and return the first report, once the second has changed nothing."""
    report = await bring(place, content, mapping, **how)
    assert report.errors == []
    before, seq = await exported(place), await place.seq()
    again = await bring(place, content, mapping, **how)
    assert (again.errors, again.changed, again.seq) == ([], False, None)
    assert (await exported(place), await place.seq()) == (before, seq)
    assert await place.verify() == []
    return report


@pytest.mark.parametrize(("name", "counts"), EXAMPLES.items())
async def test_an_example_comes_in_twice_without_a_difference(place, name, counts):
    content = shared_file(CSV / "examples" / f"{name}.csv")
    report = await twice(place, content, "appfire-okr-for-jira", namespace=name)
    assert {section: report.counts[section].created for section in counts} == counts


@pytest.mark.parametrize("name", OF_TOOLS)
async def test_rows_in_published_columns_come_in_twice_without_a_difference(place, name):
    case = OF_TOOLS[name]
    columns = header_of(CSV / "headers" / f"{name}.csv")
    assert {column for row in case.rows for column in row} <= set(columns)
    report = await twice(place, table(columns, case.rows), case.mapping, **case.how)
    assert {section: report.counts[section].created for section in case.counts} == case.counts
    assert {code for _, code in remarks(report)} <= {"TEAMS_LEFT_OUT", "CURRENT_TAKEN", "NOTHING_TO_DROP"}


def test_every_shared_file_is_tried_and_recognised_by_its_columns():
    files = shared("headers")
    if not files:
        pytest.skip("../shared/data/csv is not here")
    assert {path.stem for path in files} == set(OF_TOOLS)
    assert {path.stem for path in shared("examples")} == set(EXAMPLES)
    for path in files:
        assert mapping_for(columns_of(header_of(path))) == OF_TOOLS[path.stem].mapping, path.stem


def test_every_mapping_but_that_of_gitlab_has_a_shared_file():
    assert set(shipped_mappings()) == {case.mapping for case in OF_TOOLS.values()} | {"gitlab-okrs"}


async def test_a_quarter_of_appfire_has_its_tree_its_numbers_and_its_cycle(place):
    content = shared_file(CSV / "examples" / "sourcegraph-cy19q4.appfire.csv")
    await bring(place, content, "appfire-okr-for-jira", namespace="s")
    objectives, key_results = await by_name(place, "objective"), await by_name(place, "key_result")
    cycles, teams = await by_name(place, "cycle"), await by_name(place, "team")
    assert {(row["name"], str(row["starts_on"]), str(row["ends_on"])) for row in cycles.values()} == {
        ("CY19-Q4", "2019-10-01", "2019-12-31")
    }
    edges = await place.fetch("select child_id, parent_objective_id from alignment")
    pairs = {(edge["child_id"], edge["parent_objective_id"]) for edge in edges}
    assert (objectives["s:1.1"]["id"], objectives["s:1"]["id"]) in pairs
    assert key_results["s:1.1.1"]["objective_id"] == objectives["s:1.1"]["id"]
    assert objectives["s:1.1"]["team_id"] == teams["s:sales (closing deals)"]["id"]
    assert objectives["s:1"]["title"] == "Net new ARR"


async def test_last_values_become_readings_with_the_status_of_the_table(place):
    case = OF_TOOLS["peoplebox-v2"]
    columns = header_of(CSV / "headers" / "peoplebox-v2.csv")
    await bring(place, table(columns, case.rows), case.mapping, namespace="p")
    found = await by_name(place, "key_result")
    assert (found["p:R4"]["current_value"], found["p:R4"]["progress"]) == (700.0, 0.5)
    [reading] = await place.fetch("select value, status, effective_at from check_in")
    assert (reading["value"], reading["status"]) == (700.0, "AT_RISK")
    assert isinstance(reading["effective_at"], datetime)
