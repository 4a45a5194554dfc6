"""`NodeIndex`: objectives and key results of a table by id and further id; parents, parts, memberships."""

from collections import Counter
from typing import Any

from okr_api.services.import_export.errors import RowIsUnclear

from .row_rules import Draft

OBJECTIVES, KEY_RESULTS = "objectives", "key_results"


class NodeIndex:
    """Index of the nodes in a table, by which rows name their parents."""

    def __init__(self) -> None:
        self.sections: dict[str, dict[str, None]] = {OBJECTIVES: {}, KEY_RESULTS: {}}
        self.aliases: dict[str, str | None] = {}
        self.parts: Counter[str] = Counter()
        self.memberships: dict[tuple[str, str], str] = {}

    def has(self, section: str, id: str) -> bool:
        """Return whether a row with the id was there before."""
        return id in self.sections.get(section, ())

    def add(self, section: str, id: str, also_known_as: str | None) -> None:
        """Add a node; a further id that two nodes have names none of them."""
        self.sections[section][id] = None
        if also_known_as is not None:
            known = self.aliases.setdefault(also_known_as, id)
            if known != id:
                self.aliases[also_known_as] = None

    def id_of(self, name: str) -> str:
        """Return the id that a name stands for; a name that the table does not have stands for itself.

        Raises:
            RowIsUnclear: several rows have it as their further id.
        """
        if name in self.sections[OBJECTIVES] or name in self.sections[KEY_RESULTS]:
            return name
        found = self.aliases.get(name, name)
        if found is None:
            raise RowIsUnclear(f"Several rows are {name!r}, which it names")
        return found

    def objective(self, name: str) -> str:
        """Return the id of the objective of a key result.

        Raises:
            RowIsUnclear: the name is that of a key result, or of several rows.
        """
        id = self.id_of(name)
        if id in self.sections[KEY_RESULTS] and id not in self.sections[OBJECTIVES]:
            raise RowIsUnclear(f"It lies under {name!r}, which is a key result and no objective")
        return id

    def parents_of(self, draft: Draft) -> dict[str, Any]:
        """Return the fields with the parents of an objective; one alone replaces only what was imported."""
        if draft.parents is None:
            return {}
        found = [self._parent(self.id_of(name)) for name in draft.parents]
        for parent in found:
            self.parts[next(iter(parent.values()))] += 1
        weight = {"weight": draft.weight} if draft.weight is not None else {}
        if len(found) > 1:
            return {"parents": [parent | weight for parent in found]}
        named = {f"parent_{name}": id for parent in found for name, id in parent.items()}
        return {"parent_objective_id": None, "parent_key_result_id": None} | named | weight

    def _parent(self, id: str) -> dict[str, str]:
        is_key_result = id in self.sections[KEY_RESULTS] and id not in self.sections[OBJECTIVES]
        return {"key_result_id" if is_key_result else "objective_id": id}

    def has_parts(self, objective: str) -> bool:
        """Return whether an objective has other objectives below it."""
        return self.parts[objective] > 0

    def join(self, team: str, person: str, role: str) -> None:
        """Note that a person is in a team; a lead stays one."""
        if self.memberships.get((team, person)) != "LEAD":
            self.memberships[(team, person)] = role
