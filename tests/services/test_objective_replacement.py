"""Replaced objectives: what the successor takes over, what stays with the dropped one, and what is rejected."""

from typing import Any

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.author import Author
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.policy import Editing, ObjectiveVisibility, Role
from okr_api.services import cycles, key_results, objectives, organization
from okr_api.services.objective_replacement import replace_objective
from okr_api.services.references import Ref
from tests.acme import Acme, days_ago

TAKEN_OVER = ("cycle_id", "description", "kind", "owner_id", "team_id", "contributor_ids", "visibility")


async def replaced(acme: Acme, objective: Any = "never_down", **inputs: Any) -> Any:
    given = {"reason": "Down is not what hurts", "values": {}, "placement": {}, **inputs}
    return await acme.done(replace_objective, objective=objective, **given)


async def ben_of(acme: Acme) -> Actor:
    """Return Ben, who is responsible for Answer fast, where only those responsible edit."""
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    scopes = frozenset({Scope.READ, Scope.CHECK_IN, Scope.WRITE})
    return Actor(acme.organization.id, acme.ben, Author("Ben", acme.ben), scopes, Role.MEMBER)


async def test_the_successor_takes_over_what_is_not_given(acme: Acme):
    contributors = [Ref(acme.ben), Ref(acme.ann)]
    await acme.done(objectives.edit_objective, objective="never_down", edits={"contributors": contributors})
    known = await acme.row("objective", acme.never_down)
    await acme.check_in("uptime", 99.95, effective_at=days_ago(1))
    before = await acme.progress(acme.customers_stay)
    id = await replaced(acme, values={"title": "Come back at once", "kind": ObjectiveKind.ASPIRATIONAL})
    row, dropped = await acme.row("objective", id), await acme.row("objective", acme.never_down)
    assert {name: row[name] for name in TAKEN_OVER} == {
        **{name: known[name] for name in TAKEN_OVER},
        "kind": "ASPIRATIONAL",
    }
    assert (row["title"], row["state"], row["version"]) == ("Come back at once", "PUBLISHED", 1)
    assert (row["replaces_id"], row["external_id"], row["imported_score"]) == (acme.never_down, None, None)
    assert (dropped["state"], dropped["version"]) == ("DROPPED", known["version"] + 1)
    measured = await acme.fetch("select id from key_result where objective_id = $1", id)
    assert len(measured) == 6  # with their readings, so that the numbers above stay as they are
    assert await acme.progress(acme.customers_stay) == before
    edges = await acme.fetch("select parent_id, weight, kind from alignment where child_id = $1", id)
    assert [tuple(edge.values()) for edge in edges] == [(acme.customers_stay, 3.0, "CONTRIBUTES")]
    assert await acme.verify() == []


async def test_a_replacement_is_one_change_of_the_dropped_objective(acme: Acme):
    seq = await acme.seq()
    id = await replaced(acme, key_results=[Ref(external_id="uptime")])
    assert await acme.seq() == seq + 1
    change = await acme.change()
    assert (change["kind"], change["node_id"]) == ("OBJECTIVE_REPLACED", acme.never_down)
    assert (change["reason"], change["fields"]) == ("Down is not what hurts", ["state"])
    assert set(change["related_ids"]) == {id, acme.uptime}


async def test_key_results_that_are_named_go_on_and_the_others_stay(acme: Acme):
    await acme.done(key_results.drop_key_result, key_result="load", reason="No more")
    some = await replaced(acme, key_results=[Ref(external_id="uptime"), Ref(acme.uptime)])
    of = "select external_id from key_result where objective_id = $1 order by 1"
    assert [row["external_id"] for row in await acme.fetch(of, some)] == ["uptime"]
    stayed = [row["external_id"] for row in await acme.fetch(of, acme.never_down)]
    assert stayed == ["errors", "failover", "latency", "load", "rollout"]
    none = await replaced(acme, some, key_results=[])
    assert await acme.fetch(of, none) == []
    whole = await replaced(acme, "clear_backlog")
    assert [row["external_id"] for row in await acme.fetch(of, whole)] == ["backlog", "macros"]
    assert await acme.verify() == []


async def test_what_is_aligned_to_a_key_result_goes_on_with_it(acme: Acme):
    await acme.align("clear_backlog", "uptime")
    id = await replaced(acme, key_results=[Ref(external_id="uptime")])
    refusal = await acme.refused(
        replace_objective,
        objective=id,
        reason="A loop",
        values={},
        placement={"parent": Ref(external_id="clear_backlog", path=("parent",))},
    )
    assert (refusal.code(), refusal.path) == ("ALIGNMENT_LOOPS", ("parent",))


async def test_a_parent_that_is_given_is_the_only_one(acme: Acme):
    await acme.align("never_down", "answer_fast", kind=AlignmentKind.SUPPORTS)
    edges = "select parent_id, weight, kind from alignment where child_id = $1 order by kind"
    both = await replaced(acme)
    assert [tuple(edge.values()) for edge in await acme.fetch(edges, both)] == [
        (acme.customers_stay, 3.0, "CONTRIBUTES"),
        (acme.answer_fast, 1.0, "SUPPORTS"),
    ]
    one = await replaced(acme, both, placement={"parent": Ref(external_id="customers_stay")})
    assert [tuple(edge.values()) for edge in await acme.fetch(edges, one)] == [
        (acme.customers_stay, 3.0, "CONTRIBUTES")
    ]
    none = await replaced(acme, one, placement={"parent": None})
    assert await acme.fetch(edges, none) == []
    assert await acme.verify() == []


async def test_a_draft_has_a_draft_as_its_successor_and_a_paused_objective_a_published_one(acme: Acme):
    draft = await acme.objective("Perhaps", draft=True)
    again = await replaced(acme, draft)
    assert (await acme.row("objective", again))["state"] == "DRAFT"
    assert (await acme.row("objective", draft))["is_dropped_draft"] is True
    shown = await replaced(acme, again, draft=False)
    assert (await acme.row("objective", shown))["state"] == "PUBLISHED"
    await acme.done(objectives.pause_objective, objective="never_down", reason="Later")
    assert (await acme.row("objective", await replaced(acme)))["state"] == "PUBLISHED"


async def test_a_restored_objective_can_be_replaced_again(acme: Acme):
    first = await replaced(acme)
    await acme.done(objectives.restore_objective, objective="never_down")
    second = await replaced(acme)
    rows = await acme.fetch("select id from objective where replaces_id = $1 order by id", acme.never_down)
    assert [row["id"] for row in rows] == [first, second]


REFUSED: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("never_down", {"reason": " "}, "REASON_REQUIRED", ("reason",)),
    ("never_down", {"values": {"title": " "}}, "INVALID_INPUT", ("title",)),
    ("never_down", {"values": {"external_id": "never_down"}}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
    ("never_down", {"expected_version": 9}, "VERSION_CONFLICT", ("expectedVersion",)),
    ("never_down", {"key_results": [Ref(external_id="macros", path=("keyResults", 0))]}, "STATE_DOES_NOT_FIT", ("keyResults", "0")),
    ("never_down", {"key_results": [Ref(external_id="nothing", path=("keyResults", 0))]}, "NOT_FOUND", ("keyResults", "0")),
    ("never_down", {"placement": {"weight": -1.0, "parent": None}}, "INVALID_INPUT", ("weight",)),
    ("never_down", {"placement": {"parent": Ref(external_id="never_down", path=("parent",), node_type=NodeType.OBJECTIVE)}}, "STATE_DOES_NOT_FIT", ("parent",)),
    ("never_down", {"key_results": [], "placement": {"parent": Ref(external_id="uptime", path=("parent",))}}, "STATE_DOES_NOT_FIT", ("parent",)),
    ("never_down", {"placement": {"parent": Ref(external_id="uptime", path=("parent",))}}, "ALIGNMENT_LOOPS", ("parent",)),
    ("given_up", {}, "STATE_DOES_NOT_FIT", ("objective",)),
    ("over", {}, "CYCLE_IS_CLOSED", ("objective",)),
]  # fmt: skip


@pytest.mark.parametrize(("objective", "inputs", "code", "path"), REFUSED)
async def test_what_does_not_fit_is_rejected_and_changes_nothing(
    acme: Acme, objective: str, inputs: dict[str, Any], code: str, path: tuple[str, ...]
):
    await acme.objective("Given up", external_id="given_up")
    await acme.done(objectives.drop_objective, objective="given_up", reason="Not ours")
    past = await acme.cycle("Past", external_id="past")
    await acme.objective("Over", cycle=past, external_id="over")
    await acme.done(cycles.begin_review, cycle=past)
    await acme.done(cycles.close_cycle, cycle=past, not_measured_reason="Nobody looked")
    assert (await acme.row("cycle", past))["state"] == CycleState.CLOSED
    given = {"reason": "Title", "values": {}, "placement": {}, **inputs}
    refusal = await acme.refused(
        replace_objective, objective=Ref(external_id=objective, path=("objective",)), **given
    )
    assert (refusal.code(), tuple(map(str, refusal.path))) == (code, path)


async def test_who_may_not_edit_the_successor_does_not_create_it(acme: Acme):
    ben = await ben_of(acme)
    given: dict[str, Any] = {"objective": "answer_fast", "reason": "Title", "placement": {}, "by": ben}
    refusal = await acme.refused(replace_objective, values={"owner": Ref(acme.cem)}, **given)
    assert (refusal.code(), refusal.path) == ("FORBIDDEN", ("owner",))
    private = {"visibility": ObjectiveVisibility.PRIVATE}
    id = await acme.done(replace_objective, values=private, **given)  # he is the owner
    assert (await acme.row("objective", id))["viewer_ids"] == [acme.ben]
    other = await acme.refused(
        replace_objective, objective="never_down", reason="Title", values={}, placement={}, by=ben
    )
    assert other.code() == "FORBIDDEN"


async def test_a_parent_that_cannot_be_seen_is_kept(acme: Acme):
    seeing: dict[str, Any] = {"by": acme.seeing_all()}
    private = ObjectiveVisibility.PRIVATE
    secret = await acme.objective("Secret", owner="cem", visibility=private, **seeing)
    await acme.align("answer_fast", secret, **seeing)
    ben = await ben_of(acme)
    outcome = await acme.do(
        replace_objective, objective="answer_fast", reason="Title", values={}, placement={}, by=ben
    )
    assert (outcome.errors, outcome.notices) == ((), ())
    id = outcome.ids["node"]
    edges = await acme.fetch("select parent_id from alignment where child_id = $1", id)
    assert {edge["parent_id"] for edge in edges} == {secret, acme.customers_stay}
