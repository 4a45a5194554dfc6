"""Recomputation: any stored number that does not follow from the facts is found and repaired."""

import json
from dataclasses import fields, replace
from uuid import UUID

import pytest

from okr_api.okr.author import Author
from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding
from okr_api.okr.lineage import LineageNumbers
from okr_api.services import cycles
from okr_api.services.number_repair import recount_organization
from okr_api.store.tables import ObjectiveRow
from okr_api.store.tables.key_result import KeyResultDefinition, KeyResultRow
from okr_api.store.tables.objective import ObjectiveDefinition
from tests.acme import Acme

AUTHOR = Author("okr-api recount")
LINEAGE = dict.fromkeys((field.name for field in fields(LineageNumbers)), 0.31)
WRONG = {
    "double precision": "coalesce({0}, 0) / 3 + 0.31",
    "boolean": "not coalesce({0}, false)",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 second'",
    "timestamp with time zone[]": "array_append({0}, timestamptz '2199-01-01')",
    "double precision[]": "array_append({0}, 1.0)",
    "text[]": "array_append(coalesce({0}, '{{}}'), 'DROPPED')",
    "uuid": "gen_random_uuid()",
    "jsonb": f"'{json.dumps(LINEAGE).replace('{', '{{').replace('}', '}}')}'",
    "text": "case when {0} = 'DROPPED' then 'PAUSED' else 'DROPPED' end",
}
WORDS = {
    "progress_from": "'BOTH'",
    "band": "case when band = 'RED' then 'GREEN' else 'RED' end",
    "reported_status": "'OFF_TRACK'",
    "progress": "0.123",  # together with its reason, which has to be null
    "progress_reason": "'NO_SPAN'",
}
TOGETHER = {"expected_at": "expected", "derived_turns": "derived_statuses", "status_turns": "statuses"}
COLUMNS = [
    (table.__tablename__, name)
    for table, definition in ((ObjectiveRow, ObjectiveDefinition), (KeyResultRow, KeyResultDefinition))
    for name in table.model_fields
    if name not in definition.model_fields
    and name
    not in (
        *TOGETHER.values(),
        "viewer_ids",
        "announced_at",
        "effective_cadence",
        "lineage_id",
    )  # with tests of their own; of no facts; of `carried_from_id` alone
]


async def plant(acme: Acme, table: str, column: str, id: UUID) -> None:
    """Set a derived column of one row to a wrong value."""
    kinds = await acme.fetch(
        "select attname::text as name, format_type(atttypid, atttypmod) as kind from pg_attribute "
        "where attrelid = $1::text::regclass and attnum > 0", table,
    )  # fmt: skip
    kind_of = {row["name"]: row["kind"] for row in kinds}
    values = {column: WORDS.get(column) or WRONG[kind_of[column]].format(column)}
    if (other := TOGETHER.get(column)) is not None:
        values[other] = WRONG[kind_of[other]].format(other)
    if column == "progress":
        values["progress_reason"] = "null"
    if column == "progress_reason":
        values["progress"] = "null"
    sets = ", ".join(f"{name} = {value}" for name, value in values.items())
    await acme.fetch(f"update {table} set {sets} where id = $1", id)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=map(".".join, COLUMNS))
async def test_a_planted_wrong_number_is_found_in_each_derived_column(
    measured: Acme, table: str, column: str
):
    id = measured.clear_backlog if table == "objective" else measured.macros
    kept = await measured.row(table, id)
    await plant(measured, table, column, id)
    try:
        found = await measured.verify()
        field = {"counted_from": "start_value", "expected_at": "expected", "derived_turns": "derived",
                 "status_turns": "status"}.get(column, column)  # fmt: skip
        assert (id, field) in {(each.node_id, each.field) for each in found}
    finally:
        names = [name for name in kept if name not in ("organization_id", "id")]
        sets = ", ".join(f'"{name}" = ${place}' for place, name in enumerate(names, start=2))
        await measured.fetch(f"update {table} set {sets} where id = $1", id, *(kept[name] for name in names))
    assert await measured.verify() == []


def test_every_field_of_a_standing_has_its_column():
    columns = {table: {column for other, column in COLUMNS if other == table} for table, _ in COLUMNS}
    for table, standing in (("objective", ObjectiveStanding), ("key_result", KeyResultStanding)):
        derived = {each.name for each in fields(standing)}
        renamed = {"counted_from": "start_value", "expected_at": "expected", "derived_turns": "derived",
                   "status_turns": "status"}  # fmt: skip
        assert {renamed.get(column, column) for column in columns[table]} == derived - {"announced_at"}


async def test_a_fact_changed_behind_the_services_back_is_found_all_the_way_up(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.fetch("update check_in set value = 10")
    found = {(each.title, each.field): (each.stored, each.recomputed) for each in await acme.verify()}
    assert found[("Macros", "current_value")] == (5.0, 10.0)
    assert found[("Customers stay", "progress")] == (0.0625, 0.125)


async def test_a_recount_stores_every_number_that_was_wrong_and_tells_it(measured: Acme):
    id = measured.clear_backlog
    for column in ("progress", "coverage", "expected_at", "status_turns"):
        await plant(measured, "objective", column, id)
    await plant(measured, "key_result", "score_at_end", measured.macros)
    found = await measured.verify()
    before = await measured.tables()
    tried = await recount_organization(
        measured.database, measured.organization.id, author=AUTHOR, dry_run=True
    )
    assert (tried.differences, tried.seq) == (found, None)
    assert await measured.tables() == before
    repair = await recount_organization(measured.database, measured.organization.id, author=AUTHOR)
    assert (repair.differences, repair.seq) == (found, await measured.seq())
    assert await measured.verify() == []
    assert (await measured.moved())[id][0] == 0.123
    again = await recount_organization(measured.database, measured.organization.id, author=AUTHOR)
    assert (again.differences, again.seq) == ([], None)


async def test_a_recount_stores_the_days_of_other_time_zone_rules(acme: Acme):
    """Another time zone stands for other rules of the same one."""
    await acme.check_in("macros", 5)
    await acme.fetch("update organization set time_zone = 'Asia/Tokyo' where id = $1", acme.organization.id)
    acme.organization = replace(acme.organization, time_zone="Asia/Tokyo")
    found = {(each.title, each.field) for each in await acme.verify()}
    assert {("Quarter", "starts_at"), ("Quarter", "ends_at"), ("Macros", "expected")} <= found
    await recount_organization(acme.database, acme.organization.id, author=AUTHOR)
    assert await acme.verify() == []
    await acme.check_in("macros", 6)
    assert await acme.verify() == []


async def test_a_graded_objective_is_recounted_as_well(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Nobody looked")
    await plant(acme, "objective", "score_at_end", acme.clear_backlog)
    await recount_organization(acme.database, acme.organization.id, author=AUTHOR)
    assert await acme.verify() == []
