"""Visibility: whatever the service, what the actor does not see is rejected like what does not exist.

At present every actor with the scope WRITE sees all drafts. Here an actor has it and sees neither drafts nor
what is restricted to others, so that both rules are tested for every service.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.author import Author
from okr_api.okr.entity import NodeType
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.grade import GradeKind
from okr_api.okr.policy import ObjectiveVisibility, Role
from okr_api.okr.review_record import ReviewDecision
from okr_api.okr.visibility import Visibility
from okr_api.services import (
    alignments,
    check_in_drafts,
    cycles,
    decisions,
    dependencies,
    experiments,
    grades,
    initiatives,
    key_results,
    lessons,
    objectives,
    reviews,
    roadblocks,
)
from okr_api.services.formulas import FormulaRequest
from okr_api.services.mutation_runner import IdempotencyKey, MutationResult
from okr_api.services.objective_replacement import replace_objective
from okr_api.services.references import Ref
from tests.acme import YES_NO, Acme, Service, increase, ref
from tests.house.tree import ROOT

WHY = {"reason": "R"}
NEW = {"title": "New"}
GRADED: dict[str, Any] = {"kind": GradeKind.NOT_MEASURED, **WHY}
REVIEWED: dict[str, Any] = {"decision": ReviewDecision.KEEP, "decision_reason": "R"}
# Each service with its other inputs, and with each of its references to objectives and key results.
CALLS: list[tuple[Service, Mapping[str, Any], tuple[str, ...]]] = [
    (objectives.draft_objective, {**NEW, "cycle": "quarter"}, ("parent",)),
    (objectives.edit_objective, {"edits": {"title": "Other"}}, ("objective",)),
    (objectives.publish_objective, {}, ("objective",)),
    (objectives.pause_objective, WHY, ("objective",)),
    (objectives.drop_objective, WHY, ("objective",)),
    (objectives.restore_objective, {}, ("objective",)),
    (replace_objective, {**WHY, "values": {}, "placement": {}}, ("objective",)),
    (alignments.align, {}, ("objective", "parent")),
    (alignments.unalign, {}, ("objective", "parent")),
    (alignments.move, {}, ("objective", "parent")),
    (key_results.define_key_result, {**NEW, "measure": YES_NO}, ("objective",)),
    (key_results.edit_key_result, {"edits": {"title": "Other"}, "measure": {}}, ("key_result",)),
    (key_results.move_key_result, {}, ("key_result", "objective")),
    (key_results.pause_key_result, WHY, ("key_result",)),
    (key_results.drop_key_result, WHY, ("key_result",)),
    (key_results.restore_key_result, {}, ("key_result",)),
    (grades.grade_key_result, GRADED, ("key_result",)),
    (grades.grade_objective, GRADED, ("objective",)),
    (reviews.record_review, REVIEWED, ("objective",)),
    (initiatives.add_initiative, NEW, ("measured",)),
    (check_in_drafts.add_draft, {"note": "New", "assignee": ref("ann")}, ("measured",)),
    (roadblocks.add_roadblock, NEW, ("on",)),
    (decisions.add_decision, {"text": "New"}, ("about",)),
    (experiments.add_experiment, {"hypothesis": "New"}, ("key_result",)),
    (lessons.add_lesson, NEW, ("source",)),
    (
        dependencies.add_dependency,
        {"description": "Help", "giving_team": ref("platform")},
        ("needing", "giving"),
    ),
]
SEEN = {
    "objective": "answer_fast", "key_result": "macros", "parent": "customers_stay",
    "measured": "answer_fast", "source": "answer_fast", "on": "answer_fast", "about": "answer_fast", "needing": "answer_fast", "giving": "never_down",
}  # fmt: skip
HIDDEN: dict[str, tuple[str, ...]] = {
    "objective": ("draft", "dropped", "private", "team"),
    "key_result": ("of_draft", "of_dropped", "of_private", "of_team"),
}
HIDDEN["parent"] = HIDDEN["objective"] + HIDDEN["key_result"]
HIDDEN |= dict.fromkeys(("measured", "source", "on", "about", "needing", "giving"), HIDDEN["objective"])


@pytest.fixture
async def acme_with_drafts(acme: Acme) -> Acme:
    """Return Acme with a draft, a dropped draft and objectives of Ben's for few, and a key result of each."""
    for name in ("draft", "dropped"):
        await acme.objective(f"Title of {name}", draft=True, external_id=name)
        await acme.key_result(f"Title of of_{name}", name, external_id=f"of_{name}")
    await acme.done(objectives.drop_objective, objective="dropped", reason="R")
    for visibility in (ObjectiveVisibility.PRIVATE, ObjectiveVisibility.TEAM):
        name = visibility.lower()
        await acme.objective(f"Title of {name}", external_id=name, owner="ben")
        await acme.key_result(f"Title of of_{name}", name, external_id=f"of_{name}")
        edits = {"visibility": visibility}
        await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective=name, edits=edits)
    return acme


async def run_without_drafts(acme: Acme, service: Service, inputs: Mapping[str, Any]) -> MutationResult:
    """Run a service for an actor who may write, but sees no drafts, and of the restricted only Cem's."""

    async def do(work: Any) -> MutationResult:
        work.visibility = Visibility(drafts=False, restricted=False, person_id=acme.cem)
        return await service(work, acme.actor, **inputs)

    return await acme.mutation_runner.perform(acme.actor, Scope.WRITE, None, do)


def refusals_of(outcome: MutationResult) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(refusal.code(), refusal.message, refusal.path) for refusal in outcome.errors]


@pytest.mark.parametrize(
    ("service", "more", "reference"),
    [(service, more, name) for service, more, names in CALLS for name in names],
    ids=lambda value: getattr(value, "__name__", value if isinstance(value, str) else ""),
)
async def test_a_hidden_reference_is_refused_as_one_to_nothing(
    acme_with_drafts: Acme, service: Service, more: Mapping[str, Any], reference: str
):
    [names] = [names for each, _, names in CALLS if each is service]
    given = {name: ref(SEEN[name]) for name in names} | {name: ref(v) if name == "cycle" else v for name, v in more.items()}  # fmt: skip
    ask = partial(run_without_drafts, acme_with_drafts, service)
    absent = [refusals_of(await ask({**given, reference: one})) for one in (Ref(uuid4()), ref("nobody"))]
    assert absent[0] == absent[1]
    assert [(code, path) for code, _, path in absent[0]] == [("NOT_FOUND", ("id",))]
    before = await acme_with_drafts.tables()
    for name in HIDDEN[reference]:
        table = "key_result" if name.startswith("of_") else "objective"
        [row] = await acme_with_drafts.fetch(f"select id from {table} where external_id = $1", name)
        assert refusals_of(await ask({**given, reference: ref(name)})) == absent[0]
        assert refusals_of(await ask({**given, reference: Ref(row["id"])})) == absent[0]
    assert await acme_with_drafts.tables() == before


async def test_a_hidden_objective_does_not_stand_before_a_key_result_of_the_same_external_id(
    acme_with_drafts: Acme,
):
    await acme_with_drafts.key_result("Named like the draft", "never_down", external_id="draft")
    outcome = await run_without_drafts(
        acme_with_drafts, alignments.align, {"objective": ref("answer_fast"), "parent": ref("draft")}
    )
    assert refusals_of(outcome) == []


def test_every_reference_to_what_may_be_hidden_is_among_the_calls():
    """Every service module that looks up an objective or a key result is covered by `CALLS`."""
    found = {
        path.stem
        for path in (ROOT / "src" / "okr_api" / "services").glob("*.py")
        if any(name in path.read_text() for name in ("objective_at(", "key_result_at(", "_parent_id("))
    }
    assert found == {
        "references",
        "permissions",
        "objectives",
        "objective_replacement",
        "alignments",
        "key_results",
        "measured_references",
        "experiments",
        "grades",
        "reviews",
    }


def named(external_id: str) -> Ref:
    return Ref(external_id=external_id)


async def test_parts_of_a_formula_that_are_not_seen_stay_in_it(acme_with_drafts: Acme):
    acme = acme_with_drafts
    for name, objective in (("shown", "never_down"), ("veiled", "private"), ("other", "never_down")):
        measure = increase(0, 10, "h")
        await acme.key_result(name, objective, measure, by=acme.seeing_all(), external_id=name)
    parts = FormulaRequest(FormulaFunction.SUM, [named("veiled"), named("shown")])
    await acme.key_result(
        "Sum", "never_down", increase(0, 20, "h"), formula=parts, by=acme.seeing_all(), external_id="sum"
    )
    before = await acme.tables()

    async def given(function: FormulaFunction, *names: str) -> list[str]:
        edits = {"formula": FormulaRequest(function, [named(name) for name in names])}
        inputs = {"key_result": ref("sum"), "edits": edits, "measure": {}}
        outcome = await run_without_drafts(acme, key_results.edit_key_result, inputs)
        assert refusals_of(outcome) == []
        rows = await acme.fetch(
            "select part.external_id from key_result whole, unnest(whole.formula_part_ids) with ordinality named(id, place) "
            "join key_result part on part.id = named.id where whole.external_id = 'sum' order by place"
        )
        return [row["external_id"] for row in rows]

    assert await given(FormulaFunction.SUM, "shown") == ["veiled", "shown"]
    assert await acme.tables() == before  # what is seen of it was sent back
    assert await given(FormulaFunction.MEAN, "shown", "other") == ["shown", "other", "veiled"]


async def test_what_gives_stays_in_a_dependency_where_it_is_not_seen(acme_with_drafts: Acme):
    acme = acme_with_drafts
    giving = Ref(external_id="private", node_type=NodeType.OBJECTIVE)
    needing = Ref(external_id="never_down", node_type=NodeType.OBJECTIVE)
    made = {"needing": needing, "giving": giving, "giving_team": "support", "description": "Help"}
    await acme.done(dependencies.add_dependency, by=acme.seeing_all(), external_id="help", **made)
    inputs = {"dependency": ref("help"), "edits": {"giving": None, "description": "More help"}}
    assert refusals_of(await run_without_drafts(acme, dependencies.edit_dependency, inputs)) == []
    [row] = await acme.fetch("select description, giving_objective_id is not null as gives from dependency")
    assert tuple(row.values()) == ("More help", True)
    await acme.done(
        dependencies.edit_dependency, by=acme.seeing_all(), dependency="help", edits={"giving": None}
    )
    [row] = await acme.fetch("select giving_objective_id from dependency")
    assert row["giving_objective_id"] is None


async def test_a_contributor_takes_no_restricted_objective_over(acme: Acme):
    """Its owner may change who sees it."""
    contributors = {
        "contributors": [ref("cem")],
        "visibility": ObjectiveVisibility.PRIVATE,
        "owner": ref("ben"),
    }
    await acme.done(
        objectives.edit_objective, by=acme.seeing_all(), objective="answer_fast", edits=contributors
    )
    cem = replace(acme.actor, author=Author("Cem", acme.cem), role=Role.MEMBER)
    edits = {"owner": ref("cem")}
    refusal = await acme.refused(objectives.edit_objective, by=cem, objective="answer_fast", edits=edits)
    assert (refusal.code(), refusal.path) == ("FORBIDDEN", ("owner",))
    await acme.done(objectives.edit_objective, by=cem, objective="answer_fast", edits={"title": "Faster"})


async def test_no_notice_names_a_parent_that_is_not_seen(acme_with_drafts: Acme):
    acme = acme_with_drafts
    await acme.done(alignments.align, by=acme.seeing_all(), objective="never_down", parent="private")
    await acme.done(objectives.pause_objective, objective="never_down", reason="R")
    outcome = await run_without_drafts(acme, objectives.restore_objective, {"objective": ref("never_down")})
    assert (refusals_of(outcome), outcome.notices) == ([], ())
    await acme.done(objectives.pause_objective, objective="never_down", reason="R")
    seen = await acme.mutation_runner.perform(
        acme.seeing_all(),
        Scope.WRITE,
        None,
        lambda work: objectives.restore_objective(work, acme.seeing_all(), objective=named("never_down")),
    )
    assert ["Title of private" in notice.message for notice in seen.notices] == [True]


async def test_no_replay_names_a_parent_that_is_hidden_since(acme: Acme):
    await acme.objective("Open parent", external_id="open", owner="ben")
    await acme.key_result("Its key result", "open")
    cem = replace(acme.actor, author=Author("Cem", acme.cem), role=Role.MEMBER)
    once = IdempotencyKey("once", b"input")

    async def again() -> MutationResult:
        def align(work: Any) -> Any:
            return alignments.align(work, cem, objective=named("never_down"), parent=named("open"))

        return await acme.mutation_runner.perform(cem, Scope.WRITE, once, align)

    first, replay = await again(), await again()
    assert first.errors == ()
    assert replay.notices == first.notices
    assert ["Open parent" in notice.message for notice in first.notices] == [True]
    edits = {"visibility": ObjectiveVisibility.PRIVATE}
    await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective="open", edits=edits)
    hidden = await again()
    assert (hidden.replayed, hidden.notices) == (True, ())


async def test_no_refusal_names_a_part_of_a_formula_that_is_not_seen(acme_with_drafts: Acme):
    acme = acme_with_drafts
    measure = increase(0, 10, "h")
    await acme.key_result("Secret part", "private", measure, by=acme.seeing_all(), external_id="veiled")
    parts = FormulaRequest(FormulaFunction.SUM, [named("veiled")])
    await acme.key_result(
        "Sum", "never_down", measure, formula=parts, by=acme.seeing_all(), external_id="sum"
    )
    inputs = {"key_result": ref("sum"), "edits": {}, "measure": {"unit": "days"}}
    [(code, message, path)] = refusals_of(await run_without_drafts(acme, key_results.edit_key_result, inputs))
    assert (code, path) == ("UNIT_DIFFERS", ("unit",))
    assert message == "A part that you cannot see is in 'h', the key result in 'days'"


async def test_no_refusal_names_a_due_day_that_is_not_seen(acme_with_drafts: Acme):
    acme = acme_with_drafts
    last = (await acme.row("cycle", acme.quarter))["ends_on"]
    await acme.key_result("Due", "private", by=acme.seeing_all(), due_on=last)
    inputs = {"cycle": ref("quarter"), "edits": {"ends_on": last - timedelta(days=1)}}
    [(code, message, path)] = refusals_of(await run_without_drafts(acme, cycles.edit_cycle, inputs))
    assert (code, path) == ("INVALID_INPUT", ("endsOn",))
    assert message == "The due day of a key result that you cannot see lies outside these days"
