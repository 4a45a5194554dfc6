"""Alignment: an edge from an objective to the objective or key result it serves, with kind and weight."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AlignmentKind(StrEnum):
    """Kind of an edge: CONTRIBUTES counts with its weight, SUPPORTS changes no number."""

    CONTRIBUTES = "CONTRIBUTES"
    SUPPORTS = "SUPPORTS"


@dataclass(frozen=True, slots=True)
class Alignment:
    """An edge of the tree, from the child objective to its parent."""

    child_id: UUID
    parent_objective_id: UUID | None
    parent_key_result_id: UUID | None
    kind: AlignmentKind = AlignmentKind.CONTRIBUTES
    weight: float = 1.0

    @property
    def parent_id(self) -> UUID:
        """Return the id of the objective or key result at the upper end."""
        parent = self.parent_objective_id or self.parent_key_result_id
        assert parent is not None
        return parent

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Return (child, parent), which is unique: there is at most one edge between two nodes."""
        return (self.child_id, self.parent_id)

    @property
    def counts(self) -> bool:
        """Return whether the edge carries weight upwards."""
        return self.kind is AlignmentKind.CONTRIBUTES and self.weight > 0
