"""Load into a `Tree` what a change can affect (ancestors, parts, readings), in few statements; or everything.

Large parts are read in batches and processed in time slices.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from okr_api.okr.reading_needs import instants_needed, lacking_readings
from okr_api.okr.tree import Tree

from .bulk_write import Postgres, Row, RowReader
from .mappers.alignment import alignment_of
from .mappers.check_in import reading_of
from .mappers.cycle import cycle_of
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
    ALL_REPORTS,
    CYCLES,
    DAYS_OF_CYCLES,
    DECIDING,
    EDGES,
    KEY_RESULT_PARTS,
    KEY_RESULTS,
    KEY_RESULTS_NAMED,
    OBJECTIVE_PARTS,
    OBJECTIVES,
    REPORTS,
)


async def load_cycles(connection: RowReader, tree: Tree) -> None:
    """Load all cycles of the organisation; there are few."""
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
    """Load the given objectives, those of the key results, all objectives above them, and the parts of each.

    Objectives in `tree.whole` are not loaded again, and neither is what is above them.
    """
    organization = tree.organization.id
    objectives = [id for id in objectives if id not in tree.whole]
    key_results = [id for id in key_results if not tree.is_whole(id)]
    if not objectives and not key_results:
        return
    above = await connection.fetchval(ABOVE, organization, objectives, key_results)
    async for wanted in Batches([id for id in above if id not in tree.whole]):
        await load_parts(connection, tree, wanted)


async def load_parts(connection: RowReader, tree: Tree, wanted: Sequence[UUID]) -> None:
    """Load objectives, with all their key results, alignments and aligned objectives, and nothing above."""
    organization = tree.organization.id
    measured = await connection.fetch(KEY_RESULTS, organization, wanted)
    edges = await connection.fetch(EDGES, organization, wanted, [row["id"] for row in measured])
    await load_objectives(connection, tree, {*wanted, *(row["child_id"] for row in edges)})
    await _take(_remember_key_result, tree, measured)
    await _take(_remember_alignment, tree, edges)
    here = [id for id in wanted if id in tree.objectives]
    tree.whole.update(here)
    tree.countable.update(here)


async def load_objectives(connection: RowReader, tree: Tree, named: Iterable[UUID]) -> None:
    """Load the objectives alone, without their parts."""
    async for missing in Batches([id for id in named if id not in tree.objectives]):
        rows = await connection.fetch(OBJECTIVES, tree.organization.id, missing)
        await _take(_remember_objective, tree, rows)


async def _take(remember: Callable[[Tree, Row], None], tree: Tree, rows: Iterable[Row]) -> None:
    """Call `remember` with each row, in time slices."""
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


def _remember_report(tree: Tree, row: Row) -> None:
    tree.readings[row["objective_id"]].append(reading_of(row))


async def take_key_results(tree: Tree, rows: Iterable[Row]) -> None:
    """Add key results, without their objectives."""
    await _take(_remember_key_result, tree, rows)


async def load_key_results(connection: RowReader, tree: Tree, key_results: Iterable[UUID]) -> None:
    """Load the key results alone, without their objectives."""
    wanted = [id for id in key_results if id not in tree.key_results]
    if not wanted:
        return
    async for batch in Batches(wanted):
        rows = await connection.fetch(KEY_RESULTS_NAMED, tree.organization.id, batch)
        await take_key_results(tree, rows)


async def load_chain(
    connection: Postgres, tree: Tree, key_results: Iterable[UUID], objectives: Iterable[UUID] = ()
) -> None:
    """Load the objectives that a check-in on these nodes affects; other parts as roll-up summaries."""
    organization = tree.organization.id
    named = [id for id in key_results if tree.owner_of(id) not in tree.countable]
    reported = [id for id in objectives if id not in tree.countable]
    if not named and not reported:
        return
    above = await connection.fetchval(ABOVE, organization, reported, named)
    async for wanted in Batches([id for id in above if id not in tree.countable]):
        await load_countable(connection, tree, wanted)


async def load_countable(connection: RowReader, tree: Tree, wanted: Sequence[UUID]) -> None:
    """Load objectives, and their parts as roll-up summaries."""
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


async def load_readings(connection: RowReader, tree: Tree, key_results: Sequence[UUID]) -> None:
    """Load the readings that decide the standing of the key results and of loaded formulas over them.

    These are up to six each, with one more for each other end of a formula's cycle; all for a limit. They
    depend on the definition and the cycle in the tree, which may already differ from the stored ones.
    """
    lacking = lacking_readings(tree, key_results)
    missing = [id for id in key_results if id not in tree.readings or id in lacking]
    if not missing:
        return
    async for wanted in Batches(missing):
        needed = instants_needed(tree, wanted)
        deciding: list[tuple[UUID, int, datetime, bool]] = []
        for id in wanted:
            tree.readings[id] = []
            tree.read_until.pop(id, None)
            if instants := needed[id]:
                tree.read_until[id] = instants
                key_result = tree.key_results[id]
                has_cadence = (
                    key_result.effective_cadence(tree.objectives[key_result.objective_id]) is not None
                )
                deciding += [(id, key_result.definition, instant, has_cadence) for instant in instants]
        every = [id for id in wanted if needed[id] is None]
        of_each = [list(column) for column in zip(*deciding, strict=True)]
        for statement, arrays in ((ALL_READINGS, [every]), (DECIDING, of_each or [[]])):
            if arrays[0]:
                rows = await connection.fetch(statement, tree.organization.id, *arrays)
                await _take(_remember_reading, tree, rows)


async def load_all_readings(connection: Postgres, tree: Tree, key_results: Sequence[UUID]) -> None:
    """Load every live reading of the key results, replacing those loaded before."""
    async for batch in Batches(key_results):
        for id in batch:
            tree.readings[id] = []
            tree.read_until.pop(id, None)
        rows = await connection.fetch(ALL_READINGS, tree.organization.id, batch)
        await _take(_remember_reading, tree, rows)


async def load_reports(
    connection: RowReader, tree: Tree, objectives: Iterable[UUID], *, all_of_them: bool = False
) -> None:
    """Load the live check-ins on objectives that say how they stand, or all; again, if they were loaded."""
    async for batch in Batches(objectives):
        for id in batch:
            tree.readings[id] = []
        statement = ALL_REPORTS if all_of_them else REPORTS
        await _take(_remember_report, tree, await connection.fetch(statement, tree.organization.id, batch))


async def load_everything(connection: Postgres, tree: Tree) -> None:
    """Load the organisation's whole tree without readings; needs a transaction, for its cursors."""
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
    tree.formulas.complete_for.update(tree.key_results)
