"""Roll-over of a cycle: what goes on in a later one and what does not, once, and what is rejected."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.author import Author
from okr_api.okr.cycle import CycleState
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.policy import Editing, ObjectiveVisibility, Role
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.services import cycles, key_results, metrics, objectives, organization, priorities
from okr_api.services.formulas import FormulaRequest
from okr_api.services.mutation_runner import IdempotencyKey, MutationResult
from okr_api.services.references import Ref
from okr_api.services.reviews import record_review
from okr_api.services.roll_over import roll_over
from okr_api.services.roll_over_items import (
    MAX_ROLL_OVER_ITEMS,
    MAX_ROLL_OVER_KEY_RESULTS,
    KeyResultItem,
    RollOverItem,
)
from tests.acme import TODAY, Acme, increase, zones

NEXT = {"starts_on": TODAY + timedelta(days=60), "ends_on": TODAY + timedelta(days=149)}
CHILD = "select * from objective where carried_from_id = $1"
PART = "select * from key_result where carried_from_id = $1"
EDGES = "select parent_id, kind, weight from alignment where child_id = $1 order by parent_id"


@pytest.fixture
async def later(acme: Acme) -> UUID:
    """Return the quarter after that of Acme, as a draft within the year."""
    current = acme.current_cycle
    id = await acme.cycle(
        "Next",
        **NEXT,
        state=CycleState.DRAFT,
        parent="year",
        external_id="next",  # type: ignore[arg-type]
    )
    acme.current_cycle = current
    return id


async def decided(acme: Acme, **decisions: ReviewDecision) -> None:
    """Put the quarter in review, and record the reviews of objectives."""
    await acme.done(cycles.begin_review, cycle="quarter")
    for objective, decision in decisions.items():
        await acme.done(
            record_review,
            objective=objective,
            decision=decision,
            decision_reason="So",
            root_cause=RootCause.OTHER,
        )


async def rolled(acme: Acme, *items: RollOverItem, **more: Any) -> MutationResult:
    outcome = await acme.do(
        roll_over,
        **{"from_cycle": Ref(external_id="quarter"), "to_cycle": Ref(external_id="next")} | more,
        items=items,
    )
    assert not outcome.errors, [(e.code(), e.message, e.path) for e in outcome.errors]
    return outcome


def item(place: int, objective: str, *parts: KeyResultItem, skip: bool = False) -> RollOverItem:
    path = ("items", place, "objective", "externalId")
    return RollOverItem(Ref(external_id=objective, path=path), skip, parts)


def part(place: int, number: int, key_result: str, skip: bool = False, **values: float) -> KeyResultItem:
    path = ("items", place, "keyResults", number, "keyResult", "externalId")
    return KeyResultItem(Ref(external_id=key_result, path=path), skip, values)


def outcomes(outcome: MutationResult) -> dict[UUID, str]:
    return {UUID(entry["objective_id"]): str(entry["outcome"]) for entry in outcome.entries}


def entry_of(outcome: MutationResult, id: UUID) -> Mapping[str, Any]:
    [entry] = [each for each in outcome.entries if each["objective_id"] == id.hex]
    return entry


def parts_of(entry: Mapping[str, Any]) -> dict[UUID, tuple[Any, ...]]:
    return {
        UUID(each["key_result_id"]): (str(each["outcome"]), each["start_value"], each["target_value"])
        for each in entry["key_results"]
    }


async def test_what_was_decided_to_go_on_goes_on_as_a_draft(acme: Acme, later: UUID):
    await acme.check_in("backlog", 120)
    await decided(acme, clear_backlog=ReviewDecision.KEEP, never_down=ReviewDecision.DEFER)
    before, known = await acme.tables(), await acme.row("objective", acme.clear_backlog)
    outcome = await rolled(acme)
    assert outcomes(outcome) == {
        acme.answer_fast: "NOT_REVIEWED",
        acme.clear_backlog: "CARRIED",
        acme.never_down: "DECIDED_OTHERWISE",
    }
    [made] = await acme.fetch(CHILD, acme.clear_backlog)
    same = ("title", "description", "kind", "progress_source", "owner_id", "team_id", "contributor_ids")
    assert [made[name] for name in same] == [known[name] for name in same]
    assert (made["cycle_id"], made["state"], made["version"]) == (later, "DRAFT", 1)
    assert (made["external_id"], made["lineage_id"]) == (None, acme.clear_backlog)
    [backlog], [macros] = await acme.fetch(PART, acme.backlog), await acme.fetch(PART, acme.macros)
    assert (backlog["start_value"], backlog["target_value"], backlog["unit"]) == (120, 0, "tickets")
    assert (backlog["lineage_start_value"], backlog["objective_id"]) == (200, made["id"])
    assert (macros["start_value"], macros["target_value"], macros["current_value"]) == (0, 10, None)
    written = await acme.written(before)
    assert written == {
        "change": 1,
        "feed_head": 1,
        "objective": 1,
        "objective_version": 1,
        "key_result": 2,
        "key_result_version": 2,
    }
    change = await acme.change()
    assert (change["kind"], change["node_id"]) == ("CYCLE_ROLLED_OVER", later)
    assert set(change["related_ids"]) == {made["id"], backlog["id"], macros["id"]}
    assert await acme.verify() == []


async def test_a_second_roll_over_changes_nothing_and_says_so(acme: Acme, later: UUID):
    await decided(acme, clear_backlog=ReviewDecision.KEEP)
    once = IdempotencyKey("first", b"input")
    first = await rolled(acme, once=once)
    before = await acme.tables()
    assert (await rolled(acme, once=once)).entries == first.entries  # replayed
    again = await rolled(acme, item(0, "clear_backlog"))
    assert await acme.tables() == before
    entry = entry_of(again, acme.clear_backlog)
    successor = entry_of(first, acme.clear_backlog)["successor_id"]
    assert (str(entry["outcome"]), entry["successor_id"]) == ("ALREADY_CARRIED", successor)
    more = await rolled(acme, item(0, "answer_fast"))  # what was carried before is a parent's counterpart
    assert outcomes(more)[acme.answer_fast] == "CARRIED"
    third = await acme.cycle(
        "Later", TODAY + timedelta(days=150), TODAY + timedelta(days=200), state=CycleState.DRAFT
    )
    onwards = await rolled(acme, to_cycle=Ref(third))
    assert outcomes(onwards)[acme.clear_backlog] == "ALREADY_CARRIED"
    await acme.done(objectives.drop_objective, objective=UUID(successor), reason="Not now")
    assert outcomes(await rolled(acme))[acme.clear_backlog] == "ALREADY_CARRIED"
    onwards = await rolled(acme, to_cycle=Ref(third))
    assert outcomes(onwards)[acme.clear_backlog] == "CARRIED"
    assert await acme.verify() == []


async def test_a_dry_run_answers_the_same_and_changes_nothing(acme: Acme, later: UUID):
    await decided(acme, clear_backlog=ReviewDecision.MODIFY)
    items = (item(0, "never_down", part(0, 0, "uptime", targetValue=99.99), part(0, 1, "load", skip=True)),)
    before = await acme.tables()
    dry = await rolled(acme, *items, dry_run=True)
    assert await acme.tables() == before
    real = await rolled(acme, *items)
    assert (dry.seq + 1, dry.is_unchanged) == (real.seq, True)

    def without_ids(outcome: MutationResult) -> list[Any]:
        return [
            {
                **entry,
                "successor_id": None,
                "key_results": [{**each, "successor_id": None} for each in entry["key_results"]],
            }
            for entry in outcome.entries
        ]

    assert list(dry.entries) == without_ids(real)
    assert without_ids(real) != list(real.entries)
    assert parts_of(entry_of(real, acme.never_down))[acme.uptime] == ("CARRIED", None, 99.99)
    assert parts_of(entry_of(real, acme.never_down))[acme.load] == ("SKIPPED", None, None)


async def test_alignments_within_are_remapped_open_parents_kept_and_others_told(acme: Acme, later: UUID):
    await acme.supports("clear_backlog", "uptime")
    elsewhere = await acme.cycle("Elsewhere", TODAY - timedelta(days=30), TODAY + timedelta(days=20))
    outside = await acme.objective("Outside", cycle=elsewhere)
    await acme.align("answer_fast", outside, kind=AlignmentKind.SUPPORTS)
    await acme.done(cycles.begin_review, cycle=elsewhere)
    await decided(acme)
    outcome = await rolled(acme, item(0, "answer_fast"), item(1, "clear_backlog"))
    [fast], [backlog] = await acme.fetch(CHILD, acme.answer_fast), await acme.fetch(CHILD, acme.clear_backlog)
    assert [tuple(e.values()) for e in await acme.fetch(EDGES, backlog["id"])] == [
        (fast["id"], "CONTRIBUTES", 1.0)
    ]
    assert [tuple(e.values()) for e in await acme.fetch(EDGES, fast["id"])] == [
        (acme.customers_stay, "CONTRIBUTES", 1.0)
    ]

    def told(id: UUID) -> dict[UUID, str]:
        edges = entry_of(outcome, id)["alignments"]
        return {UUID(edge["parent_id"]): str(edge["outcome"]) for edge in edges}

    assert told(acme.clear_backlog) == {acme.answer_fast: "REMAPPED", acme.uptime: "PARENT_NOT_CARRIED"}
    assert told(acme.answer_fast) == {acme.customers_stay: "KEPT", outside: "CYCLE_TAKES_NO_EDITS"}
    assert await acme.verify() == []


async def test_what_is_reached_stays_and_zones_keep_a_start_that_is_passed(acme: Acme, later: UUID):
    aim = await acme.objective("Aim", external_id="aim")
    full = await acme.key_result("Full", aim, increase(0, 10))
    over = await acme.key_result("Over", aim, increase(0, 10), external_id="over")
    fast = await acme.key_result("Fast", aim, zones(400, 300, 200, 100))
    near = await acme.key_result("Near", aim, zones(400, 300, 200, 100))
    for key_result, value in ((full, 10), (over, 12), (fast, 250), (near, 350), ("macros", 4)):
        await acme.check_in(key_result, value)
    await acme.check_in("failover", 1)
    await acme.check_in("rollout", milestones_done=("plan",))
    await decided(acme)
    values = part(0, 0, "over", targetValue=20)
    outcome = await rolled(acme, item(0, "aim", values), item(1, "never_down"))
    assert parts_of(entry_of(outcome, aim)) == {
        full: ("TARGET_REACHED", None, None),
        over: ("CARRIED", 12, 20),
        fast: ("CARRIED", 400, 200),
        near: ("CARRIED", 350, 200),
    }
    down = parts_of(entry_of(outcome, acme.never_down))
    assert down[acme.failover] == ("TARGET_REACHED", None, None)
    [rollout] = await acme.fetch(PART, acme.rollout)
    assert [step["key"] for step in rollout["milestones"]] == ["pilot", "everywhere"]


async def test_people_who_left_archived_priorities_and_lost_parts_are_left_out(acme: Acme, later: UUID):
    priority = await acme.done(priorities.add_priority, title="First")
    metric = await acme.done(metrics.add_metric, name="Tickets", unit="tickets")
    aim = await acme.objective(
        "Aim",
        external_id="aim",
        owner=Ref(acme.ben),
        contributors=[Ref(acme.cem)],
        priorities=[Ref(priority)],
    )
    one = await acme.key_result("One", aim, increase(0, 10, "tickets"), metric=Ref(metric))
    formula = FormulaRequest(FormulaFunction.SUM, [Ref(one), Ref(acme.backlog)])
    total = await acme.key_result("Total", aim, increase(0, 10, "tickets"), formula=formula)
    whole = FormulaRequest(FormulaFunction.SUM, [Ref(one)])
    same = await acme.key_result("Same", aim, increase(0, 10, "tickets"), formula=whole)
    await acme.done(priorities.archive_priority, priority=priority)
    await acme.done(organization.remove_person, person=acme.ben)
    await decided(acme)
    outcome = await rolled(acme, item(0, "aim"))
    entry = entry_of(outcome, aim)
    assert list(map(str, entry["left_out"])) == ["OWNER", "PRIORITIES"]
    left_out = {
        UUID(each["key_result_id"]): list(map(str, each["left_out"])) for each in entry["key_results"]
    }
    assert left_out == {one: [], total: ["FORMULA"], same: []}
    [made] = await acme.fetch(CHILD, aim)
    assert (made["owner_id"], made["contributor_ids"], made["priority_ids"]) == (None, [acme.cem], [])
    [bound], [counted] = await acme.fetch(PART, one), await acme.fetch(PART, same)
    assert (bound["metric_id"], bound["metric_from"]) == (metric, TODAY)
    assert counted["formula_part_ids"] == [bound["id"]]
    assert await acme.verify() == []


async def test_a_formula_counts_no_successor_that_has_another_unit_since(acme: Acme, later: UUID):
    one = await acme.key_result("One", acme.clear_backlog, increase(0, 10, "tickets"))
    aim = await acme.objective("Aim", external_id="aim")
    formula = FormulaRequest(FormulaFunction.SUM, [Ref(one), Ref(acme.backlog)])
    total = await acme.key_result("Total", aim, increase(0, 10, "tickets"), formula=formula)
    await decided(acme)
    await rolled(acme, item(0, "clear_backlog"))
    [made] = await acme.fetch(PART, one)
    await acme.done(key_results.edit_key_result, key_result=made["id"], edits={}, measure={"unit": "calls"})
    [part] = entry_of(await rolled(acme, item(0, "aim")), aim)["key_results"]
    assert (part["outcome"], list(map(str, part["left_out"]))) == ("CARRIED", ["FORMULA"])
    [counted] = await acme.fetch(PART, total)
    assert (counted["formula_function"], counted["formula_part_ids"]) == (None, [])
    assert await acme.verify() == []


async def test_what_is_not_seen_or_not_edited_is_not_carried(acme: Acme, later: UUID):
    everything = acme.seeing_all()
    secret = await acme.objective(
        "Secret", visibility=ObjectiveVisibility.PRIVATE, owner=Ref(acme.ann), by=everything
    )
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    await decided(acme, clear_backlog=ReviewDecision.KEEP, never_down=ReviewDecision.KEEP)
    await acme.done(
        record_review,
        by=everything,
        objective=secret,
        decision=ReviewDecision.KEEP,
        decision_reason="So",
        root_cause=RootCause.OTHER,
    )
    scopes = frozenset({Scope.READ, Scope.CHECK_IN, Scope.WRITE})
    ben = Actor(acme.organization.id, acme.ben, Author("Ben", acme.ben), scopes, Role.MEMBER)
    outcome = await rolled(acme, by=ben)
    assert outcomes(outcome) == {
        acme.answer_fast: "NOT_REVIEWED",
        acme.clear_backlog: "CARRIED",
        acme.never_down: "NOT_PERMITTED",
    }
    named = {"from_cycle": Ref(external_id="quarter"), "to_cycle": Ref(external_id="next"), "by": ben}
    refusal = await acme.refused(roll_over, **named, items=[item(0, "never_down")])
    assert (refusal.code(), refusal.path) == ("FORBIDDEN", ("items", "0", "objective", "externalId"))
    hidden = RollOverItem(Ref(secret, path=("items", 0, "objective", "id")))
    refusal = await acme.refused(roll_over, **named, items=[hidden])
    assert (refusal.code(), refusal.path) == ("NOT_FOUND", ("items", "0", "objective", "id"))
    everything_else = await rolled(acme, by=everything)
    assert outcomes(everything_else)[secret] == "CARRIED"
    [made] = await acme.fetch(CHILD, secret)
    assert made["viewer_ids"] == [acme.ann]
    assert await acme.verify() == []


async def test_a_hidden_successor_is_told_of_only_where_it_is_in_the_way(acme: Acme, later: UUID):
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    await decided(acme, clear_backlog=ReviewDecision.KEEP, never_down=ReviewDecision.KEEP)
    await rolled(acme, item(0, "answer_fast"))
    for known in (acme.answer_fast, acme.clear_backlog, acme.never_down):
        [made] = await acme.fetch(CHILD, known)
        hidden = {"visibility": ObjectiveVisibility.PRIVATE, "owner": Ref(acme.ann), "contributors": []}
        await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective=made["id"], edits=hidden)
    scopes = frozenset({Scope.READ, Scope.CHECK_IN, Scope.WRITE})
    ben = Actor(acme.organization.id, acme.ben, Author("Ben", acme.ben), scopes, Role.MEMBER)
    outcome = await rolled(acme, by=ben)
    assert outcomes(outcome) == {
        acme.answer_fast: "NOT_REVIEWED",
        acme.clear_backlog: "ALREADY_CARRIED",  # ben may edit it, and would carry it over twice
        acme.never_down: "NOT_PERMITTED",
    }
    assert [each["successor_id"] is not None for each in outcome.entries] == [False, True, False]
    assert set(outcomes(await rolled(acme, by=acme.seeing_all())).values()) == {"ALREADY_CARRIED"}


REJECTED: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "into itself": ({"to_cycle": "quarter"}, "CYCLE_IS_NOT_LATER", ("toCycle",)),
    "into an earlier one": ({"to_cycle": "before"}, "CYCLE_IS_NOT_LATER", ("toCycle",)),
    "into the year": ({"to_cycle": "year"}, "CYCLE_IS_NOT_LATER", ("toCycle",)),
    "into a closed one": ({"to_cycle": "closed"}, "CYCLE_IS_CLOSED", ("toCycle",)),
    "into one in review": ({"to_cycle": "in_review"}, "CYCLE_IS_IN_REVIEW", ("toCycle",)),
    "into none": ({"to_cycle": "of nobody"}, "NOT_FOUND", ("toCycle",)),
    "from a draft": ({"from_cycle": "next", "to_cycle": "in_review"}, "CYCLE_IS_DRAFT", ("fromCycle",)),
    "of another cycle": (
        {"items": [item(0, "customers_stay")]},
        "NOT_IN_CYCLE",
        ("items", "0", "objective", "externalId"),
    ),
    "unknown": ({"items": [item(0, "nothing")]}, "NOT_FOUND", ("items", "0", "objective", "externalId")),
    "a draft": (
        {"items": [item(0, "draft")]},
        "STATE_DOES_NOT_FIT",
        ("items", "0", "objective", "externalId"),
    ),
    "twice": (
        {"items": [item(0, "never_down"), item(1, "never_down")]},
        "NAMED_TWICE",
        ("items", "1", "objective", "externalId"),
    ),
    "a key result twice": (
        {"items": [item(0, "never_down", part(0, 0, "load"), part(0, 1, "load"))]},
        "NAMED_TWICE",
        ("items", "0", "keyResults", "1", "keyResult", "externalId"),
    ),
    "a key result of another objective": (
        {"items": [item(0, "never_down", part(0, 0, "macros"))]},
        "INVALID_INPUT",
        ("items", "0", "keyResults", "0", "keyResult", "externalId"),
    ),
    "a dropped key result": (
        {"items": [item(0, "never_down", part(0, 0, "given_up", targetValue=2))]},
        "STATE_DOES_NOT_FIT",
        ("items", "0", "keyResults", "0", "keyResult", "externalId"),
    ),
    "no key result": (
        {"items": [item(0, "never_down", part(0, 0, "nothing"))]},
        "NOT_FOUND",
        ("items", "0", "keyResults", "0", "keyResult", "externalId"),
    ),
    "skipped with key results": (
        {"items": [item(0, "never_down", part(0, 0, "load"), skip=True)]},
        "INVALID_INPUT",
        ("items", "0", "keyResults"),
    ),
    "skipped with values": (
        {"items": [item(0, "clear_backlog", part(0, 0, "macros", skip=True, targetValue=20))]},
        "INVALID_INPUT",
        ("items", "0", "keyResults", "0", "targetValue"),
    ),
    "a value that is none": (
        {"items": [item(0, "clear_backlog", part(0, 0, "macros", startValue=1e300))]},
        "INVALID_INPUT",
        ("items", "0", "keyResults", "0", "startValue"),
    ),
    "a target that is the start": (
        {"items": [item(0, "clear_backlog", part(0, 0, "macros", targetValue=0))]},
        "NO_SPAN",
        ("items", "0", "keyResults", "0", "targetValue"),
    ),
    "the wrong way": (
        {"items": [item(0, "clear_backlog", part(0, 0, "macros", startValue=20))]},
        "WRONG_DIRECTION",
        ("items", "0", "keyResults", "0", "startValue"),
    ),
    "a value of yes or no": (
        {"items": [item(0, "never_down", part(0, 0, "failover", targetValue=1))]},
        "INVALID_INPUT",
        ("items", "0", "keyResults", "0", "targetValue"),
    ),
    "too many": ({"items": [item(0, "never_down")] * (MAX_ROLL_OVER_ITEMS + 1)}, "TOO_MANY", ("items",)),
    "too many key results": (
        {"items": [item(0, "never_down", *[part(0, 0, "load")] * (MAX_ROLL_OVER_KEY_RESULTS + 1))]},
        "TOO_MANY",
        ("items",),
    ),
}


async def test_bad_input_has_an_error_of_its_own_and_changes_nothing(acme: Acme, later: UUID):
    days = (TODAY + timedelta(days=65), TODAY + timedelta(days=160))
    await acme.cycle("Closed", *days, state=CycleState.CLOSED, external_id="closed")
    await acme.cycle("Reviewed", *days, state=CycleState.REVIEW, external_id="in_review")
    await acme.cycle("Before", TODAY - timedelta(days=140), TODAY - timedelta(days=60), external_id="before")
    await acme.objective("Draft", draft=True, external_id="draft", cycle="quarter")
    given_up = await acme.key_result("Given up", "never_down", external_id="given_up")
    await acme.done(key_results.drop_key_result, key_result=given_up, reason="No")
    await decided(acme)
    before = await acme.tables()
    for case, (input, code, path) in REJECTED.items():
        names = {
            "from_cycle": input.get("from_cycle", "quarter"),
            "to_cycle": input.get("to_cycle", "next"),
        }
        refs: dict[str, Any] = {
            "from_cycle": Ref(external_id=names["from_cycle"], path=("fromCycle",)),
            "to_cycle": Ref(external_id=names["to_cycle"], path=("toCycle",)),
        }
        outcome = await acme.do(roll_over, **refs, items=input.get("items", ()))
        assert [(e.code(), e.path) for e in outcome.errors] == [(code, path)], case
    assert await acme.tables() == before


async def test_a_year_counts_a_lineage_once_and_from_its_first_start(acme: Acme, later: UUID):
    year = await acme.objective("Grow", cycle="year")
    first = await acme.objective("Sell", under=year, cycle="quarter", external_id="sell")
    sold = await acme.key_result("Sold", first, increase(0, 10))
    await acme.check_in(sold, 6)
    assert await acme.progress(year) == 0.6
    await decided(acme, sell=ReviewDecision.KEEP)
    await rolled(acme)
    [second], [again] = await acme.fetch(CHILD, first), await acme.fetch(PART, sold)
    assert await acme.progress(year) == 0.6  # a draft does not stand for what it was carried over from
    await acme.done(objectives.publish_objective, objective=second["id"])
    assert await acme.progress(year) == 0.6
    await acme.done(cycles.activate_cycle, cycle="next")
    await acme.check_in(again["id"], 8)
    assert await acme.progress(second["id"]) == 0.5
    assert await acme.progress(year) == pytest.approx(0.8)
    assert await acme.progress(first) == 0.6
    await acme.done(objectives.pause_objective, objective=second["id"], reason="Later")
    assert await acme.progress(year) == 0.6
    await acme.done(objectives.restore_objective, objective=second["id"])
    await acme.done(
        key_results.edit_key_result, key_result=again["id"], edits={}, measure={"target_value": 20}
    )
    assert await acme.progress(year) == pytest.approx(0.4)
    assert await acme.verify() == []
