"""Digest: what changes of an interval come to, as a pure function of the changes, which are added in order.

`SECTIONS` says which kinds of changes are listed in which section, `RECORD_SECTIONS` of which kinds the
records are, such as roadblocks and lessons; a new kind needs one line there.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import nsmallest
from typing import Any

from .change_kind import CLOCK_KINDS, ChangeKind
from .computed_values import Status
from .entity import NodeType

MAX_DIGEST_DAYS = 100  # of the interval: a quarter
MAX_DIGEST_ITEMS = 50  # of each list; the total is told beside it
TARGET_REACHED = 1.0
TARGET_FIELDS = frozenset(
    {
        "kind",
        "start_value",
        "target_value",
        "commit_value",
        "stretch_value",
        "lower_bound",
        "upper_bound",
        "milestones",
        "judged_by",
    }
)


class DigestSection(StrEnum):
    """Lists of changes in a digest."""

    NEW_OBJECTIVES = "NEW_OBJECTIVES"
    ADJUSTMENTS = "ADJUSTMENTS"
    MISSED_CHECK_INS = "MISSED_CHECK_INS"


class RecordSection(StrEnum):
    """Lists of records in a digest."""

    NEW_ROADBLOCKS = "NEW_ROADBLOCKS"
    RESOLVED_ROADBLOCKS = "RESOLVED_ROADBLOCKS"
    DECISIONS = "DECISIONS"
    CONCLUDED_EXPERIMENTS = "CONCLUDED_EXPERIMENTS"
    NEW_LESSONS = "NEW_LESSONS"


SECTIONS: Mapping[ChangeKind, DigestSection] = {
    ChangeKind.OBJECTIVE_CREATED: DigestSection.NEW_OBJECTIVES,
    ChangeKind.OBJECTIVE_PUBLISHED: DigestSection.NEW_OBJECTIVES,
    ChangeKind.OBJECTIVE_PAUSED: DigestSection.ADJUSTMENTS,
    ChangeKind.OBJECTIVE_RESTORED: DigestSection.ADJUSTMENTS,
    ChangeKind.OBJECTIVE_REPLACED: DigestSection.ADJUSTMENTS,
    ChangeKind.KEY_RESULT_UPDATED: DigestSection.ADJUSTMENTS,
    ChangeKind.KEY_RESULT_MOVED: DigestSection.ADJUSTMENTS,
    ChangeKind.KEY_RESULT_PAUSED: DigestSection.ADJUSTMENTS,
    ChangeKind.KEY_RESULT_RESTORED: DigestSection.ADJUSTMENTS,
    ChangeKind.CHECK_IN_MISSED: DigestSection.MISSED_CHECK_INS,
}
# Kinds that are listed only if they edited one of these fields.
ONLY_WITH: Mapping[ChangeKind, frozenset[str]] = {ChangeKind.KEY_RESULT_UPDATED: TARGET_FIELDS}
# Where a record is listed, by the kind of the change that saved it, or saved it with others.
RECORD_SECTIONS: Mapping[tuple[ChangeKind, NodeType], RecordSection] = {
    (ChangeKind.ROADBLOCK_CREATED, NodeType.ROADBLOCK): RecordSection.NEW_ROADBLOCKS,
    (ChangeKind.CHECK_IN_RECORDED, NodeType.ROADBLOCK): RecordSection.NEW_ROADBLOCKS,
    (ChangeKind.ROADBLOCK_RESOLVED, NodeType.ROADBLOCK): RecordSection.RESOLVED_ROADBLOCKS,
    (ChangeKind.DECISION_CREATED, NodeType.DECISION): RecordSection.DECISIONS,
    (ChangeKind.MEETING_RECORDED, NodeType.DECISION): RecordSection.DECISIONS,
    (ChangeKind.CHECK_IN_RECORDED, NodeType.DECISION): RecordSection.DECISIONS,
    (ChangeKind.EXPERIMENT_CONCLUDED, NodeType.EXPERIMENT): RecordSection.CONCLUDED_EXPERIMENTS,
    (ChangeKind.LESSON_CREATED, NodeType.LESSON): RecordSection.NEW_LESSONS,
    (ChangeKind.REVIEW_RECORD_CREATED, NodeType.LESSON): RecordSection.NEW_LESSONS,
    (ChangeKind.REVIEW_RECORD_UPDATED, NodeType.LESSON): RecordSection.NEW_LESSONS,
}
SAVING_RECORDS = frozenset(kind for kind, _ in RECORD_SECTIONS)
ONCE_PER_NODE = frozenset({DigestSection.NEW_OBJECTIVES})
WON = frozenset({Status.ACHIEVED})
LOST = frozenset({Status.MISSED, Status.DROPPED})


@dataclass(slots=True)
class NetMovement:
    """What all changes together did to the numbers of an objective or key result.

    `is_limit`: it is a key result with a condition that must hold until the end, which is won only then.
    """

    node_type: str
    node_id: str
    before: float | None
    after: float | None
    status_before: Status
    status_after: Status
    is_limit: bool = False

    @property
    def size(self) -> float:
        """Return how far the progress moved; without progress it counts as 0."""
        return abs((self.after or 0.0) - (self.before or 0.0))

    @property
    def changed_status(self) -> bool:
        """Return whether the status is another one."""
        return self.status_before != self.status_after

    @property
    def is_won(self) -> bool:
        """Return whether an objective or key result was achieved, or a key result reached its target."""
        if self._became(WON):
            return True
        return self.is_at_target and not self.is_limit and self.status_after not in LOST

    @property
    def is_at_target(self) -> bool:
        """Return whether it is a key result whose progress reached 1."""
        reached = (self.after or 0.0) >= TARGET_REACHED > (self.before or 0.0)
        return reached and self.node_type == NodeType.KEY_RESULT

    @property
    def is_lost(self) -> bool:
        """Return whether it was missed or dropped."""
        return self._became(LOST)

    def _became(self, statuses: Container[Status]) -> bool:
        return self.changed_status and self.status_after in statuses


@dataclass(slots=True)
class AuthorCount:
    """What one author did: a person or, without an id, the service of that name."""

    author_name: str
    author_person_id: Any
    change_count: int = 0
    check_in_count: int = 0


@dataclass(frozen=True, slots=True)
class SavedRecord:
    """Record that a change saved: a roadblock, a decision, an experiment or a lesson."""

    node_type: NodeType
    node_id: str


@dataclass(slots=True)
class Digest:
    """What the changes added so far come to."""

    change_count: int = 0
    check_in_count: int = 0
    movements: dict[str, NetMovement] = field(default_factory=dict)
    authors: dict[Any, AuthorCount] = field(default_factory=dict)
    listed: dict[DigestSection, dict[Any, Mapping[str, Any]]] = field(
        default_factory=lambda: {section: {} for section in DigestSection}
    )

    records: dict[RecordSection, dict[str, Mapping[str, Any]]] = field(
        default_factory=lambda: {section: {} for section in RecordSection}
    )

    def add(self, change: Mapping[str, Any], check_ins: int, records: Iterable[SavedRecord] = ()) -> None:
        """Add the next change with the number of its check-ins in the scope; its deltas come afterwards.

        `records` are those in the scope that it saved. Each is listed once, by the
        last such change.
        """
        self.change_count += 1
        self.check_in_count += check_ins
        if change["kind"] not in CLOCK_KINDS:
            self._count_author(change, check_ins)
        section = section_of(change)
        if section is not None:
            key = change["node_id"] if section in ONCE_PER_NODE else change["seq"]
            self.listed[section].setdefault(key, change)
        for record in records:
            place = RECORD_SECTIONS.get((ChangeKind(change["kind"]), record.node_type))
            if place is not None:
                self.records[place].pop(record.node_id, None)
                self.records[place][record.node_id] = change

    def _count_author(self, change: Mapping[str, Any], check_ins: int) -> None:
        who = change["author_person_id"] or change["author_name"]
        author = self.authors.setdefault(who, AuthorCount(change["author_name"], change["author_person_id"]))
        author.change_count += 1
        author.check_in_count += check_ins

    def move(self, delta: Mapping[str, Any]) -> None:
        """Add a delta of the change that was added last."""
        known = self.movements.get(delta["node_id"])
        if known is None:
            self.movements[delta["node_id"]] = NetMovement(
                delta["node_type"],
                delta["node_id"],
                delta["before"],
                delta["after"],
                Status(delta["status_before"]),
                Status(delta["status_after"]),
            )
        else:
            known.after, known.status_after = delta["after"], Status(delta["status_after"])

    def people(self) -> list[AuthorCount]:
        """Return who changed something, those with most changes first; ties by name."""
        return sorted(
            self.authors.values(),
            key=lambda one: (-one.change_count, one.author_name, str(one.author_person_id)),
        )


# Lists of objectives and key results, and which of those that moved are in each.
LISTS: Mapping[str, Callable[[NetMovement], bool]] = {
    "moved": lambda one: one.size > 0,
    "status_changes": lambda one: one.changed_status,
    "won": lambda one: one.is_won,
    "lost": lambda one: one.is_lost,
}


def furthest(found: Iterable[NetMovement]) -> list[NetMovement]:
    """Return those that moved furthest, in this order and at most `MAX_DIGEST_ITEMS`; ties by id."""
    return nsmallest(MAX_DIGEST_ITEMS, found, key=lambda one: (-one.size, one.node_id))


def section_of(change: Mapping[str, Any]) -> DigestSection | None:
    """Return the section in which a change is listed; None if in none, or if its entity is hidden."""
    kind = ChangeKind(change["kind"])
    section = SECTIONS.get(kind)
    if section is None or change["node_id"] is None:
        return None
    wanted = ONLY_WITH.get(kind)
    return section if wanted is None or not wanted.isdisjoint(change["fields"]) else None
