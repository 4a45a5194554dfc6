"""Entity registry: one declaration for each entity, and look-ups by type, model and section; plain entities.

From a declaration follow the type of node and the prefix of its ids, look-ups by id and external id, the
section of the file format, and the tables of rows and versions. From the fields of its dataclass follow the
mapping of its rows, what inputs are checked for, and how files have it. Of a plain entity, one that scoring
does not count, saving, export and import follow as a whole.
"""

from typing import Any

from .absence import Absence
from .check_in import CheckIn
from .cycle import Cycle
from .entity import Entity, NodeType
from .errors import CycleLoops, TeamLoops
from .key_result import KeyResult
from .metric import Metric, MetricReading
from .objective import Objective
from .people import Organization, Person, Team, TeamMembership
from .priority import Priority
from .work_entities import WORK_ENTITIES

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
        NodeType.ABSENCE,
        "abs",
        Absence,
        "absences",
        references={"person_id": NodeType.PERSON, "delegate_id": NodeType.PERSON},
        is_plain=True,
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
            "replaces_id": NodeType.OBJECTIVE,
            "carried_from_id": NodeType.OBJECTIVE,
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
            "carried_from_id": NodeType.KEY_RESULT,
        },
    ),
    Entity(
        NodeType.CHECK_IN,
        "chk",
        CheckIn,
        "check_ins",
        references={
            "key_result_id": NodeType.KEY_RESULT,
            "objective_id": NodeType.OBJECTIVE,
            "supersedes_id": NodeType.CHECK_IN,
            "metric_reading_id": NodeType.METRIC_READING,
        },
        is_versioned=False,
    ),
    *WORK_ENTITIES,
)
BY_TYPE = {entity.node_type: entity for entity in ENTITIES}
BY_MODEL: dict[type[Any], Entity] = {entity.model: entity for entity in ENTITIES}
BY_SECTION = {entity.section: entity for entity in ENTITIES if entity.section}
PLAIN = tuple(entity for entity in ENTITIES if entity.is_plain)
# Plain entities that refer to objectives, key results or cycles, and are saved and imported after them.
ATTACHED = tuple(
    entity
    for entity in PLAIN
    if not {NodeType.CYCLE, NodeType.OBJECTIVE, NodeType.KEY_RESULT}.isdisjoint(entity.references.values())
)
# Those of them that belong to check-ins as well, and are imported after them.
ON_CHECK_INS = tuple(entity for entity in ATTACHED if NodeType.CHECK_IN in entity.references.values())
