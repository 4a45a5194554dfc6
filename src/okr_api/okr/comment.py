"""Comment: what somebody says on an objective, a key result, a check-in or a record such as a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from .entity import NodeType
from .entity_fields import Derived, Fixed, MaxItems, MaxLength
from .errors import InvalidInput, ReplyToReply
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH

MAX_MENTIONS = 100

# What can be discussed, with the field that holds its id; `store/discussed_nodes.py` has the ways from there
# to the objective whose visibility a comment shares.
DISCUSSED: Mapping[NodeType, str] = {
    NodeType.OBJECTIVE: "objective_id",
    NodeType.KEY_RESULT: "key_result_id",
    NodeType.CHECK_IN: "check_in_id",
    NodeType.ROADBLOCK: "roadblock_id",
    NodeType.DECISION: "decision_id",
    NodeType.EXPERIMENT: "experiment_id",
    NodeType.LESSON: "lesson_id",
    NodeType.REVIEW_RECORD: "review_record_id",
}


@dataclass(frozen=True, slots=True)
class Comment:
    """Comment on one node of `DISCUSSED`, by a person or a service; a reply has a `parent_id`.

    A reply is on the same node as the comment that it answers, and is not answered itself.
    """

    id: UUID
    external_id: str | None
    text: Annotated[str, MaxLength(MAX_TEXT_LENGTH)]
    author_name: Annotated[str, MaxLength(MAX_TITLE_LENGTH), Fixed()]
    author_person_id: Annotated[UUID | None, Fixed()] = None
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    check_in_id: Annotated[UUID | None, Fixed()] = None
    roadblock_id: Annotated[UUID | None, Fixed()] = None
    decision_id: Annotated[UUID | None, Fixed()] = None
    experiment_id: Annotated[UUID | None, Fixed()] = None
    lesson_id: Annotated[UUID | None, Fixed()] = None
    review_record_id: Annotated[UUID | None, Fixed()] = None
    parent_id: Annotated[UUID | None, Fixed()] = None
    mention_ids: Annotated[tuple[UUID, ...], MaxItems(MAX_MENTIONS), Fixed()] = ()
    # The objective or key result that it is on, or to which that belongs; None for a decision about neither.
    # Who comments follows it.
    about_id: Annotated[UUID | None, Derived()] = field(default=None, compare=False)
    version: int = 1
    removed: bool = False

    @property
    def on(self) -> tuple[NodeType, UUID]:
        """Return the type and the id of the node that it is on."""
        for node_type, name in DISCUSSED.items():
            id: UUID | None = getattr(self, name)
            if id is not None:
                return node_type, id
        raise AssertionError("A comment is on a node")


def check_answered(*, is_here: bool, is_reply: bool, path: Sequence[str | int]) -> None:
    """Check a comment to reply to; `is_here`: it is on the node that the reply is on.

    Raises:
        InvalidInput: it is on something else.
        ReplyToReply: it is a reply itself.
    """
    if not is_here:
        raise InvalidInput("The comment to reply to is on something else", path=path)
    if is_reply:
        raise ReplyToReply("That is a reply itself; answer the comment that it replies to", path=path)
