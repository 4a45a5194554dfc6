"""Serializer: domain objects as rows of an export, the counterpart of what the other modules read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from okr_api.okr.alignment import Alignment
from okr_api.okr.change import Change, NodeType
from okr_api.okr.change_tracking import PlainEntity
from okr_api.okr.check_in import Author, CheckIn
from okr_api.okr.cycle import Cycle
from okr_api.okr.entities import BY_MODEL
from okr_api.okr.key_result import KeyResult
from okr_api.okr.measure import Measure
from okr_api.okr.objective import Objective
from okr_api.okr.people import Organization
from okr_api.store.full_load import OrganizationSnapshot
from okr_api.store.import_history import ALIGNMENTS, ORGANIZATION, Version, Versions

from .import_row import OWN
from .measures import NUMBERS

Document = dict[str, Any]


class Names:
    """Names of entities in an export: the external id, or else the own id."""

    def __init__(self, everything: OrganizationSnapshot) -> None:
        self.names: dict[UUID, str] = {}
        self.taken = set(everything.uuid_names)
        for words in everything.definitions.values():
            self.taken |= {word.external_id for word in words if word.external_id}
        for words in everything.definitions.values():
            self.names |= {word.id: word.external_id or self.own(word.id) for word in words}

    def own(self, id: UUID) -> str:
        """Return the name of an entity without external id; `OWN` is added if an external id is equal."""
        return f"{id}{OWN}" if str(id) in self.taken else str(id)

    def __getitem__(self, id: UUID) -> str:
        """Return the name of an entity."""
        return self.names[id]

    def of(self, id: UUID | None) -> str | None:
        """Return the name of an entity, or None for None."""
        return None if id is None else self.names[id]


def instant(at: datetime) -> str:
    """Format an instant to the microsecond, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Serializer:
    """Serializer of rows; each definition has its earlier versions with it."""

    def __init__(self, names: Names, versions: Versions) -> None:
        self.names = names
        self.versions = versions
        self._writers: dict[str, Callable[[Any], Document]] = {
            "cycles": self.cycle,
            "objectives": self.objective,
            "key_results": self.key_result,
        }
        self.edges: defaultdict[UUID, dict[UUID, list[Version[Alignment]]]] = defaultdict(dict)
        for version in versions[ALIGNMENTS]:
            edge = version.word
            self.edges[edge.child_id].setdefault(edge.parent_id, []).append(version)

    def section(self, name: str, words: Iterable[Any]) -> Iterator[Document]:
        """Yield the rows of a section, in order of their names."""
        row = self._writers.get(name, self.plain)
        history: defaultdict[UUID, list[Version[Any]]] = defaultdict(list)
        for version in self.versions[name]:
            history[version.word.id].append(version)
        for word in sorted(words, key=lambda each: self.names[each.id]):
            *earlier, last = history[word.id]
            written = row(word) | _stamp(last)
            if earlier:
                written["history"] = [row(version.word) | _stamp(version) for version in earlier]
            yield written | self._served(word.id) if name == "objectives" else written

    def organization(self) -> Document:
        """Return the present version of the organisation, with the earlier ones."""
        *earlier, last = self.versions[ORGANIZATION]
        written = _organization(last)
        return written | {"history": [_organization(version) for version in earlier]} if earlier else written

    def _named(self, word: PlainEntity | Cycle | Objective | KeyResult | CheckIn) -> Document:
        if word.external_id is None:
            return {"id": self.names.own(word.id)}
        return {"id": word.external_id, "uuid": str(word.id)}

    def plain(self, entity: PlainEntity) -> Document:
        """Return the row of a plain entity: its fields by name, ids of others as their names."""
        declaration = BY_MODEL[type(entity)]
        said: Document = {}
        for field in declaration.fields:
            value = getattr(entity, field.name)
            said[field.name] = self.names.of(value) if field.type is UUID else value
        removed = {"removed": declaration.is_removed(entity)} if declaration.is_removable else {}
        return self._named(entity) | said | {"version": entity.version} | removed

    def cycle(self, cycle: Cycle) -> Document:
        return self._named(cycle) | {
            "name": cycle.name,
            "start": cycle.starts_on.isoformat(),
            "end": cycle.ends_on.isoformat(),
            "parent_id": self.names.of(cycle.parent_id),
            "state": str(cycle.state),
            "version": cycle.version,
        }

    def objective(self, objective: Objective) -> Document:
        """Return the row of an objective, without its alignments."""
        return self._named(objective) | {
            "title": objective.title,
            "description": objective.description,
            "kind": str(objective.kind),
            "state": str(objective.state),
            "progress_source": str(objective.progress_source),
            "cycle_id": self.names[objective.cycle_id],
            "team_id": self.names.of(objective.team_id),
            "owner_id": self.names.of(objective.owner_id),
            "contributor_ids": [self.names[id] for id in objective.contributor_ids],
            "published_score": objective.imported_score,
            "version": objective.version,
            **({"is_dropped_draft": True} if objective.is_dropped_draft else {}),
        }

    def _served(self, objective_id: UUID) -> Document:
        """Return the alignments of an objective: present ones, and earlier versions."""
        present: list[Document] = []
        earlier: list[Document] = []
        for versions in self.edges[objective_id].values():
            *before, last = versions
            if last.ended:
                before = versions
            else:
                present.append(self._edge(last))
            earlier += [self._edge(version) | {"ended": version.ended} for version in before]

        def order(edge: Document) -> tuple[str, str, int]:
            return (edge["objective_id"] or "", edge["key_result_id"] or "", edge["seq"])

        written: Document = {"parents": sorted(present, key=order)}
        return written | {"parents_history": sorted(earlier, key=order)} if earlier else written

    def _edge(self, version: Version[Alignment]) -> Document:
        edge = version.word
        return {
            "objective_id": self.names.of(edge.parent_objective_id),
            "key_result_id": self.names.of(edge.parent_key_result_id),
            "kind": str(edge.kind),
            "weight": edge.weight,
        } | _stamp(version)

    def key_result(self, key_result: KeyResult) -> Document:
        return self._named(key_result) | {
            "objective_id": self.names[key_result.objective_id],
            "title": key_result.title,
            "description": key_result.description,
            "measure": _measure(key_result.measure),
            "weight": key_result.weight,
            "due_on": key_result.due_on.isoformat() if key_result.due_on else None,
            "owner_id": self.names.of(key_result.owner_id),
            "state": str(key_result.state),
            "definition": key_result.definition,
            "published_score": key_result.imported_score,
            "imported_fields": key_result.imported_fields,
            "created_at": instant(key_result.created_at) if key_result.created_at else None,
            "version": key_result.version,
        }

    def check_in(self, check_in: CheckIn, superseded: str | None) -> Document:
        """Return the row of a check-in; `superseded` is the external id of the one that it supersedes."""
        supersedes = check_in.supersedes_id
        done = check_in.milestones_done
        imported = {"imported_as": check_in.imported_as} if check_in.imported_as else {}
        return self._named(check_in) | {
            "key_result_id": self.names[check_in.key_result_id],
            "definition": check_in.definition,
            "effective_at": instant(check_in.effective_at),
            "recorded_at": instant(check_in.recorded_at),
            "seq": check_in.seq,
            "place": check_in.place,
            "author": self._author(check_in.author),
            "value": check_in.value,
            "milestones_done": None if done is None else list(done),
            "confidence": check_in.confidence,
            "status": str(check_in.status) if check_in.status else None,
            "note": check_in.note,
            "supersedes_id": superseded or (self.names.own(supersedes) if supersedes else None),
            "retraction_reason": check_in.retraction_reason,
            **imported,
        }

    def change(self, change: Change) -> Document:
        """Return the row of a decision: what was done, by whom and why."""
        whole = change.node_type is NodeType.ORGANIZATION
        return {
            "seq": change.seq,
            "recorded_at": instant(change.recorded_at),
            "kind": str(change.kind),
            "author": self._author(change.author),
            "node": {
                "type": str(change.node_type),
                "id": None if whole else self.names[change.node_id],
            },
            "fields": list(change.fields),
            "reason": change.reason,
        }

    def _author(self, author: Author) -> Document:
        return {"name": author.name, "person_id": self.names.of(author.person_id)}


def _organization(version: Version[Organization]) -> Document:
    word = version.word
    said: Document = {"name": word.name, "time_zone": word.time_zone, "language": str(word.language)}
    if word.coaching_rules_off:
        said["coaching_rules_off"] = list(word.coaching_rules_off)
    return said | {"version": word.version} | _stamp(version)


def _stamp(version: Version[Any]) -> Document:
    return {"seq": version.seq, "recorded_at": instant(version.recorded_at)}


def _measure(measure: Measure) -> Document:
    """Return a measure, without fields that are None."""
    values = {written: getattr(measure, name) for name, written in NUMBERS.items()}
    written: Document = {"kind": str(measure.kind), "unit": measure.unit}
    written |= {name: value for name, value in values.items() if value is not None}
    if measure.milestones:
        written["milestones"] = [
            {
                "key": step.key,
                "name": step.name,
                "weight": float(step.weight),
                "due_on": step.due_on.isoformat() if step.due_on else None,
            }
            for step in measure.milestones
        ]
    return written
