"""Entity registry: one declaration for each entity, with look-ups; `ChangeKind`, the kinds of changes.

From a declaration follow the type of node and the prefix of its ids, look-ups by id and external id, the
section of the file format, and the tables of rows and versions. From the fields of its dataclass follow the
mapping of its rows, what inputs are checked for, and how files have it. Of a plain entity, one that scoring
does not count, saving, export and import follow as a whole.
"""

from enum import StrEnum
from typing import Any

from .check_in import CheckIn
from .cycle import Cycle
from .dependency import Dependency
from .entity import Entity, NodeType
from .errors import CycleLoops, TeamLoops
from .initiative import Initiative
from .key_result import KeyResult
from .metric import Metric, MetricReading
from .objective import Objective
from .people import Organization, Person, Team, TeamMembership
from .priority import Priority


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
    INITIATIVE_CREATED = "INITIATIVE_CREATED"
    INITIATIVE_UPDATED = "INITIATIVE_UPDATED"
    INITIATIVE_DELETED = "INITIATIVE_DELETED"
    DEPENDENCY_CREATED = "DEPENDENCY_CREATED"
    DEPENDENCY_UPDATED = "DEPENDENCY_UPDATED"
    DEPENDENCY_DELETED = "DEPENDENCY_DELETED"
    IMPORTED = "IMPORTED"

    @property
    def moves_trees(self) -> bool:
        """Return whether the change may move what scoring counts."""
        return self not in PLAIN_KINDS

    @property
    def edits_plans(self) -> bool:
        """Return whether the change may edit what scoring counts, other than by a check-in or a reading."""
        return self.moves_trees and not self.name.startswith(("CHECK_IN_", "METRIC_READING_"))


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
            "shared_with_ids": NodeType.PERSON,
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
            "formula_part_ids": NodeType.KEY_RESULT,
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
    Entity(
        NodeType.INITIATIVE,
        "ini",
        Initiative,
        "initiatives",
        references={
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "owner_id": NodeType.PERSON,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.DEPENDENCY,
        "dep",
        Dependency,
        "dependencies",
        references={
            "giving_team_id": NodeType.TEAM,
            "needing_objective_id": NodeType.OBJECTIVE,
            "needing_key_result_id": NodeType.KEY_RESULT,
            "giving_objective_id": NodeType.OBJECTIVE,
            "giving_key_result_id": NodeType.KEY_RESULT,
            "owner_id": NodeType.PERSON,
        },
        is_plain=True,
    ),
)
BY_TYPE = {entity.node_type: entity for entity in ENTITIES}
BY_MODEL: dict[type[Any], Entity] = {entity.model: entity for entity in ENTITIES}
BY_SECTION = {entity.section: entity for entity in ENTITIES if entity.section}
PLAIN = tuple(entity for entity in ENTITIES if entity.is_plain)
# Plain entities that belong to objectives or key results, and are saved and imported after them.
ATTACHED = tuple(
    entity
    for entity in PLAIN
    if not {NodeType.OBJECTIVE, NodeType.KEY_RESULT}.isdisjoint(entity.references.values())
)
_NAMES_OF_OTHERS = tuple(entity.node_type for entity in ENTITIES if not entity.is_plain)
PLAIN_KINDS = frozenset(
    kind
    for kind in ChangeKind
    if kind.startswith(tuple(entity.node_type for entity in PLAIN)) and not kind.startswith(_NAMES_OF_OTHERS)
)
