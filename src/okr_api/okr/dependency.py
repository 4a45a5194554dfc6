"""Dependency: what a team's objective or key result needs of another team."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxLength
from .objective import MAX_TEXT_LENGTH
from .tree import Tree


class DependencyState(StrEnum):
    """What has become of a dependency; any state can follow any other."""

    OPEN = "OPEN"
    AGREED = "AGREED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Dependency:
    """Need of an objective or a key result (one of the two) for something that another team gives.

    The giving side may be an objective or a key result as well; `owner_id` answers for it there.
    """

    id: UUID
    external_id: str | None
    description: Annotated[str, MaxLength(MAX_TEXT_LENGTH)]
    giving_team_id: UUID
    needing_objective_id: Annotated[UUID | None, Fixed()] = None
    needing_key_result_id: Annotated[UUID | None, Fixed()] = None
    giving_objective_id: Annotated[UUID | None, Fixed()] = None
    giving_key_result_id: Annotated[UUID | None, Fixed()] = None
    owner_id: UUID | None = None
    needed_by: date | None = None
    state: DependencyState = DependencyState.OPEN
    version: int = 1
    removed: bool = False

    def checked(self) -> "Dependency":
        """Return the dependency.

        Raises:
            InvalidInput: the day is before 1900 or after 2200.
        """
        if self.needed_by is not None:
            day_within_reach(self.needed_by, "neededBy")
        return self

    @property
    def needing_id(self) -> UUID:
        """Return the id of the objective or key result that needs something."""
        needing = self.needing_objective_id or self.needing_key_result_id
        assert needing is not None
        return needing

    @property
    def giving_id(self) -> UUID | None:
        """Return the id of the objective or key result on the giving side, if there is one."""
        return self.giving_objective_id or self.giving_key_result_id


@dataclass
class DependencyGraph:
    """Which objective needs which, by all dependencies that were not deleted and name the giving side.

    A key result stands for its objective, whichever it belongs to at the time of the question.
    `store/dependency_lookup.py` answers the same in SQL.
    """

    tree: Tree
    given: dict[UUID, dict[UUID, UUID]] = field(default_factory=dict)  # by needing node and dependency

    def put(self, dependency: Dependency) -> None:
        """Add a dependency, or replace it by its next version."""
        gives = self.given.setdefault(dependency.needing_id, {})
        gives.pop(dependency.id, None)
        if dependency.giving_id is not None and not dependency.removed:
            gives[dependency.id] = dependency.giving_id

    def needs(self, start: UUID, target: UUID) -> bool:
        """Return whether one objective needs another, directly or through others."""
        reached, waiting = set[UUID](), [start]
        while waiting:
            for giver in self._givers(waiting.pop()):
                if giver == target:
                    return True
                if giver not in reached:
                    reached.add(giver)
                    waiting.append(giver)
        return False

    def _givers(self, objective_id: UUID) -> Iterator[UUID]:
        for node in (objective_id, *self.tree.key_result_ids_of(objective_id)):
            for giving in self.given.get(node, {}).values():
                yield self.tree.owner_of(giving)
