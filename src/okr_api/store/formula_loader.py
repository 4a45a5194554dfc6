"""Load the formulas that a change affects, with all that they are computed from, over any number of steps.

The number of statements does not depend on how deep formulas are nested.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from okr_api.okr.tree import Tree

from .bulk_write import RowReader
from .time_slicing import Batches
from .tree_loader import load_objectives, take_key_results

# `offset 0` forces an index lookup for each key result, as in `tree_statements.ABOVE`.
FORMULAS = """
    with recursive over(id, is_asked) as (
        select asked, true from unnest($2::uuid[]) asked
        union
        select found.id, false from over cross join lateral (
            select id from key_result
            where organization_id = $1 and formula_function is not null
                and formula_part_ids @> array[over.id] offset 0
        ) found
    ),
    beneath(id, is_asked) as (
        (select * from over union select part, false from unnest($3::uuid[]) part)
        union
        select found.id, false from beneath cross join lateral (
            select unnest(formula_part_ids) as id from key_result
            where organization_id = $1 and id = beneath.id offset 0
        ) found
    )
    select found.* from beneath cross join lateral (
        select * from key_result where organization_id = $1 and id = beneath.id offset 0
    ) found
    where not beneath.is_asked
"""
COUNT_USES = """
    select asked.id, count(*) as uses from unnest($2::uuid[]) asked(id) cross join lateral (
        select from key_result
        where organization_id = $1 and formula_function is not null
            and formula_part_ids @> array[asked.id] and id <> $3 offset 0
    ) found
    group by 1
"""


async def count_uses(
    connection: RowReader, organization_id: UUID, parts: Sequence[UUID], beside: UUID
) -> dict[UUID, int]:
    """Return how many formulas other than `beside` name each key result as a part; none without any."""
    rows = await connection.fetch(COUNT_USES, organization_id, list(parts), beside)
    return {row["id"]: row["uses"] for row in rows}


async def load_formula_parts(connection: RowReader, tree: Tree, parts: Collection[UUID]) -> None:
    """Load key results with all that those among them that are formulas are computed from."""
    if parts:
        await _load(connection, tree, [], parts)


async def load_formulas(connection: RowReader, tree: Tree, key_results: Collection[UUID]) -> set[UUID]:
    """Load all formulas over loaded key results, and what they are computed from, without readings.

    Return these formulas, also those among the key results. Nothing is read if the organisation has no
    formula, or again for key results of which they are loaded.
    """
    if not tree.formulas.may_exist:
        return set()
    asked = [id for id in key_results if id not in tree.formulas.complete_for]
    async for batch in Batches(asked):
        await _load(connection, tree, batch, tree.formulas.parts_of(batch))
        tree.formulas.complete_for |= tree.formulas.over(batch).union(batch)
    return tree.formulas.among(key_results) | tree.formulas.over(key_results)


async def _load(connection: RowReader, tree: Tree, asked: Sequence[UUID], parts: Collection[UUID]) -> None:
    rows = await connection.fetch(FORMULAS, tree.organization.id, list(asked), list(parts))
    await take_key_results(tree, rows)
    await load_objectives(connection, tree, {row["objective_id"] for row in rows})
