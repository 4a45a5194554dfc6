"""Moved nodes: load what new readings or edits of key results can move, and the readings that decide it."""

from collections.abc import Collection
from uuid import UUID

from okr_api.scoring.rollup import may_bend
from okr_api.store.formula_loader import load_formulas
from okr_api.store.tree_loader import load_chain, load_readings, load_tree
from okr_api.store.unit_of_work import Work


async def load_moved(
    work: Work, key_results: Collection[UUID], objectives: Collection[UUID] = (), *, whole: bool = False
) -> None:
    """Load formulas over loaded key results, the objectives above all of them, and their readings.

    `objectives` are those on which check-ins are recorded: they are loaded with the objectives above them.

    Siblings are loaded as summaries, unless a reading may change a curve, or with `whole`.
    """
    connection, tree = work.connection, work.tree
    formulas = await load_formulas(connection, tree, key_results)
    moved = [*key_results, *formulas.difference(key_results)]
    bending = [id for id in moved if whole or may_bend(tree.key_results[id].measure)]
    await load_tree(connection, tree, key_results=bending, objectives=objectives if whole else ())
    await load_chain(connection, tree, moved, objectives)
    beneath = tree.formulas.beneath(formulas).difference(moved)
    await load_readings(connection, tree, [*moved, *beneath])
