"""A test case for every mutation of the schema: an input that Acme accepts, and the mutations before it.

Entities are named by external id; `by_ids` names them by id. A mutation without a case fails the tests that
iterate over all mutations.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import TODAY, Acme, days_ago
from tests.serving import Client

Input = Mapping[str, Any]


def day(days: int) -> str:
    """Return the ISO date `days` days from today."""
    return (TODAY + timedelta(days=days)).isoformat()


@dataclass(frozen=True)
class Case:
    """How to call a mutation."""

    kind: str
    input: Input
    before: tuple[tuple[str, Input], ...] = ()
    other: Input = field(default_factory=lambda: {"expectedVersion": 999})


DRAFT = ("objectiveCreate", {"cycle": {"externalId": "quarter"}, "title": "Perhaps", "draft": True, "externalId": "perhaps", "parent": {"objective": {"externalId": "answer_fast"}}})  # fmt: skip
MEASURED = ("keyResultCreate", {"objective": {"externalId": "perhaps"}, "title": "Tries", "measure": "INCREASE", "startValue": 0, "targetValue": 3, "externalId": "tries"})  # fmt: skip
NEXT = ("cycleCreate", {"name": "Next", "startsOn": day(60), "endsOn": day(149), "externalId": "next"})
FIRST_READING = ("checkInRecord", {"keyResult": {"externalId": "macros"}, "value": 5, "externalId": "first"})
IN_REVIEW = ("cycleReview", {"cycle": {"externalId": "quarter"}})
CLOSED = (
    IN_REVIEW,
    ("cycleClose", {"cycle": {"externalId": "quarter"}, "notMeasuredReason": "The quarter was short"}),
)
SUPPORT_ANN = (
    "teamMemberAdd",
    {"team": {"externalId": "support"}, "person": {"externalId": "ann"}, "externalId": "ann_in_support"},
)
LOYALTY = (
    "priorityCreate",
    {"title": "Customers come back", "rank": 2, "owner": {"externalId": "ann"}, "externalId": "loyalty"},
)
OPEN_TICKETS = ("metricCreate", {"name": "Open tickets", "unit": "tickets", "externalId": "open_tickets"})
BOUND = (
    OPEN_TICKETS,
    ("keyResultUpdate", {"keyResult": {"externalId": "backlog"}, "metric": {"externalId": "open_tickets"}}),
)
METRIC_READ = (
    "metricReadingRecord",
    {"metric": {"externalId": "open_tickets"}, "value": 100, "externalId": "first_read"},
)
REWRITE = (
    "initiativeCreate",
    {
        "for": {"objective": {"externalId": "answer_fast"}},
        "title": "Rewrite the answers",
        "owner": {"externalId": "ann"},
        "externalId": "rewrite",
    },
)
AWAY = (
    "absenceCreate",
    {
        "person": {"externalId": "ann"},
        "startsOn": day(3),
        "endsOn": day(9),
        "externalId": "away",
    },
)
DRAFTED = (
    "checkInDraftCreate",
    {
        "for": {"keyResult": {"externalId": "macros"}},
        "assignee": {"externalId": "ann"},
        "value": 7,
        "note": "Counted",
        "externalId": "drafted",
    },
)
HANDOVER = (
    "dependencyCreate",
    {
        "needing": {"objective": {"externalId": "never_down"}},
        "givingTeam": {"externalId": "support"},
        "description": "A list of what breaks most",
        "owner": {"externalId": "ann"},
        "externalId": "handover",
    },
)
REMARK = (
    "commentCreate",
    {
        "on": {"objective": {"externalId": "answer_fast"}},
        "text": "How fast is fast?",
        "externalId": "remark",
    },
)
CHEER = ("reactionAdd", {"on": {"comment": {"externalId": "remark"}}, "emoji": "👍", "externalId": "cheer"})
NO_BUDGET = (
    "roadblockCreate",
    {
        "on": {"objective": {"externalId": "never_down"}},
        "title": "No budget for a second site",
        "type": "RESOURCE",
        "owner": {"externalId": "ann"},
        "externalId": "no_budget",
    },
)
LOOKED_BACK: tuple[tuple[str, Input], ...] = (
    ("cycleCreate", {"name": "Last", "startsOn": day(-140), "endsOn": day(-31), "externalId": "last"}),
    ("cycleActivate", {"cycle": {"externalId": "last"}}),
    (
        "objectiveCreate",
        {"cycle": {"externalId": "last"}, "title": "Be there at all", "externalId": "be_there"},
    ),
    ("cycleReview", {"cycle": {"externalId": "last"}}),
    (
        "reviewRecord",
        {
            "objective": {"externalId": "be_there"},
            "decision": "KEEP",
            "decisionReason": "It matters as before",
            "rootCause": "STARTED_LATE",
            "externalId": "looked_back",
        },
    ),
)
HOW_ARE_YOU = (
    "pulseCreate",
    {
        "cycle": {"externalId": "year"},
        "questions": ["Do you know what matters?"],
        "externalId": "how_are_you",
    },
)
ASKED = ("pulseOpen", {"pulse": {"externalId": "how_are_you"}})
RESOLVED = ("roadblockResolve", {"roadblock": {"externalId": "no_budget"}})
WEEKLY = (
    "meetingRecord",
    {
        "team": {"externalId": "support"},
        "cycle": {"externalId": "quarter"},
        "heldAt": "2026-11-02T09:00:00Z",
        "externalId": "weekly",
    },
)
ASK_SALES = (
    "decisionCreate",
    {
        "text": "Ask sales first",
        "about": {"objective": {"externalId": "never_down"}},
        "owner": {"externalId": "ann"},
        "externalId": "ask_sales",
    },
)
TRIAL = (
    "experimentCreate",
    {
        "keyResult": {"externalId": "macros"},
        "hypothesis": "We believe that training helps",
        "owner": {"externalId": "ann"},
        "externalId": "trial",
    },
)
STARTED = ("experimentStart", {"experiment": {"externalId": "trial"}})
LEARNED = (
    "lessonCreate",
    {
        "source": {"keyResult": {"externalId": "macros"}},
        "title": "Training helps",
        "tags": ["training"],
        "owner": {"externalId": "ann"},
        "externalId": "learned",
    },
)
RENAMED = {"name": "Another"}
RETITLED = {"title": "Another"}

CASES: dict[str, Case] = {
    "organizationUpdate": Case("ORGANIZATION_UPDATED", {"name": "Acme & Co"}, other=RENAMED),
    "personCreate": Case("PERSON_CREATED", {"name": "Dana", "email": "dana@acme.example"}, other=RENAMED),
    "personUpdate": Case("PERSON_UPDATED", {"person": {"externalId": "ben"}, "name": "Benjamin"}),
    "personRemove": Case("PERSON_REMOVED", {"person": {"externalId": "cem"}}),
    "teamCreate": Case(
        "TEAM_CREATED", {"name": "Night shift", "parent": {"externalId": "support"}}, other=RENAMED
    ),
    "teamUpdate": Case(
        "TEAM_UPDATED", {"team": {"externalId": "platform"}, "parent": {"externalId": "support"}}
    ),
    "teamMemberAdd": Case(
        "TEAM_MEMBER_ADDED",
        {"team": {"externalId": "platform"}, "person": {"externalId": "cem"}, "role": "LEAD"},
        other={"role": "MEMBER"},
    ),
    "teamMemberUpdate": Case(
        "TEAM_MEMBER_UPDATED",
        {"teamMembership": {"externalId": "ann_in_support"}, "role": "LEAD"},
        (SUPPORT_ANN,),
    ),
    "teamMemberRemove": Case(
        "TEAM_MEMBER_REMOVED", {"teamMembership": {"externalId": "ann_in_support"}}, (SUPPORT_ANN,)
    ),
    "absenceCreate": Case(
        "ABSENCE_CREATED",
        {"person": {"externalId": "cem"}, "startsOn": day(20), "endsOn": day(21), "note": "At sea"},
        other={"note": "Ashore"},
    ),
    "absenceUpdate": Case(
        "ABSENCE_UPDATED", {"absence": {"externalId": "away"}, "endsOn": day(10), "delegate": None}, (AWAY,)
    ),
    "absenceDelete": Case("ABSENCE_DELETED", {"absence": {"externalId": "away"}}, (AWAY,)),
    "priorityCreate": Case(
        "PRIORITY_CREATED",
        {
            "title": "Nothing breaks",
            "description": "Or it is mended at once",
            "owner": {"externalId": "ben"},
            "startsOn": day(0),
            "endsOn": day(700),
        },
        other=RETITLED,
    ),
    "priorityUpdate": Case(
        "PRIORITY_UPDATED",
        {"priority": {"externalId": "loyalty"}, "owner": {"externalId": "cem"}, "rank": 0.5},
        (LOYALTY,),
    ),
    "priorityArchive": Case("PRIORITY_ARCHIVED", {"priority": {"externalId": "loyalty"}}, (LOYALTY,)),
    "priorityRestore": Case(
        "PRIORITY_RESTORED",
        {"priority": {"externalId": "loyalty"}},
        (LOYALTY, ("priorityArchive", {"priority": {"externalId": "loyalty"}})),
    ),
    "priorityDelete": Case("PRIORITY_DELETED", {"priority": {"externalId": "loyalty"}}, (LOYALTY,)),
    "metricCreate": Case(
        "METRIC_CREATED",
        {
            "name": "Revenue",
            "unit": "EUR",
            "betterDirection": "UP",
            "owner": {"externalId": "ann"},
            "team": {"externalId": "support"},
        },
        other=RENAMED,
    ),
    "metricUpdate": Case(
        "METRIC_UPDATED",
        {"metric": {"externalId": "open_tickets"}, "name": "Tickets", "team": {"externalId": "platform"}},
        BOUND,
    ),
    "metricDelete": Case("METRIC_DELETED", {"metric": {"externalId": "open_tickets"}}, (OPEN_TICKETS,)),
    "metricReadingRecord": Case(
        "METRIC_READING_RECORDED",
        {"metric": {"externalId": "open_tickets"}, "value": 90, "note": "By night"},
        BOUND,
        other={"value": 80},
    ),
    "metricReadingRetract": Case(
        "METRIC_READING_RETRACTED",
        {"metricReading": {"externalId": "first_read"}, "reason": "A typing error"},
        (*BOUND, METRIC_READ),
        other={"reason": "Another"},
    ),
    "metricReadingRecordMany": Case(
        "METRIC_READING_RECORDED",
        {
            "items": [
                {"metric": {"externalId": "open_tickets"}, "value": 60},
                {"supersedes": {"externalId": "first_read"}, "value": 110},
            ]
        },
        (*BOUND, METRIC_READ),
        other={"atomic": False},
    ),
    "cycleCreate": Case(
        "CYCLE_CREATED",
        {"name": "Later", "startsOn": day(60), "endsOn": day(149), "parent": {"externalId": "year"}},
        other=RENAMED,
    ),
    "cyclesGenerate": Case("CYCLES_GENERATED", {"year": 2150, "fiscalStartMonth": 4}, other={"year": 2160}),
    "cycleUpdate": Case(
        "CYCLE_UPDATED", {"cycle": {"externalId": "quarter"}, "endsOn": day(20), "name": "Short"}
    ),
    "cycleActivate": Case("CYCLE_ACTIVATED", {"cycle": {"externalId": "quarter"}}, (IN_REVIEW,)),
    "cycleReview": Case("CYCLE_REVIEW_BEGUN", {"cycle": {"externalId": "quarter"}}),
    "cycleClose": Case(
        "CYCLE_CLOSED",
        {"cycle": {"externalId": "quarter"}, "notMeasuredReason": "Nobody looked"},
        (IN_REVIEW,),
    ),
    "cycleReopen": Case("CYCLE_REOPENED", {"cycle": {"externalId": "quarter"}, "reason": "Too soon"}, CLOSED),
    "cycleRollOver": Case(
        "CYCLE_ROLLED_OVER",
        {
            "fromCycle": {"externalId": "quarter"},
            "toCycle": {"externalId": "next"},
            "items": [
                {
                    "objective": {"externalId": "clear_backlog"},
                    "keyResults": [{"keyResult": {"externalId": "macros"}, "targetValue": 20}],
                }
            ],
        },
        (NEXT,),
        other={"items": []},
    ),
    "objectiveCreate": Case(
        "OBJECTIVE_CREATED",
        {
            "cycle": {"externalId": "quarter"},
            "title": "Write it down",
            "parent": {"objective": {"externalId": "never_down"}},
            "weight": 2,
            "owner": {"externalId": "ann"},
            "team": {"externalId": "support"},
            "priorities": [{"externalId": "loyalty"}],
        },
        (LOYALTY,),
        other=RETITLED,
    ),
    "objectiveUpdate": Case(
        "OBJECTIVE_UPDATED",
        {
            "objective": {"externalId": "never_down"},
            "kind": "ASPIRATIONAL",
            "owner": {"externalId": "ann"},
            "title": "Stay up",
            "priorities": [{"externalId": "loyalty"}],
        },
        (LOYALTY,),
    ),
    "objectivePublish": Case(
        "OBJECTIVE_PUBLISHED", {"objective": {"externalId": "perhaps"}}, (DRAFT, MEASURED)
    ),
    "objectivePause": Case(
        "OBJECTIVE_PAUSED", {"objective": {"externalId": "never_down"}, "reason": "Later"}
    ),
    "objectiveDrop": Case(
        "OBJECTIVE_DROPPED", {"objective": {"externalId": "never_down"}, "reason": "Not ours"}
    ),
    "objectiveReplace": Case(
        "OBJECTIVE_REPLACED",
        {
            "objective": {"externalId": "never_down"},
            "reason": "Down is not what hurts",
            "title": "Come back at once",
            "owner": {"externalId": "ann"},
            "keyResults": [{"externalId": "uptime"}],
        },
    ),
    "objectiveRestore": Case(
        "OBJECTIVE_RESTORED",
        {"objective": {"externalId": "never_down"}},
        (("objectivePause", {"objective": {"externalId": "never_down"}, "reason": "Later"}),),
    ),
    "objectiveAlign": Case(
        "OBJECTIVE_ALIGNED",
        {
            "objective": {"externalId": "clear_backlog"},
            "parent": {"keyResult": {"externalId": "uptime"}},
            "weight": 2,
        },
    ),
    "objectiveUnalign": Case(
        "OBJECTIVE_UNALIGNED",
        {
            "objective": {"externalId": "clear_backlog"},
            "parent": {"objective": {"externalId": "answer_fast"}},
        },
    ),
    "objectiveMove": Case(
        "OBJECTIVE_MOVED",
        {
            "objective": {"externalId": "clear_backlog"},
            "parent": {"objective": {"externalId": "customers_stay"}},
        },
    ),
    "objectiveGrade": Case(
        "OBJECTIVE_GRADED",
        {
            "objective": {"externalId": "never_down"},
            "kind": "OVERRIDE",
            "score": 0.75,
            "reason": "Nobody noticed the rest",
        },
        (IN_REVIEW,),
    ),
    "keyResultGrade": Case(
        "KEY_RESULT_GRADED",
        {"keyResult": {"externalId": "macros"}, "kind": "NOT_MEASURED", "reason": "Counted twice"},
        (IN_REVIEW,),
    ),
    "reviewRecord": Case(
        "REVIEW_RECORD_CREATED",
        {
            "objective": {"externalId": "never_down"},
            "decision": "MODIFY",
            "decisionReason": "The limits were wrong",
            "rootCause": "MEASUREMENT",
            "celebration": "No night was lost",
        },
        (IN_REVIEW,),
        other={"decision": "DEFER"},
    ),
    "reviewRecordUpdate": Case(
        "REVIEW_RECORD_UPDATED",
        {"reviewRecord": {"externalId": "looked_back"}, "learned": "Begin at once"},
        LOOKED_BACK,
    ),
    "reviewRecordDelete": Case(
        "REVIEW_RECORD_DELETED",
        {"reviewRecord": {"externalId": "looked_back"}},
        LOOKED_BACK,
    ),
    "pulseCreate": Case(
        "PULSE_CREATED",
        {"cycle": {"externalId": "quarter"}, "questions": ["Is the goal clear?", "Is it within reach?"]},
        other={"questions": ["Is it clear?"]},
    ),
    "pulseUpdate": Case(
        "PULSE_UPDATED",
        {"pulse": {"externalId": "how_are_you"}, "questions": ["Do you get help?"]},
        (HOW_ARE_YOU,),
    ),
    "pulseOpen": Case("PULSE_OPENED", {"pulse": {"externalId": "how_are_you"}}, (HOW_ARE_YOU,)),
    "pulseClose": Case("PULSE_CLOSED", {"pulse": {"externalId": "how_are_you"}}, (HOW_ARE_YOU, ASKED)),
    "pulseDelete": Case("PULSE_DELETED", {"pulse": {"externalId": "how_are_you"}}, (HOW_ARE_YOU,)),
    "keyResultCreate": Case(
        "KEY_RESULT_CREATED",
        {
            "objective": {"externalId": "clear_backlog"},
            "title": "Answers within the hour",
            "measure": "AT_LEAST",
            "targetValue": 80,
            "owner": {"externalId": "ben"},
        },
        other=RETITLED,
    ),
    "keyResultUpdate": Case(
        "KEY_RESULT_UPDATED",
        {"keyResult": {"externalId": "macros"}, "targetValue": 20, "owner": {"externalId": "cem"}},
    ),
    "keyResultMove": Case(
        "KEY_RESULT_MOVED", {"keyResult": {"externalId": "macros"}, "objective": {"externalId": "never_down"}}
    ),
    "keyResultPause": Case("KEY_RESULT_PAUSED", {"keyResult": {"externalId": "macros"}, "reason": "Later"}),
    "keyResultDrop": Case(
        "KEY_RESULT_DROPPED", {"keyResult": {"externalId": "macros"}, "reason": "Not ours"}
    ),
    "keyResultRestore": Case(
        "KEY_RESULT_RESTORED",
        {"keyResult": {"externalId": "macros"}},
        (("keyResultDrop", {"keyResult": {"externalId": "macros"}, "reason": "Not ours"}),),
    ),
    "initiativeCreate": Case(
        "INITIATIVE_CREATED",
        {
            "for": {"keyResult": {"externalId": "macros"}},
            "title": "Collect the questions",
            "description": "Of *all* desks",
            "owner": {"externalId": "ben"},
            "dueOn": day(20),
            "state": "DOING",
            "link": "https://tracker.example/1",
        },
        other=RETITLED,
    ),
    "initiativeUpdate": Case(
        "INITIATIVE_UPDATED",
        {"initiative": {"externalId": "rewrite"}, "state": "DONE", "owner": {"externalId": "cem"}},
        (REWRITE,),
    ),
    "initiativeDelete": Case("INITIATIVE_DELETED", {"initiative": {"externalId": "rewrite"}}, (REWRITE,)),
    "dependencyCreate": Case(
        "DEPENDENCY_CREATED",
        {
            "needing": {"keyResult": {"externalId": "macros"}},
            "givingTeam": {"externalId": "platform"},
            "giving": {"keyResult": {"externalId": "rollout"}},
            "description": "A *fast* search",
            "owner": {"externalId": "cem"},
            "neededBy": day(20),
            "state": "AGREED",
        },
        other={"description": "Another"},
    ),
    "dependencyUpdate": Case(
        "DEPENDENCY_UPDATED",
        {
            "dependency": {"externalId": "handover"},
            "state": "DELIVERED",
            "owner": {"externalId": "ben"},
            "giving": {"objective": {"externalId": "answer_fast"}},
        },
        (HANDOVER,),
    ),
    "dependencyDelete": Case("DEPENDENCY_DELETED", {"dependency": {"externalId": "handover"}}, (HANDOVER,)),
    "commentCreate": Case(
        "COMMENT_CREATED",
        {
            "on": {"objective": {"externalId": "answer_fast"}},
            "replyTo": {"externalId": "remark"},
            "text": "Within *a day*",
        },
        (REMARK,),
        other={"text": "Another"},
    ),
    "commentUpdate": Case(
        "COMMENT_UPDATED", {"comment": {"externalId": "remark"}, "text": "How slow is slow?"}, (REMARK,)
    ),
    "commentDelete": Case("COMMENT_DELETED", {"comment": {"externalId": "remark"}}, (REMARK,)),
    "reactionAdd": Case(
        "REACTION_ADDED",
        {"on": {"keyResult": {"externalId": "macros"}}, "emoji": "🎉"},
        other={"emoji": "👍"},
    ),
    "reactionRemove": Case(
        "REACTION_REMOVED",
        {"on": {"comment": {"externalId": "remark"}}, "emoji": "👍"},
        (REMARK, CHEER),
        other={"emoji": "🎉"},
    ),
    "follow": Case(
        "FOLLOW_BEGUN",
        {"on": {"objective": {"externalId": "answer_fast"}}},
        other={"on": {"objective": {"externalId": "never_down"}}},
    ),
    "unfollow": Case(
        "FOLLOW_ENDED",
        {"on": {"team": {"externalId": "support"}}},
        other={"on": {"team": {"externalId": "platform"}}},
    ),
    "notificationSettingsUpdate": Case(
        "PERSON_UPDATED", {"settings": [{"reason": "FOLLOWED_CHANGE", "delivery": "DAILY"}]}
    ),
    "roadblockCreate": Case(
        "ROADBLOCK_CREATED",
        {
            "on": {"keyResult": {"externalId": "macros"}},
            "title": "Nobody knows the tool",
            "description": "Since *May*",
            "type": "TECHNICAL",
            "owner": {"externalId": "ben"},
            "nextAction": "Ask the vendor",
            "dueOn": day(20),
        },
        other=RETITLED,
    ),
    "roadblockUpdate": Case(
        "ROADBLOCK_UPDATED",
        {"roadblock": {"externalId": "no_budget"}, "type": "DECISION", "owner": {"externalId": "cem"}},
        (NO_BUDGET,),
    ),
    "roadblockResolve": Case(
        "ROADBLOCK_RESOLVED",
        {"roadblock": {"externalId": "no_budget"}, "resolution": "It was found"},
        (NO_BUDGET,),
    ),
    "roadblockReopen": Case(
        "ROADBLOCK_REOPENED",
        {"roadblock": {"externalId": "no_budget"}, "reason": "It was lost again"},
        (NO_BUDGET, RESOLVED),
    ),
    "roadblockEscalate": Case(
        "ROADBLOCK_ESCALATED",
        {"roadblock": {"externalId": "no_budget"}, "to": {"externalId": "ben"}, "reason": "It is large"},
        (NO_BUDGET,),
    ),
    "roadblockDelete": Case("ROADBLOCK_DELETED", {"roadblock": {"externalId": "no_budget"}}, (NO_BUDGET,)),
    "meetingRecord": Case(
        "MEETING_RECORDED",
        {
            "team": {"externalId": "platform"},
            "cycle": {"externalId": "quarter"},
            "notes": "*Short*",
            "attendees": [{"externalId": "ben"}, {"externalId": "cem"}],
            "decisions": [
                {
                    "text": "Measure it daily",
                    "about": {"keyResult": {"externalId": "uptime"}},
                    "owner": {"externalId": "cem"},
                    "dueOn": day(20),
                },
                {"text": "Meet on Tuesdays", "state": "DONE"},
            ],
        },
        other={"notes": "Another"},
    ),
    "meetingUpdate": Case(
        "MEETING_UPDATED",
        {"meeting": {"externalId": "weekly"}, "notes": "Long", "attendees": [{"externalId": "ann"}]},
        (WEEKLY,),
    ),
    "meetingDelete": Case("MEETING_DELETED", {"meeting": {"externalId": "weekly"}}, (WEEKLY,)),
    "decisionCreate": Case(
        "DECISION_CREATED",
        {
            "text": "Ask *support* first",
            "about": {"keyResult": {"externalId": "macros"}},
            "meeting": {"externalId": "weekly"},
            "owner": {"externalId": "ben"},
            "dueOn": day(20),
        },
        (WEEKLY,),
        other={"text": "Another"},
    ),
    "decisionUpdate": Case(
        "DECISION_UPDATED",
        {"decision": {"externalId": "ask_sales"}, "state": "DONE", "owner": {"externalId": "cem"}},
        (ASK_SALES,),
    ),
    "decisionDelete": Case("DECISION_DELETED", {"decision": {"externalId": "ask_sales"}}, (ASK_SALES,)),
    "experimentCreate": Case(
        "EXPERIMENT_CREATED",
        {
            "keyResult": {"externalId": "uptime"},
            "hypothesis": "We believe that a second site helps",
            "whatChanges": "A *second* site",
            "expectedValue": 99.9,
            "expectedBy": day(20),
            "owner": {"externalId": "ben"},
        },
        other={"hypothesis": "Another"},
    ),
    "experimentUpdate": Case(
        "EXPERIMENT_UPDATED",
        {"experiment": {"externalId": "trial"}, "expectedValue": 5, "owner": {"externalId": "cem"}},
        (TRIAL,),
    ),
    "experimentStart": Case("EXPERIMENT_STARTED", {"experiment": {"externalId": "trial"}}, (TRIAL,)),
    "experimentConclude": Case(
        "EXPERIMENT_CONCLUDED",
        {"experiment": {"externalId": "trial"}, "outcome": "CONFIRMED", "conclusion": "It *does*"},
        (TRIAL, STARTED),
    ),
    "experimentAbandon": Case(
        "EXPERIMENT_ABANDONED", {"experiment": {"externalId": "trial"}, "reason": "No time"}, (TRIAL,)
    ),
    "experimentDelete": Case("EXPERIMENT_DELETED", {"experiment": {"externalId": "trial"}}, (TRIAL,)),
    "lessonCreate": Case(
        "LESSON_CREATED",
        {
            "source": {"objective": {"externalId": "never_down"}},
            "title": "Two sites are one too many",
            "text": "As *written*",
            "tags": ["sites"],
            "owner": {"externalId": "ben"},
            "carryForward": True,
        },
        other=RETITLED,
    ),
    "lessonUpdate": Case(
        "LESSON_UPDATED", {"lesson": {"externalId": "learned"}, "tags": [], "carryForward": True}, (LEARNED,)
    ),
    "lessonDelete": Case("LESSON_DELETED", {"lesson": {"externalId": "learned"}}, (LEARNED,)),
    "checkInRecord": Case(
        "CHECK_IN_RECORDED",
        {
            "keyResult": {"externalId": "macros"},
            "value": 8,
            "confidence": 0.5,
            "status": "AT_RISK",
            "note": "Up",
        },
        other={"value": 9},
    ),
    "checkInDraftCreate": Case(
        "CHECK_IN_DRAFT_CREATED",
        {
            "for": {"objective": {"externalId": "answer_fast"}},
            "assignee": {"externalId": "ben"},
            "status": "AT_RISK",
            "confidence": 0.5,
            "note": "Slower",
        },
        other={"note": "Another"},
    ),
    "checkInDraftUpdate": Case(
        "CHECK_IN_DRAFT_UPDATED",
        {"checkInDraft": {"externalId": "drafted"}, "value": 8, "assignee": {"externalId": "ben"}},
        (DRAFTED,),
    ),
    "checkInDraftDelete": Case(
        "CHECK_IN_DRAFT_DELETED", {"checkInDraft": {"externalId": "drafted"}}, (DRAFTED,)
    ),
    "checkInPublish": Case(
        "CHECK_IN_RECORDED", {"checkInDraft": {"externalId": "drafted"}, "confidence": 0.6}, (DRAFTED,)
    ),
    "checkInRetract": Case(
        "CHECK_IN_RETRACTED",
        {"checkIn": {"externalId": "first"}, "reason": "A typing error"},
        other={"reason": "Another"},
    ),
    "checkInRecordMany": Case(
        "CHECK_IN_RECORDED",
        {
            "items": [
                {"keyResult": {"externalId": "backlog"}, "value": 150},
                {"keyResult": {"externalId": "rollout"}, "milestonesDone": ["plan"]},
                {"keyResult": {"externalId": "uptime"}, "value": 99.5},
                {"supersedes": {"externalId": "first"}, "value": 4},
            ]
        },
        other={"atomic": False},
    ),
}


async def set_the_stage(acme: Acme, client: Client, case: Case) -> None:
    """Record some check-ins, so that numbers change, and run the mutations that the case needs."""
    for key_result, value in (("backlog", 120), ("uptime", 99.95), ("load", 50), ("latency", 250)):
        await acme.check_in(key_result, value, effective_at=days_ago(3))
    await client.do(FIRST_READING[0], **FIRST_READING[1])
    for mutation, input in case.before:
        await client.do(mutation, **input)


def ids_of(acme: Acme) -> dict[str, str]:
    """Return the global ids of Acme's initial entities by external id."""
    ids = {}
    for names, node_type in (
        (("ann", "ben", "cem"), NodeType.PERSON),
        (("support", "platform"), NodeType.TEAM),
        (("year", "quarter"), NodeType.CYCLE),
        (("customers_stay", "answer_fast", "clear_backlog", "never_down"), NodeType.OBJECTIVE),
        (
            ("backlog", "macros", "uptime", "errors", "load", "failover", "rollout", "latency"),
            NodeType.KEY_RESULT,
        ),
    ):
        ids |= {name: encode_id(node_type, getattr(acme, name)) for name in names}
    return ids


def by_ids(input: Any, ids: Mapping[str, str]) -> Any:
    """Return the input with ids in place of the external ids that `ids` contains."""
    if isinstance(input, list):
        return [by_ids(one, ids) for one in input]
    if not isinstance(input, Mapping):
        return input
    if set(input) == {"externalId"}:
        external_id = input["externalId"]
        return {"id": ids[external_id]} if external_id in ids else input
    return {name: by_ids(value, ids) for name, value in input.items()}
