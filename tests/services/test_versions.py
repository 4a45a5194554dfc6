"""Versions: every change of a definition appends its new state, so that any instant can be read."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from okr_api.okr.entities import ENTITIES
from okr_api.services import (
    alignments,
    cycles,
    key_results,
    objectives,
    organization,
    teams,
)
from okr_api.services.references import Ref
from okr_api.store.tables import metadata
from tests.acme import TODAY, Acme

VERSIONED = [entity.table for entity in ENTITIES if entity.section and entity.is_versioned]


async def as_of(acme: Acme, table: str, seq: int) -> list[dict[str, Any]]:
    """Return the definitions at that `seq`, from the versions alone."""
    return await acme.fetch(
        f"select distinct on (id) * from {table}_version where organization_id = $1 and seq <= $2 "
        "order by id, seq desc",
        acme.organization.id,
        seq,
    )


async def edges_as_of(acme: Acme, seq: int) -> set[tuple[UUID, UUID, float]]:
    rows = await acme.fetch(
        "select distinct on (child_id, parent_id) * from alignment_version "
        "where organization_id = $1 and seq <= $2 order by child_id, parent_id, seq desc",
        acme.organization.id,
        seq,
    )
    return {(row["child_id"], row["parent_id"], row["weight"]) for row in rows if not row["ended"]}


async def defined(acme: Acme, table: str) -> list[dict[str, Any]]:
    """Return the present definitions."""
    columns = [
        c.name for c in metadata.tables[f"{table}_version"].columns if c.name not in ("seq", "recorded_at")
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    return await acme.fetch(
        f"select {names} from {table} where organization_id = $1 order by id", acme.organization.id
    )


def without_stamp(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in ("seq", "recorded_at")} for row in rows
    ]


async def history(acme: Acme, after_each: Callable[[], Awaitable[None]]) -> None:
    """Run a change of every kind that edits something, with a call of `after_each` after each."""
    steps: list[tuple[Any, dict[str, Any]]] = [
        (organization.edit_person, {"person": "ann", "edits": {"name": "Anna"}}),
        (organization.remove_person, {"person": "cem"}),
        (teams.edit_team, {"team": "support", "edits": {"parent": Ref(external_id="platform")}}),
        (cycles.edit_cycle, {"cycle": "quarter", "edits": {"ends_on": TODAY + timedelta(days=20)}}),
        (objectives.edit_objective, {"objective": "answer_fast", "edits": {"title": "Answer faster"}}),
        (objectives.pause_objective, {"objective": "never_down", "reason": "R"}),
        (objectives.restore_objective, {"objective": "never_down"}),
        (
            key_results.edit_key_result,
            {
                "key_result": "macros",
                "edits": {"weight": 2.0},
                "measure": {"target_value": 9.0},
                "reason": "R",
            },
        ),
        (key_results.move_key_result, {"key_result": "uptime", "objective": "answer_fast"}),
        (key_results.drop_key_result, {"key_result": "errors", "reason": "R"}),
        (alignments.align, {"objective": "clear_backlog", "parent": "never_down", "weight": 2.0}),
        (alignments.align, {"objective": "clear_backlog", "parent": "never_down", "weight": 5.0}),
        (alignments.move, {"objective": "clear_backlog", "parent": "customers_stay"}),
        (alignments.unalign, {"objective": "clear_backlog", "parent": "customers_stay"}),
        (alignments.align, {"objective": "clear_backlog", "parent": "customers_stay", "weight": 1.5}),
        (cycles.begin_review, {"cycle": "quarter"}),
        (cycles.close_cycle, {"cycle": "quarter", "not_measured_reason": "R"}),
        (cycles.reopen_cycle, {"cycle": "quarter", "reason": "R"}),
    ]
    for service, inputs in steps:
        await acme.done(service, **inputs)
        await after_each()
    await acme.check_in("macros", 1)


async def test_the_versions_tell_for_every_seq_what_stood_then(acme: Acme):
    noted: dict[int, Any] = {}

    async def note() -> None:
        edges = await acme.fetch("select child_id, parent_id, weight from alignment")
        noted[await acme.seq()] = (
            {table: await defined(acme, table) for table in VERSIONED},
            {(row["child_id"], row["parent_id"], row["weight"]) for row in edges},
        )

    await note()
    await history(acme, note)
    assert len(noted) == 19
    for seq, (definitions, edges) in noted.items():
        for table in VERSIONED:
            assert without_stamp(await as_of(acme, table, seq)) == definitions[table], (seq, table)
        assert await edges_as_of(acme, seq) == edges, seq


async def do_nothing() -> None:
    """Do nothing after a step."""


async def test_each_version_carries_the_seq_and_instant_of_its_change_and_none_is_doubled(acme: Acme):
    await history(acme, do_nothing)
    for table in (*VERSIONED, "alignment"):
        astray = await acme.fetch(
            f"select version.seq from {table}_version version left join change using (organization_id, seq) "
            "where version.recorded_at is distinct from change.recorded_at"
        )
        assert astray == []
    for table in VERSIONED:
        rows = await acme.fetch(f"select id, version, seq from {table}_version order by id, seq")
        by_id: dict[UUID, list[int]] = {}
        for row in rows:
            by_id.setdefault(row["id"], []).append(row["version"])
        assert all(versions == list(range(1, len(versions) + 1)) for versions in by_id.values()), table


async def test_a_check_in_appends_no_version(acme: Acme):
    before = await acme.tables()
    await acme.check_in("macros", 5)
    assert not [table for table in await acme.written(before) if table.endswith("_version")]
