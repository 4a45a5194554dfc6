"""Verifying: a stored number that does not follow from the facts is found, whichever it is."""

from dataclasses import fields
from uuid import UUID

import pytest

from okr_api.okr.standing import KeyResultStanding, ObjectiveStanding
from okr_api.store.tables import ObjectiveRow
from okr_api.store.tables.key_result import KeyResultDefinition, KeyResultRow
from okr_api.store.tables.objective import ObjectiveDefinition
from tests.acme import Acme

WRONG = {
    "double precision": "coalesce({0}, 0) / 3 + 0.31",
    "boolean": "not coalesce({0}, false)",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 second'",
    "timestamp with time zone[]": "array_append({0}, timestamptz '2199-01-01')",
    "double precision[]": "array_append({0}, 1.0)",
    "text[]": "array_append(coalesce({0}, '{{}}'), 'DROPPED')",
    "uuid": "gen_random_uuid()",
    "text": "case when {0} = 'DROPPED' then 'PAUSED' else 'DROPPED' end",
}
WORDS = {
    "progress_from": "'BOTH'",
    "reported_status": "'OFF_TRACK'",
    "progress": "0.123",  # beside its reason, which has to be null
    "progress_reason": "'NO_SPAN'",
}
TOGETHER = {"expected_at": "expected", "derived_turns": "derived_statuses", "status_turns": "statuses"}
COLUMNS = [
    (table.__tablename__, name)
    for table, definition in ((ObjectiveRow, ObjectiveDefinition), (KeyResultRow, KeyResultDefinition))
    for name in table.model_fields
    if name not in definition.model_fields and name not in TOGETHER.values()
]


async def plant(acme: Acme, table: str, column: str, id: UUID) -> None:
    """Sets a derived column of one row wrong."""
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
        assert {renamed.get(column, column) for column in columns[table]} == derived


async def test_a_fact_changed_behind_the_services_back_is_found_all_the_way_up(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.fetch("update check_in set value = 10")
    found = {(each.title, each.field): (each.stored, each.recomputed) for each in await acme.verify()}
    assert found[("Macros", "current_value")] == (5.0, 10.0)
    assert found[("Customers stay", "progress")] == (0.0625, 0.125)
