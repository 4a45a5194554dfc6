"""Loading: the part of the tree that a change can move, in a number of statements that never grows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from okr_api.okr.measure import LIMITS
from okr_api.okr.tree import Tree

from .rows import Postgres, by_each
from .wording.cycle import cycle_of
from .wording.facts import alignment_of, reading_of
from .wording.key_result import key_result_of, key_result_part_of, key_result_standing_of
from .wording.objective import objective_of, objective_part_of, objective_standing_of

# Upwards edge by edge: `offset 0` keeps PostgreSQL from reading all edges at once for each step.
ABOVE = """
    with recursive above(id) as (
        (select unnest($2::uuid[]) union
         select holder.objective_id from unnest($3::uuid[]) asked(id) cross join lateral (
            select objective_id from key_result where organization_id = $1 and id = asked.id offset 0
         ) holder)
        union
        select coalesce(edge.parent_objective_id, (
            select objective_id from key_result
            where organization_id = $1 and id = edge.parent_key_result_id))
        from above cross join lateral (
            select * from alignment where organization_id = $1 and child_id = above.id offset 0
        ) edge
    )
    select array(select id from above)
"""


OBJECTIVES = by_each("objective", "id")
KEY_RESULTS = by_each("key_result", "objective_id")
KEY_RESULTS_NAMED = by_each("key_result", "id")
EDGES = " union all ".join(
    (
        by_each("alignment", "child_id"),
        by_each("alignment", "parent_objective_id"),
        by_each("alignment", "parent_key_result_id", asked="$3::uuid[]"),
    )
)
# Of parts that are measured nobody asks for the status: see `scoring.rollup`.
UNMEASURED = (
    "case when coverage > 0 then null else statuses end as statuses,"
    " case when coverage > 0 then null else status_turns end as status_turns"
)
KEY_RESULT_PARTS = by_each(
    "key_result",
    "objective_id",
    "id, objective_id, state, weight, progress, progress_reason, coverage, confidence, score_at_end,"
    f" {UNMEASURED}",
)
OBJECTIVE_PARTS = by_each(
    "objective",
    "id",
    "id, state, progress, progress_reason, coverage, confidence, lowest_confidence, score_at_end,"
    f" score_floor, partial, {UNMEASURED}",
)
DAYS_OF_CYCLES = "select id, starts_at, ends_at from cycle where organization_id = $1"
CYCLES = "select * from cycle where organization_id = $1"
LIVE = """
    not exists (
        select from check_in later
        where later.organization_id = $1 and later.supersedes_id = {0}.id
    ) and {0}.retraction_reason is null
"""
READING = (
    "id, key_result_id, effective_at, seq, place, definition, value, milestones_done, confidence, status"
)
COUNTS = """
    (value is not null or milestones_done is not null)
    and definition = asked.definition and effective_at < asked.ends_at
"""


def _one_reading(condition: str, direction: str) -> str:
    return f"""
        (select {READING} from check_in said
         where said.organization_id = $1 and said.key_result_id = asked.id and {LIVE.format("said")}
           and {condition}
         order by effective_at {direction}, seq {direction}, place {direction} limit 1)
    """


DECIDING = f"""
    select distinct on (decides.id) decides.*
    from unnest($2::uuid[], $3::int[], $4::timestamptz[]) asked(id, definition, ends_at)
    cross join lateral (
        {_one_reading(COUNTS, "asc")}
        union all
        {_one_reading(COUNTS, "desc")}
        union all {_one_reading("true", "desc")}
        union all {_one_reading("status is not null", "desc")}
        union all {_one_reading("confidence is not null", "desc")}
    ) decides
"""
ALL_READINGS = f"""
    select found.* from unnest($2::uuid[]) asked(id) cross join lateral (
        select {READING} from check_in said
        where organization_id = $1 and key_result_id = asked.id and {LIVE.format("said")} offset 0
    ) found
"""


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
    wanted = [id for id in above if id not in tree.whole]
    measured = await connection.fetch(KEY_RESULTS, organization, wanted)
    edges = await connection.fetch(EDGES, organization, wanted, [row["id"] for row in measured])
    named = {*wanted, *(row["child_id"] for row in edges)}
    for row in await connection.fetch(
        OBJECTIVES, organization, [id for id in named if id not in tree.objectives]
    ):
        tree.remember_objective(objective_of(row), objective_standing_of(row))
    for row in measured:
        tree.remember_key_result(key_result_of(row), key_result_standing_of(row))
    for row in edges:
        tree.remember_alignment(alignment_of(row))
    here = [id for id in wanted if id in tree.objectives]
    tree.whole.update(here)
    tree.countable.update(here)


async def load_key_results(connection: Postgres, tree: Tree, key_results: Iterable[UUID]) -> None:
    """The key results themselves."""
    wanted = [id for id in key_results if id not in tree.key_results]
    if wanted:
        for row in await connection.fetch(KEY_RESULTS_NAMED, tree.organization.id, wanted):
            tree.remember_key_result(key_result_of(row), key_result_standing_of(row))


async def load_chain(connection: Postgres, tree: Tree, key_results: Iterable[UUID]) -> None:
    """All that a reading of the key results moves, and of its other parts what the means need of them."""
    organization = tree.organization.id
    named = [id for id in key_results if tree.owner_of(id) not in tree.countable]
    if not named:
        return
    above = await connection.fetchval(ABOVE, organization, [], named)
    wanted = [id for id in above if id not in tree.countable]
    parts = await connection.fetch(KEY_RESULT_PARTS, organization, wanted)
    edges = await connection.fetch(EDGES, organization, wanted, [row["id"] for row in parts])
    for row in await connection.fetch(
        OBJECTIVES, organization, [id for id in wanted if id not in tree.objectives]
    ):
        tree.remember_objective(objective_of(row), objective_standing_of(row))
    others = {row["child_id"] for row in edges if row["child_id"] not in tree.objectives}
    for row in await connection.fetch(OBJECTIVE_PARTS, organization, list(others)) if others else ():
        tree.remember_objective_part(row["id"], objective_part_of(row))
    for row in parts:
        tree.remember_key_result_part(row["id"], row["objective_id"], key_result_part_of(row))
    for row in edges:
        tree.remember_alignment(alignment_of(row))
    tree.countable.update(id for id in wanted if id in tree.objectives)


async def load_readings(connection: Postgres, tree: Tree, key_results: Sequence[UUID]) -> None:
    """What decides the standing of the key results: five readings each, or all for a limit.

    Which ones they are depends on the definition and the cycle as they are in the tree, which may
    already be other than what is stored.
    """
    wanted = [id for id in key_results if id not in tree.readings]
    limits = [id for id in wanted if tree.key_results[id].measure.kind in LIMITS]
    others = [id for id in wanted if tree.key_results[id].measure.kind not in LIMITS]
    for id in wanted:
        tree.readings[id] = []
    definitions = [tree.key_results[id].definition for id in others]
    ends = [tree.cycle_of(tree.owner_of(id)).ends_at(tree.zone) for id in others]
    for statement, arrays in ((ALL_READINGS, [limits]), (DECIDING, [others, definitions, ends])):
        if arrays[0]:
            for row in await connection.fetch(statement, tree.organization.id, *arrays):
                tree.readings[row["key_result_id"]].append(reading_of(row))


async def load_all_readings(connection: Postgres, tree: Tree, key_results: Sequence[UUID]) -> None:
    """Every live reading of the key results, in place of what was loaded before."""
    for id in key_results:
        tree.readings[id] = []
    for row in await connection.fetch(ALL_READINGS, tree.organization.id, list(key_results)):
        tree.readings[row["key_result_id"]].append(reading_of(row))


async def load_everything(connection: Postgres, tree: Tree) -> None:
    """The organisation's whole tree, without readings."""
    organization = tree.organization.id
    for row in await connection.fetch("select * from objective where organization_id = $1", organization):
        tree.remember_objective(objective_of(row), objective_standing_of(row))
    for row in await connection.fetch("select * from key_result where organization_id = $1", organization):
        tree.remember_key_result(key_result_of(row), key_result_standing_of(row))
    for row in await connection.fetch("select * from alignment where organization_id = $1", organization):
        tree.remember_alignment(alignment_of(row))
    tree.whole.update(tree.objectives)
    tree.countable.update(tree.objectives)
