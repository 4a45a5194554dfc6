"""A test case for every mutation of the schema: an input that Acme accepts, and the mutations before it.

Entities are named by external id; `by_ids` names them by id. A mutation without a case fails the tests that
iterate over all mutations.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from okr_api.okr.change import NodeType
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


DRAFT = ("objectiveCreate", {"cycleExternalId": "quarter", "title": "Perhaps", "draft": True, "externalId": "perhaps", "parentExternalId": "answer_fast"})  # fmt: skip
MEASURED = ("keyResultCreate", {"objectiveExternalId": "perhaps", "title": "Tries", "measure": "INCREASE", "startValue": 0, "targetValue": 3, "externalId": "tries"})  # fmt: skip
NEXT = ("cycleCreate", {"name": "Next", "startsOn": day(60), "endsOn": day(149), "externalId": "next"})
FIRST_READING = ("checkInRecord", {"keyResultExternalId": "macros", "value": 5, "externalId": "first"})
IN_REVIEW = ("cycleReview", {"externalId": "quarter"})
CLOSED = (IN_REVIEW, ("cycleClose", {"externalId": "quarter", "notMeasuredReason": "The quarter was short"}))
RENAMED = {"name": "Another"}
RETITLED = {"title": "Another"}

CASES: dict[str, Case] = {
    "organizationUpdate": Case("ORGANIZATION_UPDATED", {"name": "Acme & Co"}, other=RENAMED),
    "personCreate": Case("PERSON_CREATED", {"name": "Dana", "email": "dana@acme.example"}, other=RENAMED),
    "personUpdate": Case("PERSON_UPDATED", {"externalId": "ben", "name": "Benjamin"}),
    "personRemove": Case("PERSON_REMOVED", {"externalId": "cem"}),
    "teamCreate": Case("TEAM_CREATED", {"name": "Night shift", "parentExternalId": "support"}, other=RENAMED),
    "teamUpdate": Case("TEAM_UPDATED", {"externalId": "platform", "parentExternalId": "support"}),
    "cycleCreate": Case(
        "CYCLE_CREATED",
        {"name": "Later", "startsOn": day(60), "endsOn": day(149), "parentExternalId": "year"},
        other=RENAMED,
    ),
    "cycleUpdate": Case("CYCLE_UPDATED", {"externalId": "quarter", "endsOn": day(20), "name": "Short"}),
    "cycleActivate": Case("CYCLE_ACTIVATED", {"externalId": "quarter"}, (IN_REVIEW,)),
    "cycleReview": Case("CYCLE_REVIEW_BEGUN", {"externalId": "quarter"}),
    "cycleClose": Case(
        "CYCLE_CLOSED", {"externalId": "quarter", "notMeasuredReason": "Nobody looked"}, (IN_REVIEW,)
    ),
    "cycleReopen": Case("CYCLE_REOPENED", {"externalId": "quarter", "reason": "Too soon"}, CLOSED),
    "objectiveCreate": Case(
        "OBJECTIVE_CREATED",
        {
            "cycleExternalId": "quarter",
            "title": "Write it down",
            "parentExternalId": "never_down",
            "weight": 2,
            "ownerExternalId": "ann",
            "teamExternalId": "support",
        },
        other=RETITLED,
    ),
    "objectiveUpdate": Case(
        "OBJECTIVE_UPDATED",
        {"externalId": "never_down", "kind": "ASPIRATIONAL", "ownerExternalId": "ann", "title": "Stay up"},
    ),
    "objectivePublish": Case("OBJECTIVE_PUBLISHED", {"externalId": "perhaps"}, (DRAFT, MEASURED)),
    "objectivePause": Case("OBJECTIVE_PAUSED", {"externalId": "never_down", "reason": "Later"}),
    "objectiveDrop": Case("OBJECTIVE_DROPPED", {"externalId": "never_down", "reason": "Not ours"}),
    "objectiveRestore": Case(
        "OBJECTIVE_RESTORED",
        {"externalId": "never_down"},
        (("objectivePause", {"externalId": "never_down", "reason": "Later"}),),
    ),
    "objectiveAlign": Case(
        "OBJECTIVE_ALIGNED", {"externalId": "clear_backlog", "parentExternalId": "uptime", "weight": 2}
    ),
    "objectiveUnalign": Case(
        "OBJECTIVE_UNALIGNED", {"externalId": "clear_backlog", "parentExternalId": "answer_fast"}
    ),
    "objectiveMove": Case(
        "OBJECTIVE_MOVED", {"externalId": "clear_backlog", "parentExternalId": "customers_stay"}
    ),
    "keyResultCreate": Case(
        "KEY_RESULT_CREATED",
        {
            "objectiveExternalId": "clear_backlog",
            "title": "Answers within the hour",
            "measure": "AT_LEAST",
            "targetValue": 80,
            "ownerExternalId": "ben",
        },
        other=RETITLED,
    ),
    "keyResultUpdate": Case(
        "KEY_RESULT_UPDATED", {"externalId": "macros", "targetValue": 20, "ownerExternalId": "cem"}
    ),
    "keyResultMove": Case("KEY_RESULT_MOVED", {"externalId": "macros", "objectiveExternalId": "never_down"}),
    "keyResultPause": Case("KEY_RESULT_PAUSED", {"externalId": "macros", "reason": "Later"}),
    "keyResultDrop": Case("KEY_RESULT_DROPPED", {"externalId": "macros", "reason": "Not ours"}),
    "keyResultRestore": Case(
        "KEY_RESULT_RESTORED",
        {"externalId": "macros"},
        (("keyResultDrop", {"externalId": "macros", "reason": "Not ours"}),),
    ),
    "checkInRecord": Case(
        "CHECK_IN_RECORDED",
        {"keyResultExternalId": "macros", "value": 8, "confidence": 0.5, "status": "AT_RISK", "note": "Up"},
        other={"value": 9},
    ),
    "checkInRetract": Case(
        "CHECK_IN_RETRACTED", {"externalId": "first", "reason": "A typing error"}, other={"reason": "Another"}
    ),
    "checkInRecordMany": Case(
        "CHECK_IN_RECORDED",
        {
            "items": [
                {"keyResultExternalId": "backlog", "value": 150},
                {"keyResultExternalId": "rollout", "milestonesDone": ["plan"]},
                {"keyResultExternalId": "uptime", "value": 99.5},
                {"supersedesExternalId": "first", "value": 4},
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
    named: dict[str, Any] = {}
    for name, value in input.items():
        if name in ("externalId", "newExternalId") or not name.endswith("ExternalId"):
            named["id" if name == "externalId" and value in ids else name] = (
                ids.get(value, value) if name == "externalId" else by_ids(value, ids)
            )
        else:
            known = value in ids
            named[name.replace("ExternalId", "Id") if known else name] = ids[value] if known else value
    return named
