"""Entity registry: one declaration for each entity; what all entities have in common follows from it.

From a declaration follow the type of node and the prefix of its ids, look-ups by id and external id, the
section of the file format, and the tables of rows and versions. From the fields of its dataclass follow the
mapping of its rows, what inputs are checked for, and how files have it. Of a plain entity, one that scoring
does not count, saving, export and import follow as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from .check_in import CheckIn
from .cycle import Cycle
from .entity_fields import EntityField, fields_of, in_order_of_files
from .errors import CycleLoops, Refused, TeamLoops
from .key_result import KeyResult
from .metric import Metric, MetricReading
from .objective import Objective
from .people import Organization, Person, Team, TeamMembership
from .priority import Priority


class NodeType(StrEnum):
    """Kind of an entity that has an id."""

    ORGANIZATION = "ORGANIZATION"
    PERSON = "PERSON"
    TEAM = "TEAM"
    TEAM_MEMBERSHIP = "TEAM_MEMBERSHIP"
    PRIORITY = "PRIORITY"
    METRIC = "METRIC"
    METRIC_READING = "METRIC_READING"
    CYCLE = "CYCLE"
    OBJECTIVE = "OBJECTIVE"
    KEY_RESULT = "KEY_RESULT"
    CHECK_IN = "CHECK_IN"


class ChangeKind(StrEnum):
    """What a change did: an entity and a verb, in the words of the mutation."""

    ORGANIZATION_CREATED = "ORGANIZATION_CREATED"
    ORGANIZATION_UPDATED = "ORGANIZATION_UPDATED"
    PERSON_CREATED = "PERSON_CREATED"
    PERSON_UPDATED = "PERSON_UPDATED"
    PERSON_REMOVED = "PERSON_REMOVED"
    TEAM_CREATED = "TEAM_CREATED"
    TEAM_UPDATED = "TEAM_UPDATED"
    TEAM_MEMBER_ADDED = "TEAM_MEMBER_ADDED"
    TEAM_MEMBER_UPDATED = "TEAM_MEMBER_UPDATED"
    TEAM_MEMBER_REMOVED = "TEAM_MEMBER_REMOVED"
    PRIORITY_CREATED = "PRIORITY_CREATED"
    PRIORITY_UPDATED = "PRIORITY_UPDATED"
    PRIORITY_ARCHIVED = "PRIORITY_ARCHIVED"
    PRIORITY_RESTORED = "PRIORITY_RESTORED"
    PRIORITY_DELETED = "PRIORITY_DELETED"
    METRIC_CREATED = "METRIC_CREATED"
    METRIC_UPDATED = "METRIC_UPDATED"
    METRIC_DELETED = "METRIC_DELETED"
    METRIC_READING_RECORDED = "METRIC_READING_RECORDED"
    METRIC_READING_RETRACTED = "METRIC_READING_RETRACTED"
    CYCLE_CREATED = "CYCLE_CREATED"
    CYCLES_GENERATED = "CYCLES_GENERATED"
    CYCLE_UPDATED = "CYCLE_UPDATED"
    CYCLE_ACTIVATED = "CYCLE_ACTIVATED"
    CYCLE_REVIEW_BEGUN = "CYCLE_REVIEW_BEGUN"
    CYCLE_CLOSED = "CYCLE_CLOSED"
    CYCLE_REOPENED = "CYCLE_REOPENED"
    OBJECTIVE_CREATED = "OBJECTIVE_CREATED"
    OBJECTIVE_UPDATED = "OBJECTIVE_UPDATED"
    OBJECTIVE_PUBLISHED = "OBJECTIVE_PUBLISHED"
    OBJECTIVE_PAUSED = "OBJECTIVE_PAUSED"
    OBJECTIVE_DROPPED = "OBJECTIVE_DROPPED"
    OBJECTIVE_RESTORED = "OBJECTIVE_RESTORED"
    OBJECTIVE_ALIGNED = "OBJECTIVE_ALIGNED"
    OBJECTIVE_UNALIGNED = "OBJECTIVE_UNALIGNED"
    OBJECTIVE_MOVED = "OBJECTIVE_MOVED"
    KEY_RESULT_CREATED = "KEY_RESULT_CREATED"
    KEY_RESULT_UPDATED = "KEY_RESULT_UPDATED"
    KEY_RESULT_MOVED = "KEY_RESULT_MOVED"
    KEY_RESULT_PAUSED = "KEY_RESULT_PAUSED"
    KEY_RESULT_DROPPED = "KEY_RESULT_DROPPED"
    KEY_RESULT_RESTORED = "KEY_RESULT_RESTORED"
    CHECK_IN_RECORDED = "CHECK_IN_RECORDED"
    CHECK_IN_RETRACTED = "CHECK_IN_RETRACTED"
    IMPORTED = "IMPORTED"

    @property
    def moves_trees(self) -> bool:
        """Return whether the change may move what scoring counts."""
        return self not in PLAIN_KINDS

    @property
    def edits_plans(self) -> bool:
        """Return whether the change may edit what scoring counts, other than by a check-in or a reading."""
        return self.moves_trees and not self.name.startswith(("CHECK_IN_", "METRIC_READING_"))


@dataclass(frozen=True)
class Entity:
    """Declaration of an entity.

    `prefix` begins its global ids. `model` is its dataclass, named like its GraphQL type. `section` is its
    list in files, empty if it is in none. `references` are its fields that hold the id of another entity,
    with the type of that. `is_versioned` entities have a table of versions. `loops` is the error for an
    entity that would lie under itself by `parent_id`. `unique` are the fields of which no two entities have
    the same values, unless one of them is removed.
    """

    node_type: NodeType
    prefix: str
    model: type[Any]
    section: str = ""
    references: Mapping[str, NodeType] = field(default_factory=dict)
    is_plain: bool = False
    is_versioned: bool = True
    loops: type[Refused] | None = None
    unique: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """Return the name of its table."""
        return self.node_type.value.lower()

    @property
    def noun(self) -> str:
        """Return its name in a sentence."""
        return self.table.replace("_", " ")

    @property
    def type_name(self) -> str:
        """Return the name of its GraphQL type."""
        return self.model.__name__

    @cached_property
    def fields(self) -> tuple[EntityField, ...]:
        """Return its fields, without those that all entities have."""
        return fields_of(self.model)

    def field(self, name: str) -> EntityField:
        """Return the field of that name."""
        return self._fields_by_name[name]

    @cached_property
    def _fields_by_name(self) -> dict[str, EntityField]:
        return {field.name: field for field in self.fields}

    @cached_property
    def file_fields(self) -> tuple[EntityField, ...]:
        """Return its fields in the order in which files have them."""
        return in_order_of_files(self.fields)

    @property
    def has_external_id(self) -> bool:
        """Return whether it can have an id of other systems."""
        return "external_id" in self.model.__dataclass_fields__

    @property
    def is_removable(self) -> bool:
        """Return whether it can be deleted, which leaves its row with `removed`."""
        return "removed" in self.model.__dataclass_fields__

    def is_removed(self, entity: Any) -> bool:
        """Return whether an entity of this declaration has been deleted."""
        return self.is_removable and entity.removed is True


# Entities that others refer to come first.
ENTITIES = (
    Entity(NodeType.ORGANIZATION, "org", Organization),
    Entity(NodeType.PERSON, "per", Person, "people", is_plain=True),
    Entity(
        NodeType.TEAM,
        "tea",
        Team,
        "teams",
        references={"parent_id": NodeType.TEAM},
        is_plain=True,
        loops=TeamLoops,
    ),
    Entity(
        NodeType.TEAM_MEMBERSHIP,
        "mem",
        TeamMembership,
        "team_members",
        references={"team_id": NodeType.TEAM, "person_id": NodeType.PERSON},
        is_plain=True,
        unique=("team_id", "person_id"),
    ),
    Entity(
        NodeType.PRIORITY,
        "pri",
        Priority,
        "priorities",
        references={"owner_id": NodeType.PERSON},
        is_plain=True,
    ),
    Entity(
        NodeType.METRIC,
        "met",
        Metric,
        "metrics",
        references={"owner_id": NodeType.PERSON, "team_id": NodeType.TEAM},
        is_plain=True,
    ),
    Entity(
        NodeType.METRIC_READING,
        "mrd",
        MetricReading,
        "metric_readings",
        references={"metric_id": NodeType.METRIC, "supersedes_id": NodeType.METRIC_READING},
        is_versioned=False,
    ),
    Entity(
        NodeType.CYCLE, "cyc", Cycle, "cycles", references={"parent_id": NodeType.CYCLE}, loops=CycleLoops
    ),
    Entity(
        NodeType.OBJECTIVE,
        "obj",
        Objective,
        "objectives",
        references={
            "cycle_id": NodeType.CYCLE,
            "owner_id": NodeType.PERSON,
            "team_id": NodeType.TEAM,
            "contributor_ids": NodeType.PERSON,
            "priority_ids": NodeType.PRIORITY,
        },
    ),
    Entity(
        NodeType.KEY_RESULT,
        "key",
        KeyResult,
        "key_results",
        references={
            "objective_id": NodeType.OBJECTIVE,
            "owner_id": NodeType.PERSON,
            "check_in_owner_id": NodeType.PERSON,
            "metric_id": NodeType.METRIC,
        },
    ),
    Entity(
        NodeType.CHECK_IN,
        "chk",
        CheckIn,
        "check_ins",
        references={
            "key_result_id": NodeType.KEY_RESULT,
            "supersedes_id": NodeType.CHECK_IN,
            "metric_reading_id": NodeType.METRIC_READING,
        },
        is_versioned=False,
    ),
)
BY_TYPE = {entity.node_type: entity for entity in ENTITIES}
BY_MODEL: dict[type[Any], Entity] = {entity.model: entity for entity in ENTITIES}
BY_SECTION = {entity.section: entity for entity in ENTITIES if entity.section}
PLAIN = tuple(entity for entity in ENTITIES if entity.is_plain)
_NAMES_OF_OTHERS = tuple(entity.node_type for entity in ENTITIES if not entity.is_plain)
PLAIN_KINDS = frozenset(
    kind
    for kind in ChangeKind
    if kind.startswith(tuple(entity.node_type for entity in PLAIN)) and not kind.startswith(_NAMES_OF_OTHERS)
)
