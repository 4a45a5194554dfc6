"""Domain enums as GraphQL enums with described values: states, kinds, measures, statuses, reasons, scopes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry

from okr_api.auth.actor import Scope as TokenScope
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.author import AuthorKind
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import JudgedBy, KeyResultMeasure
from okr_api.okr.notice import NoticeCode
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.okr.priority import PriorityState
from okr_api.scoring.explained_parts import PartReason

NO_DESCRIPTIONS: Mapping[str, str] = {}
MORE = " New values may be added: clients must accept values that they do not know."


class OrderDirection(StrEnum):
    """Sort direction; nulls come last either way."""

    ASC = "ASC"
    DESC = "DESC"


class Scope(StrEnum):
    """Token scope, as named in the API."""

    READ = "READ"
    CHECK_IN = "CHECK_IN"
    WRITE = "WRITE"
    ADMIN = "ADMIN"


assert {scope.name for scope in Scope} == {scope.name for scope in TokenScope}


def describe(
    words: Any, description: str, otherwise: Mapping[str, str] = NO_DESCRIPTIONS, /, **values: str
) -> None:
    """Register a domain enum as a GraphQL enum, with a description for each of its values.

    `otherwise` has descriptions for values that are not among `values`.
    """
    describe_input(words, description + MORE, **{**otherwise, **values})


def describe_input(words: Any, description: str, /, **values: str) -> None:
    """Register an enum that is only in inputs, so that clients meet no value that they do not know."""
    strawberry.enum(words, description=description)
    definition = words.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]


describe_input(
    OrderDirection,
    "Sort direction; nulls come last either way.",
    ASC="Ascending: smallest or earliest first.",
    DESC="Descending: largest or latest first.",
)
describe(
    Scope,
    "Permission of a token; each scope includes those before it.",
    READ="Run queries and subscriptions.",
    CHECK_IN="Record, correct and retract check-ins and readings of metrics.",
    WRITE="Edit objectives, key results, alignments, people, teams, priorities, metrics and cycles, as far "
    "as role and relation permit (see `viewerCan`); see unpublished objectives.",
    ADMIN="Edit the organisation, manage its tokens and the roles of people, and reopen closed cycles.",
)
describe(
    CycleState,
    "Phase of a cycle.",
    DRAFT="Being planned: edits are allowed, check-ins are rejected.",
    ACTIVE="Running: edits and check-ins are allowed.",
    REVIEW="In review: edits are rejected; only check-ins effective inside the cycle are allowed.",
    CLOSED="Ended, with final scores: read-only until it is reopened.",
)
describe(
    NoticeCode,
    "Effect of a mutation that its caller may not expect.",
    OBJECTIVE_NOT_COUNTED="The contribution does not affect its parent: the parent counts only its key "
    "results, as AUTO does while any of them counts, or the key result that the objective is aligned to is "
    "paused, dropped or of weight 0.",
    KEY_RESULT_NOT_COUNTED="The objective does not count the key result: its `progressSource` is OBJECTIVES.",
    PROGRESS_SOURCE_SWITCHED="The objective now counts different parts, such as its first key result instead "
    "of the objectives that contribute to it.",
    CHECK_IN_NOT_COUNTED="The value was recorded but changes no number: it is effective after the last day "
    "of the cycle, or corrects a reading of an earlier definition of the key result. Or an objective was "
    "moved to a cycle that ended before values of its key results.",
    DRAFT_IS_OLDER="What the draft that was published says had last been edited before the latest check-in "
    "on the same key result or objective.",
    ASSIGNEE_CANNOT_SEE="The person who owns, checks in or is escalated to does not see the objective, and "
    "is not notified: it is restricted, or a draft. Make it visible to them, or choose somebody else.",
)
describe(
    ObjectiveKind,
    "How an objective is judged.",
    COMMITTED="Expected in full: achieved at a score of 1.0.",
    ASPIRATIONAL="Ambitious: achieved at a score of 0.7.",
    LEARNING="Run to learn: `band` stays null, and it never becomes ACHIEVED or MISSED.",
)
describe(
    ObjectiveState,
    "Lifecycle state of an objective.",
    DRAFT="Not published: visible only to tokens with the scope WRITE, and excluded from roll-up.",
    PUBLISHED="Visible to every token of the organisation, and included in roll-up.",
    PAUSED="Suspended: excluded from roll-up; its history is kept.",
    DROPPED="Abandoned: excluded from roll-up; its history is kept. A dropped draft stays hidden.",
    CLOSED="Its cycle is closed: its numbers stay as they were graded.",
)
describe(
    KeyResultState,
    "Lifecycle state of a key result.",
    ACTIVE="In use: counts, unless its weight is 0.",
    PAUSED="Suspended: excluded from roll-up; its history is kept.",
    DROPPED="Abandoned: excluded from roll-up; its history is kept.",
)
describe(
    KeyResultMeasure,
    "How check-in values become progress, 0 to 1.",
    INCREASE="Raise a value: (current − start) / (target − start). From 20 to 60, a value of 30 is 0.25.",
    DECREASE="Lower a value: (current − start) / (target − start). From 80 to 20, a value of 50 is 0.5.",
    AT_LEAST="Stay at or above `targetValue`: 1 while the current value is, else 0.",
    AT_MOST="Stay at or below `targetValue`: 1 while the current value is, else 0.",
    WITHIN="Stay from `lowerBound` to `upperBound`, inclusive: the share of the time inside.",
    BOOLEAN="Done or not: 1 or 0.",
    MILESTONES="Weighted share of the milestones that are done.",
    ZONES="Piecewise linear: 0 at the start, 0.3 at commit, 0.7 at the target, 1 at stretch.",
)
describe(
    ProgressSource,
    "Which parts an objective's progress is the weighted mean of.",
    AUTO="Its key results if any of them counts, else the objectives that contribute to it.",
    KEY_RESULTS="Its key results only.",
    OBJECTIVES="Only the objectives that contribute to it or to its key results.",
    BOTH="Its key results and the contributing objectives.",
)
describe(
    ProgressReason,
    "Why `progress` is null. The first three are of key results, the others of objectives.",
    NOT_MEASURED="Key result: no reading yet; counts as 0 in the objective and lowers its coverage.",
    NO_TARGET="Key result: the target, or another value that the measure needs, is missing.",
    NO_SPAN="Key result: no distance to cover, as the start is at or beyond the target, or bounds or zones "
    "are unordered.",
    NOTHING_COUNTS="Objective: no part of it counts, as there is none, or for example all are paused.",
    NOTHING_COMPUTABLE="Objective: parts of it count, but the progress of none can be computed.",
)
describe(
    KeyResultRole,
    "What a key result is for its objective.",
    DRIVER="It measures what is to be reached, and adds to the objective's progress by its weight.",
    GUARD_RAIL="A limit that must not be harmed on the way. It adds to no mean; while it is broken, the "
    "objective is at best AT_RISK.",
)
describe(
    JudgedBy,
    "How a limit (AT_LEAST, AT_MOST, WITHIN) becomes progress.",
    LATEST="1 while the latest reading is within the limit, otherwise 0.",
    TIME_SHARE="The share of the time in which the limit held, see `withinLimitShare`.",
)
describe(
    PartReason,
    "Why a part is not in a mean that is explained, or is in it as 0.",
    NOT_MEASURED="It has no reading yet; it is in the mean of the progress as 0.",
    NOT_COMPUTABLE="Its progress cannot be computed, so it is left out of the mean.",
    NO_VALUE="It has no value of this number, such as no confidence.",
    DRAFT="It is a draft.",
    PAUSED="It is paused.",
    DROPPED="It was dropped.",
    NO_WEIGHT="Its weight is 0.",
    GUARD_RAIL="It is a guard-rail, which adds to no mean.",
    SUPPORTS="It supports the objective and changes no number.",
    OTHER_SOURCE="The objective does not count parts of this kind, see `effectiveProgressSource`.",
    KEY_RESULT_DOES_NOT_COUNT="It is aligned to a key result that is paused, dropped or without weight.",
    SUCCEEDED="It was carried over, and the objective in which it goes on counts for both.",
)
describe(
    Status,
    "Status to display, evaluated at the time of the request. The first that applies: ACHIEVED or MISSED, "
    "DROPPED or PAUSED, STALE, the status last reported in a check-in (key results only), the status "
    "calculated from the pace, PENDING. `derivedStatus` is by the pace alone: PENDING, ON_TRACK, AT_RISK or "
    "OFF_TRACK.",
    PENDING="Not judged yet: a draft or in a draft cycle, without progress, or less than 5 % of the time has "
    "passed.",
    ON_TRACK="Reported so; or by pace at most 0.10 behind the expected progress, and for AT_LEAST, AT_MOST "
    "and WITHIN: the limit holds.",
    AT_RISK="Reported so; or by pace more than 0.10 and at most 0.25 behind the expected progress. Never by "
    "pace for AT_LEAST, AT_MOST and WITHIN.",
    OFF_TRACK="Reported so; or by pace more than 0.25 behind the expected progress, and for AT_LEAST, "
    "AT_MOST and WITHIN: the limit is broken.",
    STALE="Check-in overdue: none for 10 days (due every 7, with 3 of grace) while the cycle is active. An "
    "objective without any reading is stale while one of its parts is.",
    PAUSED="Paused, by itself or with its objective.",
    ACHIEVED="Closed with a final score (of an objective: `finalScoreFloor`) that reached what was expected.",
    MISSED="Closed with a final score (of an objective: `finalScoreFloor`) below what was expected.",
    DROPPED="Dropped, by itself or with its objective.",
)
describe(
    AuthorKind,
    "What an author is.",
    PERSON="A person.",
    SERVICE="A service with a token of its own; also the operator, by a command.",
    CLOCK="Nobody: something fell due.",
)
describe(
    ReportedStatus,
    "Status as judged by the author of a check-in.",
    ON_TRACK="Expected to be reached.",
    AT_RISK="May not be reached.",
    OFF_TRACK="Will not be reached unless something changes.",
)
describe(
    Band,
    "Traffic-light colour of a score, 0 to 1.",
    RED="Score below 0.4.",
    YELLOW="Score of at least 0.4 and below 0.7.",
    GREEN="Score of at least 0.7.",
)
describe(
    AlignmentKind,
    "How the child of an alignment affects its parent.",
    CONTRIBUTES="Counts towards the parent's progress, with a weight, where the parent counts objectives.",
    SUPPORTS="Helps the parent but changes no number.",
)
describe(
    NodeType,
    "Type of an entity that has an id: the type's name in upper case.",
    **{node_type.name: f"Type `{node_type.name.title().replace('_', '')}`." for node_type in NodeType},
)
describe(
    PriorityState,
    "Lifecycle state of a priority.",
    ACTIVE="In force: objectives can begin to serve it.",
    ARCHIVED="Kept with the objectives that serve it; no other objective can begin to.",
)
