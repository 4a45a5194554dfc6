"""References to what can be discussed: load it with its objective, as far as the actor sees it."""

from typing import Any

from okr_api.okr.belonging import RECORDS, belongs_to, check_in_belongs_to
from okr_api.okr.comment import DISCUSSED, Comment
from okr_api.okr.entities import BY_MODEL, BY_TYPE
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import NotFound
from okr_api.okr.objective import Objective
from okr_api.store.bulk_write import Row
from okr_api.store.entity_lookup import rows_by_id
from okr_api.store.unit_of_work import Work

from .measured_references import holder_of, measured_at
from .references import Ref, entity_at, id_of

Ids = dict[str, Any]  # the id of a node, by the field that holds it
RECORD_TYPES = frozenset(BY_MODEL[model].node_type for model in RECORDS)


async def discussed_at(work: Work, ref: Ref) -> tuple[Objective | None, Ids]:
    """Return the objective of a node of `DISCUSSED` that a reference names, and the id of the node.

    The objective is None for a decision that is about nothing. The work keeps what the node belongs to.

    Raises:
        NotFound: there is no such node, or the actor does not see it.
    """
    assert ref.node_type is not None
    match ref.node_type:
        case NodeType.CHECK_IN:
            objective, row = await check_in_at(work, ref)
            id = row["id"]
            about = row["key_result_id"] or row["objective_id"]
            work.parts[id] = check_in_belongs_to(about, work.tree.owner_of)
        case node_type if node_type in RECORD_TYPES:
            record: Any = await entity_at(work, BY_TYPE[node_type].model, ref)
            of = (getattr(record, "objective_id", None), getattr(record, "key_result_id", None))
            if not any(of):
                return None, {DISCUSSED[ref.node_type]: record.id}
            objective = await holder_of(work, *of, ref.not_found(BY_TYPE[ref.node_type].noun))
            id = record.id
            work.parts[id] = tuple(belongs_to(record, work.tree.owner_of, {}))
        case _:
            objective, ids = await measured_at(work, ref)
            id = ids[DISCUSSED[ref.node_type]]
    return objective, {DISCUSSED[ref.node_type]: id}


async def check_in_at(work: Work, ref: Ref) -> tuple[Objective, Row]:
    """Return the objective of a check-in, and its row; raise `NotFound` if the actor does not see it."""
    id = await id_of(work, "check_in", ref)
    rows = await rows_by_id(work.connection, work.organization.id, "check_in", [id] if id else [])
    unseen = ref.not_found("check-in")
    if not rows:
        raise unseen
    return await holder_of(work, rows[0]["objective_id"], rows[0]["key_result_id"], unseen), rows[0]


async def comment_at(work: Work, ref: Ref) -> tuple[Comment, Objective | None]:
    """Return a comment with its objective; that is None if it is on a decision about nothing.

    Raises:
        NotFound: it does not exist, was deleted, replies to one that was, or is on what was deleted or the
            actor does not see.
    """
    known = await entity_at(work, Comment, ref)
    node_type, id = known.on
    try:
        if known.parent_id is not None:
            await entity_at(work, Comment, Ref(known.parent_id))
        objective, _ = await discussed_at(work, Ref(id, node_type=node_type))
    except NotFound:
        raise ref.not_found("comment") from None
    work.parts[known.id] = tuple(belongs_to(known, work.tree.owner_of, work.parts))
    return known, objective
