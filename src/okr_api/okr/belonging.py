"""What entities belong to: the objectives and key results whose activity lists changes of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from .comment import DISCUSSED, Comment
from .entities import BY_MODEL, BY_TYPE
from .entity import NodeType
from .reaction import REACTED, Reaction
from .tree import Tree

MEASURED_TYPES = frozenset({NodeType.OBJECTIVE, NodeType.KEY_RESULT})
# Records that are discussed; they belong to an objective or a key result, or to nothing.
RECORDS = tuple(
    BY_TYPE[node_type].model
    for node_type in DISCUSSED
    if node_type not in MEASURED_TYPES and node_type is not NodeType.CHECK_IN
)
# What check-ins, records and comments belong to, by their ids.
Parts = Mapping[UUID, tuple[UUID, ...]]


def belongs_to(entity: Any, owner_of: Callable[[UUID], UUID], parts: Parts) -> Iterator[UUID]:
    """Yield the objectives and key results that a plain entity refers to; with a key result its objective.

    A comment or a reaction belongs to what it is on as well, and to what `parts` say of that.
    """
    for name, node_type in BY_MODEL[type(entity)].references.items():
        if node_type not in MEASURED_TYPES:
            continue
        value = getattr(entity, name)
        for id in value if isinstance(value, tuple) else (value,):
            if id is not None:
                yield id
                yield owner_of(id)
    if isinstance(entity, Comment | Reaction):
        for name in REACTED.values():
            on: UUID | None = getattr(entity, name, None)
            if on is not None:
                yield on
                yield from parts.get(on, ())


def node_discussed_by(comment: Comment, tree: Tree, parts: Parts) -> UUID | None:
    """Return the key result or objective that a comment is on, or to which that belongs; None for neither."""
    ids = belongs_to(comment, tree.owner_of, parts)
    return next((id for id in ids if id in tree.key_results or id in tree.objectives), None)


def check_in_belongs_to(about_id: UUID, owner_of: Callable[[UUID], UUID]) -> tuple[UUID, ...]:
    """Return what a check-in on an objective or key result belongs to."""
    return tuple(dict.fromkeys((about_id, owner_of(about_id))))


def parts_of(
    check_ins: Mapping[UUID, UUID],
    entities_of: Callable[[type[Any]], Iterable[Any]],
    owner_of: Callable[[UUID], UUID],
) -> dict[UUID, tuple[UUID, ...]]:
    """Return what check-ins, all records and all comments belong to.

    `check_ins` say what each is on, `entities_of` has the records and comments of a class.
    """
    parts = {id: check_in_belongs_to(about_id, owner_of) for id, about_id in check_ins.items()}
    for model in (*RECORDS, Comment):
        for entity in entities_of(model):
            parts[entity.id] = tuple(dict.fromkeys(belongs_to(entity, owner_of, parts)))
    return parts
