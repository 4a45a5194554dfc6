"""One object of every domain type, with every field set, for round trips."""

from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from okr_api.okr.absence import Absence
from okr_api.okr.alignment import Alignment, AlignmentKind
from okr_api.okr.author import Author
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.change import Change, Delta
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.change_tracking import PlainEntity
from okr_api.okr.check_in import CheckIn, ReportedStatus
from okr_api.okr.check_in_draft import CheckInDraft
from okr_api.okr.comment import Comment
from okr_api.okr.computed_values import (
    Band,
    KeyResultStanding,
    ObjectiveStanding,
    Status,
    Timeline,
)
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.decision import Decision, DecisionState
from okr_api.okr.dependency import Dependency, DependencyState
from okr_api.okr.entity import NodeType
from okr_api.okr.experiment import Experiment, ExperimentOutcome, ExperimentState
from okr_api.okr.follow import Follow
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.frozen_rules import FrozenRules
from okr_api.okr.grade import Grade, GradeKind
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.okr.initiative import Initiative, InitiativeState
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.lesson import Lesson
from okr_api.okr.lineage import LineageNumbers
from okr_api.okr.measure import JudgedBy, KeyResultMeasure, Measure, Milestone
from okr_api.okr.meeting import Meeting
from okr_api.okr.metric import BetterDirection, Metric, MetricReading
from okr_api.okr.objective import (
    Objective,
    ObjectiveKind,
    ObjectiveState,
    ProgressSource,
)
from okr_api.okr.people import Person, Team, TeamMembership, TeamRole
from okr_api.okr.policy import ObjectiveVisibility, Role
from okr_api.okr.priority import Priority, PriorityState
from okr_api.okr.pulse import Pulse, PulseState
from okr_api.okr.reaction import Reaction
from okr_api.okr.review_record import ReviewDecision, ReviewRecord, RootCause
from okr_api.okr.roadblock import Roadblock, RoadblockState, RoadblockType
from okr_api.okr.target_revision import TargetRevision
from okr_api.store.database import Database, new_id
from okr_api.store.idempotency_records import IdempotencyRecord
from okr_api.store.unit_of_work import Work, unit_of_work

AT = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)  # the last microsecond of Berlin's winter time
THEN = datetime(2026, 10, 25, 1, tzinfo=UTC)
TINY, LARGE, ODD = 5e-324, 1e15, 0.1 + 0.2
ODD_TEXTS = (
    "plain",
    " spaces around ",
    "\"double\" and 'single' quotes",
    'back\\slash, \\" and \\n that is no newline',
    '{braces}, [brackets], (row,like), {"a",NULL}',
    "NULL",
    "null",
    "comma, semi; and -- comment /* too */ $1 %s %(x)s",
    "tab\tnewline\nreturn\rbell\x07 escape\x1b delete\x7f",
    "é, e\u0301, 漢字, עברית, 🦄, 👩‍👩‍👧‍👦, \u2028, \ufeff, \U0010ffff",
    "\ue000 private, \x85 next line, \xa0 hard space",
    "x" * 10_000,
)


CADENCE = Cadence(
    weeks=52,
    weekday=Weekday.SUNDAY,
    at=time(23, 59),
    counted_from=date(1900, 1, 1),
    grace_days=20,
    tolerance_days=0,
    locked=True,
)


@dataclass
class Words:
    """One of each, all referring to one another."""

    people: list[Person]
    teams: list[Team]
    team_members: list[TeamMembership]
    absences: list[Absence]
    priorities: list[Priority]
    metrics: list[Metric]
    metric_readings: list[MetricReading]
    cycles: list[Cycle]
    objectives: list[Objective]
    objective_standing: ObjectiveStanding
    key_results: list[KeyResult]
    key_result_standing: KeyResultStanding
    alignments: list[Alignment]
    check_ins: list[CheckIn]
    initiatives: list[Initiative]
    check_in_drafts: list[CheckInDraft]
    dependencies: list[Dependency]
    comments: list[Comment]
    reactions: list[Reaction]
    follows: list[Follow]
    roadblocks: list[Roadblock]
    meetings: list[Meeting]
    decisions: list[Decision]
    experiments: list[Experiment]
    lessons: list[Lesson]
    review_records: list[ReviewRecord]
    pulses: list[Pulse]
    change: Change
    retry: IdempotencyRecord


def full_words(text: str = "plain", seq: int = 1) -> Words:
    """Return objects with every field set, `text` in every text field; and a bare one of each type."""
    ann, team, below, year, quarter, top, child, first, second = (new_id() for _ in range(9))
    spoken, corrected, priority, metric, read, remark, met = (new_id() for _ in range(7))
    wall, settled, trial, learned, looked_back = (new_id() for _ in range(5))
    measure = Measure(
        kind=KeyResultMeasure.ZONES,
        unit=text,
        start_value=-LARGE,
        target_value=ODD,
        lower_bound=TINY,
        upper_bound=-TINY,
        commit_value=1 / 3,
        stretch_value=LARGE,
        milestones=(
            Milestone(text, text, ODD, date(2026, 2, 28)),
            Milestone("bare", "Bare"),
            Milestone("whole", "Whole", 1e6, date(1900, 1, 1)),
        ),
        judged_by=JudgedBy.TIME_SHARE,
    )
    curve = ((AT, 0.0), (AT, ODD), (THEN, 1.0))
    timeline = Timeline((Status.PENDING, Status.AT_RISK, Status.STALE), (AT, THEN))
    return Words(
        people=[
            Person(ann, f"p {text}"[:200], text, text, False, Role.VIEWER, ("DUE",), ("REPLY", "MENTION"), 7),
            Person(new_id(), None, "Bare"),
        ],
        teams=[Team(team, None, "Bare"), Team(below, f"t {text}"[:200], text, team, CADENCE, 3)],
        team_members=[
            TeamMembership(new_id(), None, team, ann),
            TeamMembership(new_id(), f"m {text}"[:200], below, ann, TeamRole.LEAD, 5, True),
        ],
        absences=[
            Absence(new_id(), None, ann, date(2026, 1, 1), date(2026, 1, 1)),
            Absence(
                new_id(), f"a {text}"[:200], ann, date(1900, 1, 1), date(2200, 12, 31), ann, text, 2, True
            ),
        ],
        priorities=[
            Priority(priority, None, "Bare"),
            Priority(
                new_id(),
                f"r {text}"[:200],
                text,
                text,
                ann,
                ODD,
                date(1900, 1, 1),
                date(2200, 12, 31),
                PriorityState.ARCHIVED,
                4,
                True,
            ),
        ],
        metrics=[
            Metric(new_id(), None, "Bare"),
            Metric(metric, f"x {text}"[:200], text, text, text, BetterDirection.NEITHER, ann, team, 6, True),
        ],
        metric_readings=[
            MetricReading(read, None, metric, AT, AT, Author("Bare"), seq=seq, value=TINY),
            MetricReading(
                new_id(),
                f"r {text}"[:200],
                metric,
                AT,
                THEN,
                Author(text, ann),
                seq,
                2,
                -ODD,
                text,
                read,
                text,
            ),
        ],
        cycles=[
            Cycle(year, None, "Bare", date(1900, 1, 1), date(1909, 12, 31)),
            Cycle(
                quarter,
                f"c {text}"[:200],
                text,
                date(2026, 1, 1),
                date(2026, 3, 31),
                year,
                CycleState.ACTIVE,
                9,
                FrozenRules(
                    version=3,
                    at=AT,
                    time_zone="Asia/Tokyo",
                    holiday_calendar=HolidayCalendar("DE", "BE", (date(2026, 1, 2),)),
                    pending_share=0.1,
                    on_track_gap=TINY,
                    at_risk_gap=ODD,
                    yellow_from=0.3,
                    green_from=1 / 3,
                    objective_count=7,
                    aligned_count=5,
                ),
            ),
        ],
        objectives=[
            Objective(top, None, quarter, "Bare"),
            Objective(
                child,
                f"o {text}"[:200],
                quarter,
                title=text,
                description=text,
                kind=ObjectiveKind.LEARNING,
                state=ObjectiveState.PAUSED,
                progress_source=ProgressSource.BOTH,
                owner_id=ann,
                team_id=below,
                contributor_ids=(ann, top),
                priority_ids=(priority, ann),
                stands_alone_reason=text,
                visibility=ObjectiveVisibility.PRIVATE,
                shared_with_ids=(ann,),
                replaces_id=top,
                carried_from_id=top,
                grade=Grade(GradeKind.OVERRIDE, ODD, TINY, text, AT, text, ann),
                cadence=CADENCE,
                imported_score=ODD,
                version=11,
            ),
        ],
        objective_standing=ObjectiveStanding(
            progress=ODD,
            progress_reason=None,
            progress_from=ProgressSource.KEY_RESULTS,
            coverage=1 / 3,
            confidence=0.7,
            lowest_confidence=TINY,
            score_at_end=0.1,
            score_floor=0.2,
            final_score=ODD,
            final_floor=TINY,
            lineage=LineageNumbers(ODD, TINY, 0.1, 0.2, LARGE, 1 / 3),
            partial=True,
            guard_rail_broken=True,
            latest_check_in_id=spoken,
            reported_confidence=ODD,
            reported_status=Status.OFF_TRACK,
            reported_until=AT,
            outcome=Status.MISSED,
            band=Band.YELLOW,
            expected=curve,
            derived=timeline,
            status=Timeline((Status.DROPPED, Status.PENDING), (THEN,)),
            announced_at=THEN,
        ),
        key_results=[
            KeyResult(first, None, top, "Bare", Measure(KeyResultMeasure.BOOLEAN)),
            KeyResult(
                second,
                f"k {text}"[:200],
                top,
                text,
                measure,
                description=text,
                weight=1e-6,
                due_on=date(2026, 2, 28),
                owner_id=ann,
                metric_id=metric,
                metric_from=date(2026, 1, 7),
                state=KeyResultState.PAUSED,
                role=KeyResultRole.GUARD_RAIL,
                broken_budget=0.25,
                check_in_owner_id=ann,
                start_confidence=TINY,
                labels=(text[:50], "bare"),
                formula_function=FormulaFunction.MEAN,
                formula_part_ids=(first,),
                cadence=replace(CADENCE, weeks=None, weekday=None, months=12, day=31),
                target_revisions=(
                    TargetRevision(AT, text, ann, text, replace(measure, commit_value=0.5), measure, True),
                    TargetRevision(THEN, text, None, None, measure, measure, False),
                ),
                grade=Grade(GradeKind.OVERRIDE, TINY, ODD, text, THEN, "Bare", ann),
                carried_from_id=first,
                lineage_start_value=ODD,
                definition=4,
                imported_score=ODD,
                imported_fields={"direction": text, "deep": {"a": [1, None, ODD, True]}},
                created_at=datetime(2026, 1, 5, 8, 30, 0, 123456, tzinfo=UTC),
                version=12,
            ),
        ],
        key_result_standing=KeyResultStanding(
            current_value=LARGE,
            start_value=-LARGE,
            milestones_done=(text, "bare"),
            latest_check_in_id=spoken,
            raw_progress=-1e20,
            progress=ODD,
            progress_reason=None,
            coverage=1.0,
            holds=False,
            held_share=TINY,
            held_share_at_end=1 / 3,
            original_progress=ODD,
            original_score_at_end=TINY,
            confidence=0.9,
            lineage=LineageNumbers(ODD, TINY, 0.3, 0.3, 0.1, 1 / 3),
            reported_status=Status.AT_RISK,
            reported_until=AT,
            score_at_end=0.3,
            final_score=ODD,
            outcome=Status.ACHIEVED,
            band=Band.RED,
            part_values=(ODD, None, TINY),
            expected=curve,
            derived=timeline,
            status=timeline,
            announced_at=AT,
        ),
        alignments=[Alignment(child, top, None), Alignment(child, None, second, AlignmentKind.SUPPORTS, 1e6)],
        check_ins=[
            CheckIn(spoken, None, first, 1, AT, AT, Author("Bare"), seq=seq),
            CheckIn(
                corrected,
                f"i {text}"[:200],
                second,
                4,
                AT,
                THEN,
                Author(text, ann),
                seq,
                3,
                -ODD,
                (text, "bare"),
                0.5,
                ReportedStatus.OFF_TRACK,
                text,
                None,
                text,
                read,
                text,
            ),
            CheckIn(new_id(), None, first, 1, AT, AT, Author("Bare"), seq, 4, 0.0, (), supersedes_id=spoken),
            CheckIn(new_id(), None, None, 1, AT, AT, Author("Bare"), seq, 5, note=text, objective_id=top),
        ],
        check_in_drafts=[
            CheckInDraft(new_id(), None, ann, "Bare", objective_id=top),
            CheckInDraft(
                new_id(),
                f"d {text}"[:200],
                ann,
                text,
                ann,
                None,
                second,
                -ODD,
                (text, "bare"),
                0.5,
                ReportedStatus.OFF_TRACK,
                text,
                THEN,
                3,
                True,
            ),
        ],
        initiatives=[
            Initiative(new_id(), None, "Bare", objective_id=top),
            Initiative(
                new_id(),
                f"w {text}"[:200],
                text,
                None,
                second,
                text,
                ann,
                date(1900, 1, 1),
                InitiativeState.DROPPED,
                text,
                3,
                True,
            ),
        ],
        dependencies=[
            Dependency(new_id(), None, "Bare", team, needing_objective_id=top),
            Dependency(
                new_id(),
                f"n {text}"[:200],
                text,
                below,
                None,
                first,
                None,
                second,
                ann,
                date(2200, 12, 31),
                DependencyState.FAILED,
                4,
                True,
            ),
        ],
        comments=[
            Comment(remark, None, "Bare", "Service", objective_id=top),
            Comment(new_id(), None, "So be it", "Service", decision_id=settled),
            Comment(
                new_id(),
                f"c {text}"[:200],
                text,
                text,
                ann,
                None,
                None,
                spoken,
                None,
                None,
                None,
                None,
                None,
                remark,
                (ann, ann),
                version=5,
                removed=True,
            ),
        ],
        reactions=[
            Reaction(new_id(), None, "🎉", ann, objective_id=top),
            Reaction(new_id(), f"r {text}"[:200], text, ann, None, None, None, wall, version=6),
            Reaction(new_id(), f"r {text}!"[-200:], text, ann, comment_id=remark, version=6, removed=True),
        ],
        follows=[
            Follow(new_id(), None, ann, key_result_id=first),
            Follow(new_id(), f"f {text}"[:200], ann, None, None, team, False, 7),
        ],
        roadblocks=[
            Roadblock(wall, None, "Bare", objective_id=top),
            Roadblock(
                new_id(),
                f"r {text}"[:200],
                text,
                None,
                second,
                text,
                RoadblockType.EXTERNAL,
                ann,
                text,
                date(2200, 12, 31),
                ann,
                text,
                RoadblockState.RESOLVED,
                text,
                THEN,
                5,
                True,
            ),
        ],
        meetings=[
            Meeting(met, f"m {text}"[:200], below, year, THEN, text, (ann,), 4, True),
            Meeting(new_id(), None, team, year, AT),
        ],
        decisions=[
            Decision(settled, None, "Bare"),
            Decision(
                new_id(),
                f"d {text}"[:200],
                text,
                None,
                second,
                met,
                ann,
                date(1900, 1, 1),
                DecisionState.DROPPED,
                3,
                True,
            ),
        ],
        experiments=[
            Experiment(trial, None, "Bare", first),
            Experiment(
                new_id(),
                f"e {text}"[:200],
                text,
                second,
                text,
                ODD,
                date(2200, 12, 31),
                ann,
                ExperimentState.CONCLUDED,
                date(1900, 1, 1),
                date(1900, 1, 2),
                ExperimentOutcome.INCONCLUSIVE,
                text,
                4,
                True,
            ),
        ],
        lessons=[
            Lesson(learned, None, "Bare", objective_id=top),
            Lesson(new_id(), None, "Back", objective_id=child, review_record_id=looked_back),
            Lesson(
                new_id(),
                f"l {text}"[:200],
                text,
                None,
                second,
                trial,
                None,
                None,
                text,
                (text, "bare"),
                ann,
                True,
                3,
                True,
            ),
        ],
        pulses=[
            Pulse(new_id(), None, quarter, (text[:500],)),
            Pulse(
                new_id(),
                f"p {text}"[:200],
                quarter,
                (text[:500], "Clear?"),
                PulseState.CLOSED,
                (1, 0, 2, 0, 2, 5, 0, 0, 0, 0),
                2,
                True,
            ),
        ],
        review_records=[
            ReviewRecord(looked_back, None, child, ReviewDecision.ACHIEVED, "Bare"),
            ReviewRecord(
                new_id(),
                f"v {text}"[:200],
                top,
                ReviewDecision.DEFER,
                text,
                text,
                text,
                text,
                text,
                RootCause.OTHER,
                2,
                True,
            ),
        ],
        change=Change(
            seq=seq,
            recorded_at=datetime.now(UTC),
            kind=ChangeKind.IMPORTED,
            author=Author(text, ann),
            node_type=NodeType.CHECK_IN,
            node_id=spoken,
            fields=(text, "bare"),
            reason=text,
            related_ids=(ann, top),
            due_at=AT,
            deltas=(
                Delta(
                    NodeType.OBJECTIVE,
                    top,
                    ODD,
                    None,
                    Status.STALE,
                    Status.ON_TRACK,
                    ProgressSource.AUTO,
                    ProgressSource.BOTH,
                    None,
                    0.5,
                    0.0,
                    1.0,
                    None,
                    7.5,
                ),
            ),
            check_in_ids=(spoken, corrected),
            token_id=spoken,
            request_id=text[:200],
        ),
        retry=IdempotencyRecord(
            text, f"key {text}"[:200], b"\x00\xff" * 16, seq, {"ids": {"node": text}, "items": [[0]]}
        ),
    )


async def keep(database: Database, organization_id: UUID, words: Words) -> None:
    """Save them in one transaction."""
    async with unit_of_work(database, organization_id) as work:
        put(work, words)


def put(work: Work, words: Words) -> None:
    """Add them to the unit of work."""
    entities: list[PlainEntity] = [
        *words.people,
        *words.teams,
        *words.team_members,
        *words.absences,
        *words.priorities,
        *words.metrics,
        *words.initiatives,
        *words.check_in_drafts,
        *words.dependencies,
        *words.comments,
        *words.reactions,
        *words.follows,
        *words.roadblocks,
        *words.meetings,
        *words.decisions,
        *words.experiments,
        *words.lessons,
        *words.review_records,
        *words.pulses,
    ]
    for entity in entities:
        work.plain.put(entity)
    work.tree.cycles.update({each.id: each for each in words.cycles})
    bare, full = words.objectives
    work.tree.objectives.update({bare.id: bare, full.id: full})
    work.tree.objective_standings.update({bare.id: ObjectiveStanding(), full.id: words.objective_standing})
    plain, whole = words.key_results
    work.tree.put_key_result(plain)
    work.tree.put_key_result(whole)
    work.tree.key_result_standings.update(
        {plain.id: KeyResultStanding(), whole.id: words.key_result_standing}
    )
    for edge in words.alignments:
        work.tree.put_alignment(edge)
    work.metric_readings.extend(words.metric_readings)
    work.check_ins.extend(words.check_ins)
    work.changes.append(words.change)
    work.retries.append(words.retry)


def fields_left_at_nothing(word: Any) -> set[str]:
    """Return the fields that are None or an empty tuple, also within nested objects."""
    left = set()
    for each in fields(word):
        value = getattr(word, each.name)
        if is_dataclass(value):
            left |= {f"{each.name}.{name}" for name in fields_left_at_nothing(value)}
        elif value is None or value == ():
            left.add(each.name)
    return left
