"""SQL that locks, reads and moves the feed head, an organisation's position and only lock."""

from collections.abc import Sequence
from datetime import datetime

from okr_api.okr.change import Change
from okr_api.okr.tree import Tree

# After waiting for a lock only the locked row is read again; joined rows would be from before the wait.
LOCK_HEAD = "select * from feed_head where organization_id = $1 for no key update"
READ_HEAD = "select * from feed_head where organization_id = $1"
# The latest change that moved a tree, and the latest that edited a plan, stay as they are if null.
MOVE_HEAD = """
    update feed_head set seq = $2, recorded_at = $3,
        tree_seq = coalesce($4, tree_seq), tree_recorded_at = coalesce($5, tree_recorded_at),
        plan_seq = coalesce($6, plan_seq), plan_recorded_at = coalesce($7, plan_recorded_at)
    where organization_id = $1
"""
SEQ_OF_HEAD = "(select seq from feed_head where organization_id = $1)"
IS_THERE = "select exists (select from change where organization_id = $1 and seq = $2 and node_id = $3)"


def positions_after(tree: Tree, changes: Sequence[Change]) -> tuple[int | datetime | None, ...]:
    """Return the arguments of `MOVE_HEAD`: positions of the last change, and of the last of two kinds.

    These are changes that moved trees, and changes that edited plans.
    """
    moves = bool(tree.moved_cadences)  # cached trees have the cadences of before
    moved = _latest([change for change in changes if moves or change.kind.moves_trees])
    edited = _latest([change for change in changes if moves or change.kind.edits_plans])
    return *_latest(changes), *moved, *edited


def _latest(changes: Sequence[Change]) -> tuple[int | None, datetime | None]:
    """Return the position of the last change and its recorded instant; (None, None) if there is none."""
    return (changes[-1].seq, changes[-1].recorded_at) if changes else (None, None)
