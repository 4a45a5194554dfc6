"""People, teams and cycles that an organisation has, by the names that foreign files use for them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from okr_api.okr.people import Person, Team
from okr_api.okr.tree import Tree
from okr_api.store.database import Database
from okr_api.store.entity_lookup import all_entities, external_ids_with_prefix
from okr_api.store.tree_loader import load_cycles
from okr_api.store.unit_of_work import unlocked_work

from .source_table import column_key

SECTIONS = ("people", "teams", "cycles")
OBJECTIVES = "objectives"


@dataclass(slots=True)
class KnownNames:
    """Entities by section and name; `several` are names that more than one entity has.

    `own` are the external ids that begin with the namespace of the import, without it.
    """

    ids: dict[str, dict[str, UUID]] = field(default_factory=lambda: {each: {} for each in SECTIONS})
    several: dict[str, set[str]] = field(default_factory=lambda: {each: set() for each in SECTIONS})
    own: dict[str, set[str]] = field(
        default_factory=lambda: {each: set() for each in (*SECTIONS, OBJECTIVES)}
    )

    def add(self, section: str, names: Iterable[str | None], entity: Any, prefix: str) -> None:
        """Add an entity; one of the namespace only by its external id, because its rows name that."""
        external_id: str | None = entity.external_id
        if external_id is not None and external_id.startswith(prefix):
            self.own[section].add(external_id.removeprefix(prefix))
            return
        ids, several = self.ids[section], self.several[section]
        for name in {column_key(each) for each in names if each}:
            if name in ids or name in several:
                ids.pop(name, None)
                several.add(name)
            else:
                ids[name] = entity.id


async def load_known_names(database: Database, organization_id: UUID, namespace: str) -> KnownNames:
    """Return the names in an organisation: of active people, teams, cycles and the namespace's objectives.

    Raises:
        NotFound: there is no such organisation.
    """
    known, prefix = KnownNames(), f"{namespace}:"
    async with unlocked_work(database, organization_id) as work:
        for person in await all_entities(work.connection, organization_id, Person):
            if person.active:
                known.add("people", (person.email, person.name), person, prefix)
        for team in await all_entities(work.connection, organization_id, Team):
            known.add("teams", (team.name,), team, prefix)
        tree: Tree = work.tree
        await load_cycles(work.connection, tree)
        for cycle in tree.cycles.values():
            known.add("cycles", (cycle.name,), cycle, prefix)
        found = await external_ids_with_prefix(work.connection, organization_id, "objective", prefix)
        known.own[OBJECTIVES].update(each.removeprefix(prefix) for each in found)
    return known
