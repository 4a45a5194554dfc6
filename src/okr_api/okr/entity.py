"""`Entity`: class of the declarations in `entities.py`, with names and fields; `NodeType`, kinds of nodes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from .entity_fields import EntityField, fields_of, in_order_of_files
from .errors import Refused


class NodeType(StrEnum):
    """Kind of an entity that has an id."""

    ORGANIZATION = "ORGANIZATION"
    PERSON = "PERSON"
    TEAM = "TEAM"
    TEAM_MEMBERSHIP = "TEAM_MEMBERSHIP"
    ABSENCE = "ABSENCE"
    PRIORITY = "PRIORITY"
    METRIC = "METRIC"
    METRIC_READING = "METRIC_READING"
    CYCLE = "CYCLE"
    OBJECTIVE = "OBJECTIVE"
    KEY_RESULT = "KEY_RESULT"
    CHECK_IN = "CHECK_IN"
    CHECK_IN_DRAFT = "CHECK_IN_DRAFT"
    INITIATIVE = "INITIATIVE"
    DEPENDENCY = "DEPENDENCY"
    ROADBLOCK = "ROADBLOCK"
    MEETING = "MEETING"
    DECISION = "DECISION"
    EXPERIMENT = "EXPERIMENT"
    REVIEW_RECORD = "REVIEW_RECORD"
    LESSON = "LESSON"
    PULSE = "PULSE"
    COMMENT = "COMMENT"
    REACTION = "REACTION"
    FOLLOW = "FOLLOW"


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
        return self.table.replace("_", " ").replace("check in", "check-in")

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
