"""Serializer: domain objects as rows of an export, with names, history, alignments; `exporter` joins them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from okr_api.okr.alignment import Alignment
from okr_api.okr.author import Author
from okr_api.okr.cadence import Cadence
from okr_api.okr.change import Change
from okr_api.okr.check_in import CheckIn
from okr_api.okr.entities import BY_TYPE, ENTITIES
from okr_api.okr.entity import Entity, NodeType
from okr_api.okr.entity_fields import EntityField
from okr_api.okr.frozen_rules import FrozenRules
from okr_api.okr.grade import Grade
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.okr.measure import Measure
from okr_api.okr.metric import MetricReading
from okr_api.okr.people import Organization
from okr_api.okr.target_revision import TargetRevision
from okr_api.store.full_load import OrganizationSnapshot
from okr_api.store.import_history import ALIGNMENTS, ORGANIZATION, Version, Versions
from okr_api.store.mappers.row_mapper import document_of

from .import_row import OWN
from .measures import NUMBERS
from .row_writer import Conversion, Document, row_writer


class Names:
    """Names of entities in an export: the external id, or else the own id."""

    def __init__(self, everything: OrganizationSnapshot) -> None:
        self.names: dict[UUID, str] = {}
        self.taken = set(everything.uuid_names)
        for words in everything.definitions.values():
            self.taken |= {word.external_id for word in words if word.external_id}
        for words in everything.definitions.values():
            self.names |= {word.id: word.external_id or self.own(word.id) for word in words}
        self.names |= {id: name or self.own(id) for id, name in everything.check_in_names.items()}

    def own(self, id: UUID) -> str:
        """Return the name of an entity without external id; `OWN` is added if an external id is equal."""
        return f"{id}{OWN}" if str(id) in self.taken else str(id)

    def __getitem__(self, id: UUID) -> str:
        """Return the name of an entity."""
        return self.names[id]

    def of(self, id: UUID | None) -> str | None:
        """Return the name of an entity, or None for None."""
        return None if id is None else self.names[id]

    def each(self, ids: Iterable[UUID]) -> list[str]:
        """Return the names of entities."""
        return [self.names[id] for id in ids]


def instant(at: datetime) -> str:
    """Format an instant to the microsecond, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Serializer:
    """Serializer of rows; each definition has its earlier versions with it."""

    def __init__(self, names: Names, versions: Versions) -> None:
        self.names = names
        self.versions = versions
        self._fields = {entity.model: row_writer(entity, self._conversion(entity)) for entity in ENTITIES}
        self.edges: defaultdict[UUID, dict[UUID, list[Version[Alignment]]]] = defaultdict(dict)
        for version in versions[ALIGNMENTS]:
            edge = version.word
            self.edges[edge.child_id].setdefault(edge.parent_id, []).append(version)

    def section(self, name: str, words: Iterable[Any]) -> Iterator[Document]:
        """Yield the rows of a section, in order of their names."""
        history: defaultdict[UUID, list[Version[Any]]] = defaultdict(list)
        for version in self.versions[name]:
            history[version.word.id].append(version)
        for word in sorted(words, key=lambda each: self.names[each.id]):
            *earlier, last = history[word.id]
            written = self.row(word) | _stamp(last)
            if earlier:
                written["history"] = [self.row(version.word) | _stamp(version) for version in earlier]
            yield written | self._served(word.id) if name == "objectives" else written

    def organization(self) -> Document:
        """Return the present version of the organisation, with the earlier ones."""
        *earlier, last = self.versions[ORGANIZATION]
        written = self._organization(last)
        history = [self._organization(version) for version in earlier]
        return written | {"history": history} if earlier else written

    def _organization(self, version: Version[Organization]) -> Document:
        return self._fields[Organization](version.word) | _stamp(version)

    def row(self, word: Any) -> Document:
        """Return the row of an entity: its names and its fields; that of an objective without alignments."""
        if word.external_id is None:
            return {"id": self.names.own(word.id)} | self._fields[type(word)](word)
        return {"id": word.external_id, "uuid": str(word.id)} | self._fields[type(word)](word)

    def _conversion(self, entity: Entity) -> Callable[[EntityField], Conversion | None]:
        """Return the function that returns how files write a field of the entity."""
        by_type: dict[type[Any], Conversion] = {
            Measure: _measure,
            Author: self._author,
            TargetRevision: self._revisions,
            Grade: self._grade,
            datetime: _instant_or_none,
            Cadence: document_of,
            HolidayCalendar: document_of,
            FrozenRules: _rules,
        }

        def conversion_of(field: EntityField) -> Conversion | None:
            if field.name not in entity.references:
                return by_type.get(field.type)
            if not entity.is_versioned and not BY_TYPE[entity.references[field.name]].is_versioned:
                return lambda _: None  # facts have no names here: see `_fact`
            return self.names.each if field.is_list else self.names.of

        return conversion_of

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

    def check_in(self, check_in: CheckIn, superseded: str | None, reading: str | None) -> Document:
        """Return the row of a check-in, with the external ids of what it supersedes and comes from."""
        written = self._fact(check_in, superseded)
        if check_in.metric_reading_id is not None:
            written["metric_reading_id"] = reading or self.names.own(check_in.metric_reading_id)
        return written

    def metric_reading(self, reading: MetricReading, superseded: str | None) -> Document:
        """Return the row of a reading of a metric; `superseded` is the external id of what it supersedes."""
        return self._fact(reading, superseded)

    def _fact(self, fact: CheckIn | MetricReading, superseded: str | None) -> Document:
        written = self.row(fact)
        if fact.supersedes_id is not None:
            written["supersedes_id"] = superseded or self.names.own(fact.supersedes_id)
        return written

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

    def _revisions(self, revisions: Iterable[TargetRevision]) -> list[Document]:
        """Return the revisions of a target, oldest first."""
        return [
            {
                "at": instant(revision.at),
                "author": self._author(Author(revision.author_name, revision.author_person_id)),
                "reason": revision.reason,
                "before": _measure(revision.before),
                "after": _measure(revision.after),
                "eased": revision.eased,
            }
            for revision in revisions
        ]

    def _grade(self, grade: Grade) -> Document:
        """Return a grade, with who gave it."""
        return {
            "kind": str(grade.kind),
            "score": grade.score,
            "computed_score": grade.computed_score,
            "reason": grade.reason,
            "at": instant(grade.at),
            "author": self._author(Author(grade.author_name, grade.author_person_id)),
        }

    def _author(self, author: Author) -> Document:
        return {"name": author.name, "person_id": self.names.of(author.person_id)}


def _rules(rules: FrozenRules) -> Document:
    return rules.document | {"at": instant(rules.at)}


def _instant_or_none(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _stamp(version: Version[Any]) -> Document:
    return {"seq": version.seq, "recorded_at": instant(version.recorded_at)}


def _measure(measure: Measure) -> Document:
    """Return a measure, without fields that are None."""
    values = {written: getattr(measure, name) for name, written in NUMBERS.items()}
    written: Document = {"kind": str(measure.kind), "unit": measure.unit}
    written |= {name: value for name, value in values.items() if value is not None}
    if measure.judged_by is not None:
        written["judged_by"] = str(measure.judged_by)
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
