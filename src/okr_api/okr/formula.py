"""Formula: a key result whose value is the sum or the mean of the current values of other key results."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

MAX_FORMULA_PARTS = 50
MAX_FORMULAS_OF_A_KEY_RESULT = 50  # that name it as a part


class FormulaFunction(StrEnum):
    """How the values of the parts become the value of the formula."""

    SUM = "SUM"
    MEAN = "MEAN"


class FormulaIndex:
    """Index of the formulas of a tree: which key results are parts of which.

    `may_exist` is false if the organisation has no formula. `complete_for` are key results of which all
    formulas over them are loaded, with everything beneath those.
    """

    def __init__(self) -> None:
        self.may_exist = True
        self.complete_for: set[UUID] = set()
        self._parts: dict[UUID, tuple[UUID, ...]] = {}
        self._users: defaultdict[UUID, set[UUID]] = defaultdict(set)

    def __bool__(self) -> bool:
        """Return whether the tree has a formula."""
        return bool(self._parts)

    def put(self, id: UUID, part_ids: tuple[UUID, ...]) -> None:
        """Set the parts of a key result; none removes its formula."""
        for part in self._parts.pop(id, ()):
            self._users[part].discard(id)
        if part_ids:
            self.may_exist = True
            self._parts[id] = part_ids
            for part in part_ids:
                self._users[part].add(id)

    def clear(self) -> None:
        """Remove all formulas."""
        self.complete_for.clear()
        self._parts.clear()
        self._users.clear()

    def among(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those key results that have a formula."""
        return {id for id in ids if id in self._parts} if self._parts else set()

    def parts_of(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return the parts that formulas name themselves."""
        return {part for id in ids for part in self._parts.get(id, ())}

    def users_of(self, id: UUID) -> set[UUID]:
        """Return the formulas that name a key result as a part."""
        return self._users.get(id, set())

    def over(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return all formulas over key results, over any number of steps."""
        return _reached(self._users, ids)

    def beneath(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return all key results that formulas are computed from, over any number of steps."""
        return _reached(self._parts, ids)

    def parts_first(self, ids: Iterable[UUID]) -> list[UUID]:
        """Return key results with all formulas over them, each after its parts, ties by id."""
        named = set(ids)
        above = self.over(named) if self._users else set()
        order = sorted(named - above, key=_BY_ID)
        waiting = {id: len(above.intersection(self._parts[id])) for id in above}
        wave = [id for id, parts in waiting.items() if not parts]
        while wave:
            wave.sort(key=_BY_ID)
            order += wave
            following: list[UUID] = []
            for part in wave:
                for user in self.users_of(part):
                    waiting[user] -= 1
                    if not waiting[user]:
                        following.append(user)
            wave = following
        return order


def _BY_ID(id: UUID) -> int:  # noqa: N802  a sort key
    return id.int


def _reached(edges: "dict[UUID, tuple[UUID, ...]] | dict[UUID, set[UUID]]", ids: Iterable[UUID]) -> set[UUID]:
    """Return what the edges lead to from any of the ids."""
    found: set[UUID] = set()
    waiting = [next_id for id in ids if id in edges for next_id in edges[id]]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += edges.get(here, ())
    return found
