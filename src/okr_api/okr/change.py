"""Change: one mutation as an entry of the feed, with the deltas of numbers; which nodes a change is of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .author import Author
from .belonging import Parts, belongs_to
from .change_kind import ChangeKind
from .change_tracking import PlainEntities
from .computed_values import Status
from .entities import ATTACHED, BY_MODEL
from .entity import NodeType
from .objective import ProgressSource
from .tree import Tree


@dataclass(frozen=True, slots=True)
class Delta:
    """Numbers of one objective or key result before and after; the statuses are those at the change."""

    node_type: NodeType
    node_id: UUID
    before: float | None
    after: float | None
    status_before: Status
    status_after: Status
    source_before: ProgressSource | None = None
    source_after: ProgressSource | None = None
    confidence_before: float | None = None
    confidence_after: float | None = None
    coverage_before: float | None = None
    coverage_after: float | None = None
    value_before: float | None = None
    value_after: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an organisation's feed; `seq` has no gaps and follows the order of commits.

    `related_ids` are the nodes that it is of beside `node_id`: see `related_nodes`.
    `token_id` and `request_id` say what made it; None for commands of the operator and imports.
    `due_at` is when a change of the clock fell due; None for all others.
    """

    seq: int
    recorded_at: datetime
    kind: ChangeKind
    author: Author
    node_type: NodeType
    node_id: UUID
    fields: tuple[str, ...] = ()
    reason: str | None = None
    deltas: tuple[Delta, ...] = ()
    check_in_ids: tuple[UUID, ...] = ()
    related_ids: tuple[UUID, ...] = ()
    token_id: UUID | None = None
    request_id: str | None = None
    due_at: datetime | None = None


def related_nodes(
    tree: Tree, plain: PlainEntities, checked_in: Iterable[UUID], *, beside: UUID, parts: Parts
) -> tuple[UUID, ...]:
    """Return what a change edited or checked in on, with the objectives of key results, also former ones.

    An entity that belongs to an objective or key result comes with these, such as an initiative, or a comment
    on a check-in, by what `parts` say of the check-in. The edits are those that are not saved yet;
    `beside` is the node of the change itself, which is left out.
    """
    measured = [*checked_in, *tree.key_results.changed_keys()]
    found: dict[UUID, None] = dict.fromkeys(measured)
    for id in measured:
        found[tree.owner_of(id)] = None
        before = tree.key_results.before(id)
        if before is not None:
            found[before.objective_id] = None
    found |= dict.fromkeys(tree.objectives.changed_keys())
    found |= {each.id: None for each in tree.cycles.changed() if tree.cycles.before(each.id) != each}
    for model, entities in plain.items():
        found |= dict.fromkeys(entities.changed_keys())
        for entity in entities.changed() if BY_MODEL[model] in ATTACHED else ():
            found |= dict.fromkeys(belongs_to(entity, tree.owner_of, parts))
    found.pop(beside, None)
    return tuple(found)
