"""Loading: the part of the tree that a change can move, in a number of statements that hardly grows.

What is large is read in batches and taken in time slices.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from okr_api.okr.measure import LIMITS
from okr_api.okr.tree import Tree

from .bulk_write import Postgres, Row
from .mappers.cycle import cycle_of
from .mappers.facts import alignment_of, reading_of
from .mappers.key_result import key_result_of, key_result_part_of, key_result_standing_of
from .mappers.objective import objective_of, objective_part_of, objective_standing_of
from .time_slicing import (
    MAX_BATCH_ROWS,
    STEPS_BETWEEN_CHECKS,
    Batches,
    complete,
)
from .tree_statements import (
    ABOVE,
    ALL_READINGS,
    CYCLES,
    DAYS_OF_CYCLES,
    DECIDING,
    EDGES,
    KEY_RESULT_PARTS,
    KEY_RESULTS,
    KEY_RESULTS_NAMED,
    OBJECTIVE_PARTS,
    OBJECTIVES,
)


async def load_cycles(connection: Postgres, tree: Tree) -> None:
    """All cycles of the organisation: there are few."""
    if not tree.cycles:
        for row in await connection.fetch(CYCLES, tree.organization.id):
            tree.cycles.remember(row["id"], cycle_of(row))


async def days_of_cycles(
    connection: Postgres, organization_id: UUID
) -> dict[UUID, tuple[datetime, datetime]]:
    """Return the stored first instant and end of each cycle, by its id."""
    rows = await connection.fetch(DAYS_OF_CYCLES, organization_id)
    return {row["id"]: (row["starts_at"], row["ends_at"]) for row in rows}


async def load_tree(
    connection: Postgres, tree: Tree, *, objectives: Iterable[UUID] = (), key_results: Iterable[UUID] = ()
) -> None:
    """The objectives named, those of the key results named, all above them, and the parts of each.

    What is here with all its parts is not loaded again, and neither is what lies above that.
    """
    organization = tree.organization.id
    objectives = [id for id in objectives if id not in tree.whole]
    key_results = [id for id in key_results if not tree.is_whole(id)]
    if not objectives and not key_results:
        return
    above = await connection.fetchval(ABOVE, organization, objectives, key_results)
    async for wanted in Batches([id for id in above if id not in tree.whole]):
        await _load_whole(connection, tree, wanted)


async def _load_whole(connection: Postgres, tree: Tree, wanted: Sequence[UUID]) -> None:
    """Objectives with all their key results, and what is aligned to any of these."""
    organization = tree.organization.id
    measured = await connection.fetch(KEY_RESULTS, organization, wanted)
    edges = await connection.fetch(EDGES, organization, wanted, [row["id"] for row in measured])
    named = {*wanted, *(row["child_id"] for row in edges)}
    async for missing in Batches([id for id in named if id not in tree.objectives]):
        await _take(_remember_objective, tree, await connection.fetch(OBJECTIVES, organization, missing))
    await _take(_remember_key_result, tree, measured)
    await _take(_remember_alignment, tree, edges)
    here = [id for id in wanted if id in tree.objectives]
    tree.whole.update(here)
    tree.countable.update(here)


async def _take(remember: Callable[[Tree, Row], None], tree: Tree, rows: Iterable[Row]) -> None:
    """Remember all of the rows, in time slices."""
    if isinstance(rows, list) and len(rows) <= STEPS_BETWEEN_CHECKS:
        for row in rows:
            remember(tree, row)
        return

    def steps() -> Generator[None, None, None]:
        for row in rows:
            remember(tree, row)
            yield

    await complete(steps())


def _remember_objective(tree: Tree, row: Row) -> None:
    tree.remember_objective(objective_of(row), objective_standing_of(row))


def _remember_key_result(tree: Tree, row: Row) -> None:
    tree.remember_key_result(key_result_of(row), key_result_standing_of(row))


def _remember_alignment(tree: Tree, row: Row) -> None:
    tree.remember_alignment(alignment_of(row))


def _remember_objective_part(tree: Tree, row: Row) -> None:
    tree.remember_objective_part(row["id"], objective_part_of(row))


def _remember_key_result_part(tree: Tree, row: Row) -> None:
    tree.remember_key_result_part(row["id"], row["objective_id"], key_result_part_of(row))


def _remember_reading(tree: Tree, row: Row) -> None:
    tree.readings[row["key_result_id"]].append(reading_of(row))


async def load_key_results(connection: Postgres, tree: Tree, key_results: Iterable[UUID]) -> None:
    """The key results themselves."""
    wanted = [id for id in key_results if id not in tree.key_results]
    if not wanted:
        return
    async for batch in Batches(wanted):
        rows = await connection.fetch(KEY_RESULTS_NAMED, tree.organization.id, batch)
        await _take(_remember_key_result, tree, rows)


async def load_chain(connection: Postgres, tree: Tree, key_results: Iterable[UUID]) -> None:
    """All that a reading of the key results moves, and of its other parts what the means need of them."""
    organization = tree.organization.id
    named = [id for id in key_results if tree.owner_of(id) not in tree.countable]
    if not named:
        return
    above = await connection.fetchval(ABOVE, organization, [], named)
    async for wanted in Batches([id for id in above if id not in tree.countable]):
        await _load_countable(connection, tree, wanted)


async def _load_countable(connection: Postgres, tree: Tree, wanted: Sequence[UUID]) -> None:
    """Objectives, and of their parts what the means need of them."""
    organization = tree.organization.id
    parts = await connection.fetch(KEY_RESULT_PARTS, organization, wanted)
    edges = await connection.fetch(EDGES, organization, wanted, [row["id"] for row in parts])
    missing = [id for id in wanted if id not in tree.objectives]
    await _take(_remember_objective, tree, await connection.fetch(OBJECTIVES, organization, missing))
    others = list({row["child_id"] for row in edges if row["child_id"] not in tree.objectives})
    async for batch in Batches(others):
        await _take(
            _remember_objective_part, tree, await connection.fetch(OBJECTIVE_PARTS, organization, batch)
        )
    await _take(_remember_key_result_part, tree, parts)
    await _take(_remember_alignment, tree, edges)
    tree.countable.update(id for id in wanted if id in tree.objectives)


async def load_readings(connection: Postgres, tree: Tree, key_results: Sequence[UUID]) -> None:
    """What decides the standing of the key results: five readings each, or all for a limit.

    Which ones they are depends on the definition and the cycle as they are in the tree, which may
    already be other than what is stored.
    """
    missing = [id for id in key_results if id not in tree.readings]
    if not missing:
        return
    async for wanted in Batches(missing):
        limits = [id for id in wanted if tree.key_results[id].measure.kind in LIMITS]
        others = [id for id in wanted if tree.key_results[id].measure.kind not in LIMITS]
        for id in wanted:
            tree.readings[id] = []
        definitions = [tree.key_results[id].definition for id in others]
        ends = [tree.cycle_of(tree.owner_of(id)).ends_at(tree.zone) for id in others]
        for statement, arrays in ((ALL_READINGS, [limits]), (DECIDING, [others, definitions, ends])):
            if arrays[0]:
                rows = await connection.fetch(statement, tree.organization.id, *arrays)
                await _take(_remember_reading, tree, rows)


async def load_all_readings(connection: Postgres, tree: Tree, key_results: Sequence[UUID]) -> None:
    """Every live reading of the key results, in place of what was loaded before."""
    async for batch in Batches(key_results):
        for id in batch:
            tree.readings[id] = []
        rows = await connection.fetch(ALL_READINGS, tree.organization.id, batch)
        await _take(_remember_reading, tree, rows)


async def load_everything(connection: Postgres, tree: Tree) -> None:
    """The organisation's whole tree, without readings, within a transaction."""
    organization = tree.organization.id
    for statement, remember in (
        ("select * from objective where organization_id = $1", _remember_objective),
        ("select * from key_result where organization_id = $1", _remember_key_result),
        ("select * from alignment where organization_id = $1", _remember_alignment),
    ):
        cursor = await connection.cursor(statement, organization)
        while rows := await cursor.fetch(MAX_BATCH_ROWS):
            await _take(remember, tree, rows)
    tree.whole.update(tree.objectives)
    tree.countable.update(tree.objectives)
