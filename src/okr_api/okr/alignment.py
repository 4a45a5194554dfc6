"""Alignment: how an objective serves another objective, or one of its key results."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AlignmentKind(StrEnum):
    """A contribution counts with its weight; support is said, and changes no number."""

    CONTRIBUTES = "CONTRIBUTES"
    SUPPORTS = "SUPPORTS"


@dataclass(frozen=True, slots=True)
class Alignment:
    """An edge of the tree, from the objective that serves to what it serves."""

    child_id: UUID
    parent_objective_id: UUID | None
    parent_key_result_id: UUID | None
    kind: AlignmentKind = AlignmentKind.CONTRIBUTES
    weight: float = 1.0

    @property
    def parent_id(self) -> UUID:
        """The objective or key result at its upper end."""
        parent = self.parent_objective_id or self.parent_key_result_id
        assert parent is not None
        return parent

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Child and parent: there is at most one edge between two."""
        return (self.child_id, self.parent_id)

    @property
    def counts(self) -> bool:
        """Whether it carries weight upwards."""
        return self.kind is AlignmentKind.CONTRIBUTES and self.weight > 0
