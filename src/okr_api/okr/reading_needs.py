"""Reading needs: which readings of a key result decide its own numbers and those of formulas over it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from .tree import Tree


def instants_needed(tree: Tree, key_results: Iterable[UUID]) -> dict[UUID, frozenset[datetime] | None]:
    """Return before which instants the latest reading of each key result is needed; None for all readings.

    These are the end of its cycle, and those of formulas over it, which count no reading from after their
    own. Limits depend on how long each reading has held, and a formula without a start on all that its parts
    were at their first instant.
    """
    needed: dict[UUID, frozenset[datetime] | None] = {}
    for id in reversed(tree.formulas.parts_first(key_results)):
        key_result = tree.key_results[id]
        end = tree.cycle_of(key_result.objective_id).ends_at(tree.zone)
        above = [needed[user] for user in tree.formulas.users_of(id) if user in needed]
        measure = key_result.measure
        starts_anywhere = key_result.has_formula and measure.start_value is None
        if measure.is_limit or starts_anywhere or None in above:
            needed[id] = None
        else:
            later = [min(instant, end) for instants in above if instants for instant in instants]
            needed[id] = frozenset([end, *later])
    return needed


def lacking_readings(tree: Tree, key_results: Iterable[UUID]) -> set[UUID]:
    """Return those over which there are formulas that need readings which are not loaded."""
    asked = [id for id in key_results if id in tree.read_until and tree.formulas.users_of(id)]
    needed = instants_needed(tree, asked) if asked else {}
    lacking = set()
    for id in asked:
        instants = needed[id]
        if instants is None or not instants <= tree.read_until[id]:
            lacking.add(id)
    return lacking
