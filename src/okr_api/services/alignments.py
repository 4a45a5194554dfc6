"""Mutations of alignments: align an objective with a parent, unalign it, and move it to another parent."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.alignment import Alignment, AlignmentKind
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import AlignmentLoops, CycleDoesNotEnclose, NotFound
from okr_api.okr.notice import Notice
from okr_api.okr.numbers import weight_of
from okr_api.okr.objective import Objective
from okr_api.store.tree_loader import load_tree
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change, unchanged
from .mutation_runner import MutationResult
from .notices import notices_of_alignments
from .permissions import editable_objective_at
from .references import Ref, check_version, id_of


async def align(
    work: Work,
    actor: Actor,
    *,
    objective: Ref,
    parent: Ref,
    kind: AlignmentKind | None = None,
    weight: float | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Align the objective with the parent, or edit the alignment: None leaves a field unchanged."""
    child = await _revised(work, actor, objective, expected_version)
    before = work.tree.alignments_of(child.id)
    notices = await put_alignment(work, child, parent, kind, weight)
    if work.tree.alignments_of(child.id) == before:
        return unchanged(work, child.id, notices)
    return await _conclude(work, actor, ChangeKind.OBJECTIVE_ALIGNED, child, notices)


async def unalign(
    work: Work, actor: Actor, *, objective: Ref, parent: Ref, expected_version: int | None = None
) -> MutationResult:
    """Remove the alignment of the objective with the parent.

    Raises:
        NotFound: they are not aligned.
    """
    child = await _revised(work, actor, objective, expected_version)
    parent_id = await _parent_id(work, parent)
    edge = work.tree.alignments.get((child.id, parent_id)) if parent_id else None
    if edge is None:
        raise NotFound("The objective is not aligned to this parent", path=parent.path)
    _cut(work, [edge], parent)
    return await _conclude(work, actor, ChangeKind.OBJECTIVE_UNALIGNED, child)


async def move(
    work: Work,
    actor: Actor,
    *,
    objective: Ref,
    parent: Ref | None,
    kind: AlignmentKind | None = None,
    weight: float | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Move the objective and its subtree to the parent, away from all others; None: to no parent.

    A `kind` or `weight` of None is that of its alignment with the parent, else of its only alignment.
    """
    child = await _revised(work, actor, objective, expected_version)
    before = work.tree.alignments_of(child.id)
    _cut(work, before, objective)
    notices = await put_alignment(work, child, parent, kind, weight, before)
    if work.tree.alignments_of(child.id) == before:
        return unchanged(work, child.id, notices)
    return await _conclude(work, actor, ChangeKind.OBJECTIVE_MOVED, child, notices)


async def _conclude(
    work: Work, actor: Actor, kind: ChangeKind, child: Objective, notices: tuple[Notice, ...] = ()
) -> MutationResult:
    return await record_change(
        work, actor, kind, NodeType.OBJECTIVE, child.id, fields=("parents",), notices=notices
    )


async def _revised(work: Work, actor: Actor, ref: Ref, expected_version: int | None) -> Objective:
    """Return the objective with its version incremented: its alignments are edited under that version."""
    known = await editable_objective_at(work, actor, ref)
    work.tree.cycle_of(known.id).takes_edits(ref.path)
    check_version(known.version, expected_version)
    child = replace(known, version=known.version + 1)
    work.tree.objectives[child.id] = child
    return child


async def put_alignment(
    work: Work,
    child: Objective,
    parent: Ref | None,
    kind: AlignmentKind | None = None,
    weight: float | None = None,
    before: Sequence[Alignment] = (),
) -> tuple[Notice, ...]:
    """Create or replace an alignment, mark the parent for recomputation, and return notices.

    Without a parent only the weight is checked. A `kind` or `weight` of None is that of the replaced
    alignment, else of the only one in `before`, the child's former alignments; a new alignment contributes
    with weight 1.

    Raises:
        AlignmentLoops: the child would become its own ancestor.
        CycleDoesNotEnclose: the parent's cycle is neither the child's nor encloses it.
        NotFound: there is no such parent.
    """
    if weight is not None:
        weight_of(weight)
    if parent is None:
        return ()
    parent_id = await _parent_id(work, parent)
    tree = work.tree
    if parent_id is None:
        raise parent.not_found("objective or key result")
    through = tree.key_results.get(parent_id)
    edge = Alignment(
        child_id=child.id,
        parent_objective_id=None if through else parent_id,
        parent_key_result_id=parent_id if through else None,
    )
    model = tree.alignments.get(edge.key) or _model(edge, before)
    edge = replace(
        edge,
        kind=model.kind if kind is None else kind,
        weight=model.weight if weight is None else weight,
    )
    tree.cycle_of(tree.owner_of(parent_id)).takes_edits(parent.path)
    try:
        tree.put_alignment(edge)
        check_enclosed(work, edge)
    except (AlignmentLoops, CycleDoesNotEnclose) as refusal:
        raise refusal.under(*parent.path) from None
    work.touch(objectives=[tree.owner_of(parent_id)])
    return notices_of_alignments(tree, [edge], parent.path)


def _model(edge: Alignment, before: Sequence[Alignment]) -> Alignment:
    """Return the alignment that supplies the default kind and weight of a new one."""
    for other in before:
        if other.key == edge.key:
            return other
    return before[0] if len(before) == 1 else edge


async def _parent_id(work: Work, ref: Ref) -> UUID | None:
    """Return the id of the parent and load it with its ancestors and the parts of each.

    None if it does not exist or is hidden from the actor.
    """
    for node_type in (NodeType.OBJECTIVE, NodeType.KEY_RESULT):
        if ref.node_type not in (None, node_type):
            continue
        id = await id_of(work, node_type.value.lower(), ref)
        if id is not None:
            await load_tree(work.connection, work.tree, objectives=[id], key_results=[id])
            if work.shows(id):
                return id
    return None


def check_enclosed(work: Work, edge: Alignment) -> None:
    """Raise `CycleDoesNotEnclose` if a contribution leads outside the child's cycle and enclosing ones."""
    if edge.kind is AlignmentKind.SUPPORTS:
        return
    child = work.tree.cycle_of(edge.child_id)
    parent = work.tree.cycle_of(work.tree.owner_of(edge.parent_id))
    if not work.tree.encloses(parent.id, child.id):
        raise CycleDoesNotEnclose(f"An objective of {child.name} cannot contribute to one of {parent.name}")


def _cut(work: Work, edges: Sequence[Alignment], ref: Ref) -> None:
    """Remove alignments and recompute their parents; a contribution also needs an editable parent cycle.

    `ref` is the reference of the input to blame.
    """
    for edge in edges:
        parent = work.tree.owner_of(edge.parent_id)
        if edge.kind is AlignmentKind.CONTRIBUTES:
            work.tree.cycle_of(parent).takes_edits(ref.path)
        work.touch(objectives=[parent])
        work.tree.drop_alignment(edge)
