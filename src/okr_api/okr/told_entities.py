"""What the registry of entities says of whom changes tell; from there, so that no entity is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .change_kind import CLOCK_KINDS, ChangeKind
from .comment import DISCUSSED
from .entities import BY_TYPE, ENTITIES
from .entity import Entity, NodeType
from .follow import FOLLOWED

# References to people by which these get something to see to; `BESIDE` has others, of single entities.
ASSIGNING = frozenset(
    {"owner_id", "contributor_ids", "check_in_owner_id", "assignee_id", "escalated_to_id", "delegate_id"}
)
BESIDE = {NodeType.TEAM_MEMBERSHIP: "person_id"}
# What is, or belongs to, something that is followed, but of which followers are told nothing, or only of
# single kinds of changes, as of a new comment.
QUIET = frozenset(
    {
        NodeType.METRIC,
        NodeType.CHECK_IN_DRAFT,
        NodeType.COMMENT,
        NodeType.REACTION,
        NodeType.FOLLOW,
    }
)


def _assigning(entity: Entity) -> tuple[str, ...]:
    return tuple(
        name for name in entity.references if name in ASSIGNING or BESIDE.get(entity.node_type) == name
    )


# Fields by which somebody gets something to see to, of each class that has any.
ASSIGNED_BY: Mapping[type[Any], tuple[str, ...]] = {
    entity.model: names for entity in ENTITIES if (names := _assigning(entity))
}


def _telling(entity: Entity) -> bool:
    """Return whether followers are told of changes of an entity; readings move the results of a metric."""
    if entity.node_type in QUIET:
        return False
    places = {entity.node_type, *entity.references.values()}
    return entity.node_type is NodeType.METRIC_READING or not places.isdisjoint(FOLLOWED)


# Kinds that followers of their nodes are told of. Edits of comments tell those whom they mention, and nobody
# else; the clock tells of statuses that turn.
FOLLOWED_KINDS = frozenset(
    {
        ChangeKind.STATUS_TURNED,
        ChangeKind.COMMENT_CREATED,
        *(
            kind
            for kind in ChangeKind
            if kind not in CLOCK_KINDS and (entity := kind.entity) is not None and _telling(entity)
        ),
    }
)


@dataclass(frozen=True, slots=True)
class DiscussedPart:
    """What is discussed and belongs to an objective or a key result, such as a lesson.

    `holders` are the columns of its table with what it belongs to, that of a key result first; `people` those
    with who sees to it, who are told of comments on it like followers; `column` is that of comments on it.
    """

    node_type: NodeType
    table: str
    column: str
    holders: tuple[str, ...]
    people: tuple[str, ...]
    is_removable: bool


def _part(node_type: NodeType) -> DiscussedPart:
    entity = BY_TYPE[node_type]
    return DiscussedPart(
        node_type=node_type,
        table=entity.table,
        column=DISCUSSED[node_type],
        holders=tuple(
            name
            for holder in (NodeType.KEY_RESULT, NodeType.OBJECTIVE)
            for name, other in entity.references.items()
            if other is holder
        ),
        people=_assigning(entity),
        is_removable=entity.is_removable,
    )


DISCUSSED_PARTS = tuple(
    _part(node_type) for node_type in DISCUSSED if node_type not in (NodeType.OBJECTIVE, NodeType.KEY_RESULT)
)
