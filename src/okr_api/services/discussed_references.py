"""References to what can be discussed: load it with its objective, as far as the actor sees it."""

from typing import Any

from okr_api.okr.comment import DISCUSSED, Comment
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import NotFound
from okr_api.okr.objective import Objective
from okr_api.store.entity_lookup import rows_by_id
from okr_api.store.unit_of_work import Work

from .references import Ref, entity_at, id_of, key_result_at, objective_at

Ids = dict[str, Any]  # the id of a node, by the field that holds it


async def discussed_at(work: Work, ref: Ref) -> tuple[Objective, Ids]:
    """Return the objective of a node of `DISCUSSED` that a reference names, and the id of the node.

    Raises:
        NotFound: there is no such node, or the actor does not see it.
    """
    match ref.node_type:
        case NodeType.OBJECTIVE:
            objective = await objective_at(work, ref)
            return objective, {DISCUSSED[NodeType.OBJECTIVE]: objective.id}
        case NodeType.KEY_RESULT:
            key_result = await key_result_at(work, ref)
            return work.tree.objectives[key_result.objective_id], {
                DISCUSSED[NodeType.KEY_RESULT]: key_result.id
            }
    assert ref.node_type is NodeType.CHECK_IN
    id = await id_of(work, "check_in", ref)
    rows = await rows_by_id(work.connection, work.organization.id, "check_in", [id] if id else [])
    if not rows:
        raise ref.not_found("check-in")
    try:
        if rows[0]["objective_id"] is not None:
            objective = await objective_at(work, Ref(rows[0]["objective_id"]))
        else:
            key_result = await key_result_at(work, Ref(rows[0]["key_result_id"]))
            objective = work.tree.objectives[key_result.objective_id]
    except NotFound:
        raise ref.not_found("check-in") from None
    return objective, {DISCUSSED[NodeType.CHECK_IN]: rows[0]["id"]}


async def comment_at(work: Work, ref: Ref) -> tuple[Comment, Objective]:
    """Return a comment with its objective.

    Raises:
        NotFound: it does not exist, was deleted, replies to one that was, or is on what the actor does not
            see.
    """
    known = await entity_at(work, Comment, ref)
    node_type, id = known.on
    try:
        if known.parent_id is not None:
            await entity_at(work, Comment, Ref(known.parent_id))
        objective, _ = await discussed_at(work, Ref(id, node_type=node_type))
    except NotFound:
        raise ref.not_found("comment") from None
    return known, objective
