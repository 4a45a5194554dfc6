"""Partial files: they may refer to what the organisation has; a rejected row reports its cause once."""

import json

from tests.services.import_export.files import (
    bring,
    bring_small,
    by_name,
    check_in,
    exported,
    key_result,
    objective,
    organization_of,
    quarter,
    told,
)


async def test_a_team_below_one_of_the_organisation_is_no_loop(tenant):
    await bring_small(tenant, quarter())
    report = await bring_small(tenant, {"teams": [{"id": "T2", "name": "Second", "parent_id": "T1"}]})
    assert report.errors == []
    teams = await by_name(tenant, "team")
    assert teams["small:T2"]["parent_id"] == teams["small:T1"]["id"]


async def test_a_cycle_within_one_of_the_organisation_is_no_loop(tenant):
    await bring_small(tenant, quarter())
    month = {"id": "M", "name": "May", "start": "2026-05-01", "end": "2026-05-31", "parent_id": "C1"}
    assert (await bring_small(tenant, {"cycles": [month]})).errors == []
    unknown = {"teams": [{"id": "T3", "name": "Third", "parent_id": "T9"}]}
    assert told(await bring_small(tenant, unknown)) == [("teams[0] (T3)", "REFERENCE_IS_UNKNOWN")]


async def test_one_bad_cycle_is_one_error_with_the_number_of_rows_that_follow(tenant):
    document = quarter(
        cycles=[{"id": "C1", "name": "Q", "start": "2026-04-01", "end": "2026-03-01"}],
        objectives=[objective("O1"), objective("O2", parent_objective_id="O1")],
        key_results=[key_result(f"K{i}") for i in range(10)],
        check_ins=[check_in(f"I{i}", f"K{i}", 1) for i in range(10)],
    )
    report = await bring_small(tenant, document)
    assert told(report) == [("cycles[0] (C1)", "INVALID_INPUT")]
    assert report.errors[0].follows == 22
    assert report.counts["check_ins"].skipped == 10


async def test_the_edges_of_a_row_that_is_refused_stay_as_they_were(tenant):
    parents = [objective("O1"), objective("O2", parent_objective_id="O1"), objective("O3")]
    await bring_small(tenant, quarter(objectives=parents))
    before = await tenant.tables()
    looping = [objective("O1", parent_objective_id="O3"), objective("O3", parent_objective_id="O2")]
    wrong = objective("O2", parent_objective_id="O1") | {"parents": [{"objective_id": "O3", "weight": -1}]}
    for rows in ([objective("O2", parents=[{"objective_id": "O2"}])], [wrong]):
        report = await bring_small(tenant, quarter(objectives=rows), skip_invalid=True)
        assert [row.place for row in report.errors] == ["objectives[0] (O2)"]
        assert not report.changed
        assert await tenant.tables() == before
    report = await bring_small(tenant, quarter(objectives=looping), skip_invalid=True)
    assert [row.code for row in report.errors] == ["ALIGNMENT_LOOPS"]
    rows = await tenant.fetch("select * from alignment where organization_id = $1", tenant.organization.id)
    ids = {row["id"]: id for id, row in (await by_name(tenant, "objective")).items()}
    edges = {(ids[row["child_id"]], ids[row["parent_id"]]) for row in rows}
    assert ("small:O2", "small:O1") in edges
    assert len(edges) == 2
    assert await tenant.verify() == []


async def test_an_organisation_keeps_its_name_unless_another_is_asked_for(place, acme):
    document = json.loads(await exported(acme))
    report = await bring(place, document, rename=False)
    assert [(row.place, row.code) for row in report.rows] == [
        ("organization", "NAME_DIFFERS"),
        ("organization", "TIME_ZONE_TAKEN"),
    ]
    assert (await organization_of(place)).name == "Receiver"


async def test_an_organisation_is_renamed_where_it_is_asked_for(place, acme):
    report = await bring(place, json.loads(await exported(acme)), rename=True)
    assert report.rows == []
    assert (await organization_of(place)).name == "Acme"
