"""Discuss a key result: comments and reactions, also edited and removed, on all that can belong to it."""

from uuid import UUID

from okr_api.okr.entity import NodeType
from okr_api.services.comments import add_comment, delete_comment, edit_comment
from okr_api.services.decisions import add_decision
from okr_api.services.experiments import add_experiment
from okr_api.services.lessons import add_lesson
from okr_api.services.reactions import add_reaction, remove_reaction
from okr_api.services.roadblocks import add_roadblock
from tests.acme import Acme, measured, ref

# Kinds of the changes on each node, in order.
DISCUSSION = (
    "COMMENT_CREATED",
    "COMMENT_CREATED",
    "COMMENT_UPDATED",
    "REACTION_ADDED",
    "REACTION_ADDED",
    "REACTION_REMOVED",
    "COMMENT_DELETED",
)


async def parts_of(acme: Acme, key_result: str) -> list[tuple[NodeType, UUID]]:
    """Return the key result, a new check-in, new records and a review of it or of its objective."""
    on, objective = measured(key_result), await acme.row("key_result", getattr(acme, key_result))
    return [
        (NodeType.KEY_RESULT, getattr(acme, key_result)),
        (NodeType.CHECK_IN, await acme.check_in(key_result, 5)),
        (NodeType.ROADBLOCK, await acme.done(add_roadblock, on=on, title="Wall")),
        (NodeType.DECISION, await acme.done(add_decision, about=on, text="Go")),
        (NodeType.EXPERIMENT, await acme.done(add_experiment, key_result=key_result, hypothesis="So")),
        (NodeType.LESSON, await acme.done(add_lesson, source=on, title="So")),
        (NodeType.REVIEW_RECORD, await acme.review(objective["objective_id"])),
    ]


async def discuss(acme: Acme, node_type: NodeType, id: UUID) -> None:
    """Make the changes of `DISCUSSION` on a node."""
    ann, on = acme.as_person(acme.ann), measured(id, node_type)
    remark = await acme.done(add_comment, on=on, text="Hm", by=ann)
    reply = await acme.done(add_comment, on=on, text="Yes", reply_to=ref(remark), by=ann)
    await acme.done(edit_comment, comment=remark, edits={"text": "Well"}, by=ann)
    for place in (on, measured(remark, NodeType.COMMENT)):
        await acme.done(add_reaction, on=place, emoji="🎉", by=ann)
    await acme.done(remove_reaction, on=on, emoji="🎉", by=ann)
    await acme.done(delete_comment, comment=reply, by=ann)
