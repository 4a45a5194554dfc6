"""Repeated imports: what is equal changes nothing, what differs is updated, nothing is created twice."""

import json
from datetime import datetime

import pytest

from okr_api.okr.errors import NotFound
from okr_api.services import cycles, key_results, objectives
from okr_api.services.import_export.importer import import_document
from tests.services.import_export.files import (
    IMPORTER,
    bring,
    bring_small,
    by_name,
    check_in,
    check_ins_by_label,
    exported,
    key_result,
    objective,
    quarter,
    told,
)


async def test_the_second_time_changes_nothing_at_all(tenant):
    await bring_small(tenant, quarter())
    before = await tenant.tables()
    report = await bring_small(tenant, quarter())
    assert (report.changed, report.refused, report.seq) == (False, False, None)
    assert {each.unchanged for section, each in report.counts.items() if section != "alignments"} == {1, 2}
    assert await tenant.tables() == before


async def test_a_renamed_objective_is_the_same_objective(tenant):
    await bring_small(tenant, quarter())
    before = (await by_name(tenant, "objective"))["small:O1"]
    report = await bring_small(tenant, quarter(objectives=[objective("O1", title="Another name")]))
    after = (await by_name(tenant, "objective"))["small:O1"]
    assert (report.counts["objectives"].updated, report.counts["objectives"].created) == (1, 0)
    assert (after["id"], after["title"], after["version"]) == (before["id"], "Another name", 2)
    assert [row["title"] for row in await tenant.versions("objective", after["id"])] == [
        "Title of O1",
        "Another name",
    ]


async def test_a_field_that_the_row_does_not_mention_stays_and_null_clears_it(tenant):
    await bring_small(tenant, quarter())
    await bring_small(tenant, quarter(objectives=[objective("O1")]))
    kept = (await by_name(tenant, "objective"))["small:O1"]
    assert kept["team_id"] is not None
    assert kept["owner_id"] is not None
    await bring_small(tenant, quarter(objectives=[objective("O1", team_id=None, owner_ids=[])]))
    cleared = (await by_name(tenant, "objective"))["small:O1"]
    assert (cleared["team_id"], cleared["owner_id"], cleared["contributor_ids"]) == (None, None, [])


async def test_the_first_of_the_owners_is_accountable_and_the_others_contribute(tenant):
    await bring_small(tenant, quarter(objectives=[objective("O1", owner_ids=["P2", "P1", "P2"])]))
    ann, ben = [(await by_name(tenant, "person"))[f"small:{id}"]["id"] for id in ("P1", "P2")]
    row = (await by_name(tenant, "objective"))["small:O1"]
    assert (row["owner_id"], row["contributor_ids"]) == (ben, [ann])


async def test_publishing_in_the_file_lets_a_part_count_above(tenant):
    rows = [objective("O1"), objective("O2", parent_objective_id="O1", state="DRAFT")]
    krs = [key_result("K1", "O2"), key_result("K2", "O2", target=10)]
    await bring_small(tenant, quarter(objectives=rows, key_results=krs))
    assert (await by_name(tenant, "objective"))["small:O1"]["progress"] is None
    rows[1]["state"] = "PUBLISHED"
    await bring_small(tenant, quarter(objectives=rows, key_results=krs))
    assert (await by_name(tenant, "objective"))["small:O1"]["progress"] == 0.3
    assert await tenant.verify() == []


async def test_a_new_row_beside_known_ones_is_the_only_thing_made(tenant):
    await bring_small(tenant, quarter())
    rows = [key_result("K1"), key_result("K2", target=10), key_result("K3")]
    report = await bring_small(tenant, quarter(key_results=rows))
    assert (report.counts["key_results"].created, report.counts["key_results"].unchanged) == (1, 2)
    moved = await tenant.moved()
    found = await by_name(tenant, "key_result")
    assert set(moved) == {found["small:K3"]["id"], (await by_name(tenant, "objective"))["small:O1"]["id"]}
    assert await tenant.verify() == []


async def test_the_files_own_namespace_goes_before_the_given_one(tenant):
    await bring_small(tenant, quarter(namespace="mine"), namespace="given")
    assert set(await by_name(tenant, "objective")) == {"mine:O1"}


async def test_two_files_with_the_same_ids_do_not_meet(tenant):
    await bring_small(tenant, quarter(), namespace="one")
    await bring_small(tenant, quarter(), namespace="two")
    assert set(await by_name(tenant, "key_result")) == {"one:K1", "one:K2", "two:K1", "two:K2"}


async def test_ids_may_be_whole_numbers(tenant):
    rows = {"objectives": [objective(1)], "key_results": [key_result(7, 1)], "check_ins": [check_in(3, 7, 5)]}
    assert (await bring_small(tenant, quarter(**rows))).errors == []
    assert not (await bring_small(tenant, quarter(**rows))).changed
    assert set(await by_name(tenant, "check_in")) == {"small:3"}


async def test_a_row_may_name_what_another_file_brought(tenant):
    await bring_small(tenant, quarter(), namespace="one")
    row = objective("O2", parent_objective_id="one:O1", cycle_id="one:C1")
    report = await bring_small(tenant, {"objectives": [row]}, namespace="two")
    assert report.errors == []
    [edge] = await laid(tenant)
    assert edge["child_id"] == (await by_name(tenant, "objective"))["two:O2"]["id"]


# ── Check-ins ──


async def test_a_value_that_differs_now_corrects_the_first_and_does_not_rewrite_it(tenant):
    await bring_small(tenant, quarter())
    report = await bring_small(tenant, quarter(check_ins=[check_in("I1", "K1", 60)]))
    found = await check_ins_by_label(tenant)
    assert report.counts["check_ins"].updated == 1
    assert (found["small:I1"]["value"], found["small:I1~2"]["value"]) == (50.0, 60.0)
    assert found["small:I1~2"]["supersedes_id"] == found["small:I1"]["id"]
    assert (await by_name(tenant, "key_result"))["small:K1"]["progress"] == 0.6
    assert not (await bring_small(tenant, quarter(check_ins=[check_in("I1", "K1", 60)]))).changed
    await bring_small(tenant, quarter(check_ins=[check_in("I1", "K1", 50)]))
    found = await check_ins_by_label(tenant)
    assert found["small:I1~3"]["supersedes_id"] == found["small:I1~2"]["id"]
    assert await tenant.verify() == []


async def test_a_correction_by_hand_stands_until_the_file_says_something_new(tenant):
    await bring_small(tenant, quarter())
    await tenant.check_in("small:K1", 55, supersedes="small:I1")
    assert not (await bring_small(tenant, quarter())).changed
    await bring_small(tenant, quarter(check_ins=[check_in("I1", "K1", 70)]))
    assert (await by_name(tenant, "key_result"))["small:K1"]["progress"] == 0.7
    assert await tenant.verify() == []


async def test_what_was_taken_back_by_hand_stays_taken_back(tenant):
    await bring_small(tenant, quarter())
    await tenant.retract("small:I1")
    assert not (await bring_small(tenant, quarter())).changed
    assert (await by_name(tenant, "key_result"))["small:K1"]["progress"] is None
    await bring_small(tenant, quarter(check_ins=[check_in("I1", "K1", 70)]))
    assert (await by_name(tenant, "key_result"))["small:K1"]["progress"] == 0.7


async def test_ids_that_look_like_corrections_are_rows_of_their_own(tenant):
    rows = [check_in("I1", "K1", 10), check_in("I1~2", "K1", 20, date="2026-05-11")]
    await bring_small(tenant, quarter(check_ins=rows))
    assert not (await bring_small(tenant, quarter(check_ins=rows))).changed
    rows[0]["value"] = 15
    await bring_small(tenant, quarter(check_ins=rows))
    assert set(await by_name(tenant, "check_in")) == {"small:I1", "small:I1~2"}
    [corrected] = await tenant.fetch(
        "select value, imported_as from check_in where supersedes_id is not null and organization_id = $1",
        tenant.organization.id,
    )
    assert corrected == {"value": 15.0, "imported_as": "small:I1"}
    assert not (await bring_small(tenant, quarter(check_ins=rows))).changed


@pytest.mark.parametrize("other", ("I1~1", "I1~2", "I1:current", "K1:current"))
async def test_a_file_that_mentions_one_of_two_similar_ids_means_that_one(tenant, other):
    rows = [check_in("I1", "K1", 10), check_in(other, "K2", 2, date="2026-05-11")]
    await bring_small(tenant, quarter(check_ins=rows))
    for value in (10, 15, 20):
        report = await bring_small(tenant, quarter(check_ins=[check_in("I1", "K1", value)]))
        assert report.errors == []
    assert (await by_name(tenant, "key_result"))["small:K1"]["current_value"] == 20.0
    assert (await by_name(tenant, "key_result"))["small:K2"]["current_value"] == 2.0
    currents = [key_result("K1", current=30), key_result("K2", target=10, current=3)]
    assert (await bring_small(tenant, quarter(key_results=currents, check_ins=[]))).errors == []
    assert not (await bring_small(tenant, quarter(key_results=currents, check_ins=rows[1:]))).errors
    assert await tenant.verify() == []


async def test_corrections_by_files_are_known_after_a_restore(place, elsewhere):
    await bring_small(place, quarter())
    await bring_small(place, quarter(check_ins=[check_in("I1", "K1", 60), check_in("I2", "K2", 1)]))
    whole = await exported(place)
    assert (await bring(elsewhere, json.loads(whole))).errors == []
    assert await exported(elsewhere) == whole
    again = quarter(check_ins=[check_in("I1", "K1", 60), check_in("I2", "K2", 1)])
    assert not (await bring_small(elsewhere, again)).changed
    await bring_small(elsewhere, quarter(check_ins=[check_in("I1", "K1", 70)]))
    assert (await by_name(elsewhere, "key_result"))["small:K1"]["current_value"] == 70.0


async def test_a_check_in_does_not_change_its_key_result(tenant):
    await bring_small(tenant, quarter())
    report = await bring_small(tenant, quarter(check_ins=[check_in("I1", "K2", 50)]))
    assert told(report) == [("check_ins[0] (I1)", "INVALID_INPUT")]


async def test_a_check_in_of_today_holds_from_now_in_the_morning_and_is_the_same_at_night(tenant):
    rows = [check_in("I1", "K1", 50, date="2026-05-15")]
    morning = datetime.fromisoformat("2026-05-15T08:00:00-04:00")
    await bring_small(tenant, quarter(check_ins=rows), now=morning)
    assert (await by_name(tenant, "check_in"))["small:I1"]["effective_at"] == morning
    night = datetime.fromisoformat("2026-05-15T23:00:00-04:00")
    assert not (await bring_small(tenant, quarter(check_ins=rows), now=night)).changed


async def test_a_score_is_the_value_where_the_key_result_goes_from_0_to_1(tenant):
    rows = {"key_results": [key_result("K1", type="score", start=0, target=1)]}
    await bring_small(tenant, quarter(**rows, check_ins=[check_in("I1", "K1", None, score=0.4)]))
    assert (await by_name(tenant, "key_result"))["small:K1"]["progress"] == 0.4


async def test_readings_before_the_cycle_are_what_it_starts_from(tenant):
    rows = {"key_results": [key_result("K1", start=None)]}
    await bring_small(tenant, quarter(**rows, check_ins=[check_in("I1", "K1", 20, date="2024-12-31")]))
    row = (await by_name(tenant, "key_result"))["small:K1"]
    assert (row["counted_from"], row["current_value"], row["progress"]) == (20.0, 20.0, 0.0)


async def test_a_file_that_measures_otherwise_begins_a_new_definition_with_its_own_readings(tenant):
    await bring_small(tenant, quarter())
    await tenant.check_in("small:K1", 90)
    rows = [key_result("K1", start=-100), key_result("K2", target=10)]
    await bring_small(tenant, quarter(key_results=rows))
    row = (await by_name(tenant, "key_result"))["small:K1"]
    assert (row["definition"], row["counted_from"], row["current_value"]) == (2, -100.0, 50.0)
    assert not (await bring_small(tenant, quarter(key_results=rows))).changed
    assert await tenant.verify() == []


async def test_another_target_alone_keeps_the_definition(tenant):
    await bring_small(tenant, quarter())
    rows = [key_result("K1", target=200), key_result("K2", target=10)]
    await bring_small(tenant, quarter(key_results=rows))
    row = (await by_name(tenant, "key_result"))["small:K1"]
    assert (row["definition"], row["progress"]) == (1, 0.25)


# ── Alignments ──

TREE = [objective("O1"), objective("O2", parent_objective_id="O1", weight=2), objective("O3")]


async def laid(tenant):
    return await tenant.fetch("select * from alignment where organization_id = $1", tenant.organization.id)


async def edges(tenant):
    names = {
        row["id"]: name
        for t in ("objective", "key_result")
        for name, row in (await by_name(tenant, t)).items()
    }
    return {
        (names.get(row["child_id"]), names.get(row["parent_id"], "by hand"), row["weight"])
        for row in await laid(tenant)
    }


async def test_an_objective_moves_with_its_parent_in_the_file(tenant):
    await bring_small(tenant, quarter(objectives=TREE))
    moved = [objective("O1"), objective("O2", parent_key_result_id="K3"), objective("O3")]
    rows = [key_result("K1"), key_result("K2", target=10), key_result("K3", "O3")]
    report = await bring_small(tenant, quarter(objectives=moved, key_results=rows))
    assert await edges(tenant) == {("small:O2", "small:K3", 1.0)}
    counts = report.counts["alignments"]
    assert (counts.created, counts.updated, counts.removed) == (1, 0, 1)
    assert await tenant.verify() == []


async def test_two_objectives_change_places(tenant):
    await bring_small(tenant, quarter(objectives=TREE))
    swapped = [objective("O1", parent_objective_id="O2"), objective("O2", parent_objective_id=None)]
    report = await bring_small(tenant, quarter(objectives=swapped))
    assert report.errors == []
    assert await edges(tenant) == {("small:O1", "small:O2", 1.0)}


async def test_an_edge_laid_by_hand_to_something_else_stays(tenant):
    await bring_small(tenant, quarter(objectives=TREE))
    tenant.current_cycle = (await by_name(tenant, "cycle"))["small:C1"]["id"]
    other = await tenant.objective("By hand")
    await tenant.align("small:O2", other, weight=5)
    assert not (await bring_small(tenant, quarter(objectives=TREE))).changed
    gone = [objective("O1"), objective("O2", parent_objective_id=None), objective("O3")]
    await bring_small(tenant, quarter(objectives=gone))
    assert await edges(tenant) == {("small:O2", "by hand", 5.0)}


async def test_a_list_of_parents_is_all_of_them(tenant):
    await bring_small(tenant, quarter(objectives=TREE))
    parents = [{"objective_id": "O3", "kind": "supports"}, {"key_result_id": "K1", "weight": 0.5}]
    await bring_small(tenant, quarter(objectives=[TREE[0], objective("O2", parents=parents), TREE[2]]))
    assert await edges(tenant) == {("small:O2", "small:O3", 1.0), ("small:O2", "small:K1", 0.5)}
    await bring_small(tenant, quarter(objectives=[TREE[0], objective("O2", parents=[]), TREE[2]]))
    assert await edges(tenant) == set()


async def test_an_objective_contributes_only_within_its_cycle_or_to_an_enclosing_one(tenant):
    year = {"id": "Y", "name": "2026", "start": "2026-01-01", "end": "2026-12-31"}
    rows = [objective("O1"), objective("OY", cycle_id="Y"), objective("O2", parent_objective_id="OY")]
    apart = quarter(objectives=rows)
    apart["cycles"] = [*apart["cycles"], year]
    report = await bring_small(tenant, apart)
    assert told(report) == [("objectives[2] (O2)", "CYCLE_DOES_NOT_ENCLOSE")]
    apart["cycles"][0]["parent_id"] = "Y"
    assert (await bring_small(tenant, apart)).errors == []


# ── Cycles ──


@pytest.mark.parametrize(
    ("start", "end", "state"),
    (
        ("2026-01-01", "2026-05-14", "REVIEW"),
        ("2026-01-01", "2026-05-15", "ACTIVE"),
        ("2026-05-15", "2026-06-01", "ACTIVE"),
        ("2026-05-16", "2026-06-01", "DRAFT"),
    ),
)
async def test_a_cycle_comes_in_as_what_today_makes_of_it(tenant, start, end, state):
    row = {"id": "C1", "name": "Some", "start": start, "end": end}
    await bring_small(tenant, quarter(cycles=[row], check_ins=[]))
    assert (await by_name(tenant, "cycle"))["small:C1"]["state"] == state


async def test_a_state_that_is_stated_stands_and_one_that_is_not_stays(tenant):
    document = quarter()
    document["cycles"][0]["state"] = "Draft"
    await bring_small(tenant, document)
    await tenant.done(cycles.activate_cycle, cycle="small:C1")
    del document["cycles"][0]["state"]
    assert not (await bring_small(tenant, document)).changed


async def test_a_closed_cycle_takes_nothing_and_the_same_again(tenant):
    await bring_small(tenant, quarter())
    await tenant.done(cycles.begin_review, cycle="small:C1")
    await tenant.done(cycles.close_cycle, cycle="small:C1")
    assert not (await bring_small(tenant, quarter())).changed
    changed = quarter(objectives=[objective("O1", title="Too late")], check_ins=[check_in("I3", "K1", 70)])
    changed["key_results"][0]["weight"] = 2
    report = await bring_small(tenant, changed)
    assert told(report) == [
        ("objectives[0] (O1)", "CYCLE_IS_CLOSED"),
        ("key_results[0] (K1)", "CYCLE_IS_CLOSED"),
        ("check_ins[0] (I3)", "CYCLE_IS_CLOSED"),
    ]


async def test_a_review_takes_corrections_from_a_file(tenant):
    await bring_small(tenant, quarter(), now=datetime.fromisoformat("2026-08-01T00:00:00Z"))
    report = await bring_small(tenant, quarter(objectives=[objective("O1", title="Corrected")]))
    assert report.counts["objectives"].updated == 1


# ── Nothing is stored ──


async def test_a_dry_run_tells_everything_and_keeps_nothing(tenant):
    before = await tenant.tables()
    report = await bring_small(tenant, quarter(), dry_run=True)
    assert (report.dry_run, report.refused, report.seq, report.changed) == (True, False, None, True)
    assert {section: each.created for section, each in report.counts.items()} == {
        "people": 2,
        "teams": 1,
        "cycles": 1,
        "objectives": 1,
        "key_results": 2,
        "check_ins": 2,
    }
    assert await tenant.tables() == before
    real = await bring_small(tenant, quarter())
    assert (real.counts, real.rows) == (report.counts, report.rows)


async def test_an_organisation_that_is_not_there_is_not_made(tenant):
    unknown = tenant.actor.token_id
    with pytest.raises(NotFound):
        await import_document(tenant.database, unknown, quarter(), author=IMPORTER, namespace="x")


# ── Progress and reports ──


async def test_the_way_is_told(tenant):
    heard = []
    rows = [check_in(f"I{number}", "K1", number) for number in range(1200)]
    await bring_small(tenant, quarter(check_ins=rows), progress=lambda *step: heard.append(step))
    assert heard == [
        ("rows", 500, 1207),
        ("rows", 1000, 1207),
        ("counting", 0, 1),
        ("counting", 1, 1),
        ("saving", 0, 1200),
        ("saving", 1200, 1200),
        ("saving", 1200, 1200),
    ]


async def test_whoever_waits_hears_of_it(tenant):
    waiting = tenant.notifier.wait_past(tenant.organization.id, 0, timeout_s=5)
    report = await bring_small(tenant, quarter(), notifier=tenant.notifier)
    assert report.seq == 1
    assert await waiting


async def test_what_has_no_place_is_reported_once_for_each_field(tenant):
    rows = [objective("O1", level="team"), objective("O2", level="team", published_status=None)]
    report = await bring_small(tenant, quarter(objectives=rows, extra={}))
    assert [(row.place, row.message) for row in report.rows] == [
        ("objectives", "level is not a supported field and was ignored (2 rows)"),
        ("file", "extra is not a supported field and was ignored"),
    ]


async def test_key_results_keep_what_has_no_place(tenant):
    rows = [
        key_result("K1", priority="P1", stretch=True, owner_ids=["P2", "P1"], gone=None),
        key_result("K2"),
    ]
    await bring_small(tenant, quarter(key_results=rows))
    row = (await by_name(tenant, "key_result"))["small:K1"]
    assert row["owner_id"] == (await by_name(tenant, "person"))["small:P2"]["id"]
    assert row["imported_fields"] == {"priority": "P1", "stretch": True, "further_owner_ids": ["P1"]}
    assert not (await bring_small(tenant, quarter(key_results=rows))).changed


async def test_edits_in_the_service_and_imports_take_turns(tenant):
    await bring_small(tenant, quarter())
    await tenant.done(objectives.edit_objective, objective="small:O1", edits={"title": "By hand"})
    await tenant.done(key_results.pause_key_result, key_result="small:K2", reason="Rest")
    report = await bring_small(tenant, quarter())
    assert report.counts["objectives"].updated == 1
    assert report.counts["key_results"].unchanged == 2
    assert (await by_name(tenant, "key_result"))["small:K2"]["state"] == "PAUSED"
    assert await tenant.verify() == []
