"""The words of the domain as GraphQL enums, each value described."""

from enum import StrEnum
from typing import Any

import strawberry

from okr_api.auth.actor import Scope as TokenScope
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.change import ChangeKind, NodeType
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.cycle import CycleState
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.notice import NoticeCode
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource

MORE = " New values may be added: treat one that you do not know as unknown."


class OrderDirection(StrEnum):
    """Which way round; nulls come last either way."""

    ASC = "ASC"
    DESC = "DESC"


class Scope(StrEnum):
    """What a token allows, as the API names it."""

    READ = "READ"
    CHECK_IN = "CHECK_IN"
    WRITE = "WRITE"
    ADMIN = "ADMIN"


assert {scope.name for scope in Scope} == {scope.name for scope in TokenScope}


def describe(words: Any, description: str, **values: str) -> None:
    """Makes an enum of the domain a GraphQL enum; every value has its own description."""
    strawberry.enum(words, description=description + MORE)
    definition = words.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]


describe(
    OrderDirection,
    "Which way round a list is ordered; nulls come last either way.",
    ASC="Smallest first.",
    DESC="Largest first.",
)
describe(
    Scope,
    "What a token allows; each includes the ones before it.",
    READ="Query and subscribe.",
    CHECK_IN="Record, correct and take back check-ins.",
    WRITE="Plan: people, teams, cycles, objectives, key results, alignments; and see what is unpublished.",
    ADMIN="The organisation itself, its tokens, and reopening what was closed.",
)
describe(
    CycleState,
    "Where a cycle stands.",
    DRAFT="Being planned: all edits, no check-ins.",
    ACTIVE="Running: check-ins, and edits that are recorded.",
    REVIEW="Being reviewed: no more edits; check-ins that were effective inside the cycle.",
    CLOSED="Over: nothing but reading.",
)
describe(
    NoticeCode,
    "What a mutation did that may surprise.",
    OBJECTIVE_NOT_COUNTED="A contribution changes nothing: the parent counts its key results only, as AUTO "
    "does while any of them counts, or the key result that it is aligned to does not count itself.",
    KEY_RESULT_NOT_COUNTED="The objective does not count the key result: its `progressSource` is OBJECTIVES.",
    PROGRESS_SOURCE_SWITCHED="The objective now counts other parts than before, such as its first key result "
    "instead of the objectives that contribute to it.",
    CHECK_IN_NOT_COUNTED="A measured value was recorded and no number follows it: it is effective after the "
    "last day of its cycle, or corrects a reading of an earlier definition of the key result.",
)
describe(
    ObjectiveKind,
    "What is expected of an objective.",
    COMMITTED="All of it: 1.0.",
    ASPIRATIONAL="Most of it: 0.7.",
    LEARNING="Lessons; it has no band and no outcome.",
)
describe(
    ObjectiveState,
    "Whether an objective counts.",
    DRAFT="Seen by those who can edit it; counts nowhere and pushes nothing.",
    PUBLISHED="Seen by all, and counts.",
    PAUSED="Rests: counts nowhere, keeps its history.",
    DROPPED="Given up: counts nowhere, keeps its history. A dropped draft stays hidden.",
    CLOSED="Its cycle is closed; its numbers stay as they were graded.",
)
describe(
    KeyResultState,
    "Whether a key result counts.",
    ACTIVE="It counts.",
    PAUSED="Rests: counts in no mean, keeps its history.",
    DROPPED="Given up: counts in no mean, keeps its history.",
)
describe(
    KeyResultMeasure,
    "The way from readings to progress.",
    INCREASE="Up from the start to the target: (current − start) / (target − start).",
    DECREASE="Down from the start to the target: (current − start) / (target − start).",
    AT_LEAST="A floor to keep: 1 while the value is at or above `targetValue`, else 0.",
    AT_MOST="A ceiling to keep: 1 while the value is at or below `targetValue`, else 0.",
    WITHIN="A range to stay in: the share of the time inside `lowerBound` to `upperBound`.",
    BOOLEAN="Yes or no: 1 or 0.",
    MILESTONES="The share of the milestones' weight that is done.",
    ZONES="Straight lines from start (0) through commit (0.3) and target (0.7) to stretch (1).",
)
describe(
    ProgressSource,
    "Which parts an objective's progress is the weighted mean of.",
    AUTO="Its key results if any of them counts, else the objectives that contribute to it.",
    KEY_RESULTS="Its key results.",
    OBJECTIVES="The objectives that contribute to it or to its key results.",
    BOTH="Its key results and the objectives.",
)
describe(
    ProgressReason,
    "Why there is no progress.",
    NOT_MEASURED="No reading yet; counts as 0 in the objective.",
    NO_TARGET="The target, or another value of the measure, is missing.",
    NO_SPAN="There is no way to go from start to target.",
    NOTHING_COUNTS="The objective has no part that counts.",
    NOTHING_COMPUTABLE="None of the parts that count has a progress.",
)
describe(
    Status,
    "What to show beside a name; computed for the instant of the request.",
    PENDING="Not to be judged yet.",
    ON_TRACK="At most 0.10 behind the pace; or a limit that holds.",
    AT_RISK="At most 0.25 behind the pace.",
    OFF_TRACK="Further behind; or a limit that is broken.",
    STALE="A check-in is overdue beyond grace.",
    PAUSED="Paused.",
    ACHIEVED="Closed, and the score reached what was expected.",
    MISSED="Closed, and the score did not reach what was expected.",
    DROPPED="Dropped.",
)
describe(
    ReportedStatus,
    "How whoever checks in sees it.",
    ON_TRACK="It will be reached.",
    AT_RISK="It may not be reached.",
    OFF_TRACK="It will not be reached as things are.",
)
describe(
    Band,
    "The colour of a score.",
    RED="Below 0.4.",
    YELLOW="From 0.4, below 0.7.",
    GREEN="From 0.7.",
)
describe(
    AlignmentKind,
    "How an objective serves what it is aligned to.",
    CONTRIBUTES="Counts in its progress, with a weight.",
    SUPPORTS="Helps, and changes no number.",
)
describe(
    NodeType,
    "The kinds of entities that have an id.",
    **{node_type.name: f"{node_type.name.replace('_', ' ').capitalize()}." for node_type in NodeType},
)
describe(
    ChangeKind,
    "What was done.",
    **{kind.name: f"{kind.name.replace('_', ' ').capitalize()}." for kind in ChangeKind},
)
