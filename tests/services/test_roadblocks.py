"""Roadblocks: what stands in the way of an objective or a key result, until it is resolved."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.policy import Editing
from okr_api.okr.roadblock import RoadblockType
from okr_api.okr.visibility import Visibility
from okr_api.services import cycles, key_results, objectives, organization, teams
from okr_api.services.check_in_records import NewRecords, check_in_with_records
from okr_api.services.roadblocks import (
    add_roadblock,
    delete_roadblock,
    edit_roadblock,
    escalate_roadblock,
    reopen_roadblock,
    resolve_roadblock,
)
from okr_api.store.hidden_rows import hidden_among
from tests.acme import TODAY, Acme, measured, ref, said
from tests.services.people_of_never_down import RESPONSIBLE, able, actors_of

WRITTEN = {"change": 1, "feed_head": 1, "roadblock": 1, "roadblock_version": 1}
NEVER_DOWN = measured("never_down", NodeType.OBJECTIVE)


@pytest.fixture
async def wall(acme: Acme) -> UUID:
    """Return a roadblock of `never_down`, which Cem owns, itself owned by Ben."""
    return await acme.done(add_roadblock, on=NEVER_DOWN, title="A wall", owner="ben", external_id="wall")


async def test_a_roadblock_goes_from_raised_over_resolved_and_reopened_to_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        add_roadblock,
        on=measured("uptime"),
        title=" No spare parts ",
        description=" As *written*\n",
        type=RoadblockType.RESOURCE,
        owner="ben",
        next_action=" Order some ",
        due_on=TODAY,
        external_id="parts",
    )
    assert await acme.written(before) == WRITTEN
    made: dict[str, Any] = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "parts",
        "title": "No spare parts",
        "objective_id": None,
        "key_result_id": acme.uptime,
        "description": " As *written*\n",
        "type": "RESOURCE",
        "owner_id": acme.ben,
        "next_action": "Order some",
        "due_on": TODAY,
        "escalated_to_id": None,
        "escalation_reason": None,
        "state": "OPEN",
        "resolution": None,
        "resolved_at": None,
        "version": 1,
        "removed": False,
    }
    assert await acme.row("roadblock", id) == made
    await acme.done(edit_roadblock, roadblock="parts", edits={"due_on": None, "type": RoadblockType.EXTERNAL})
    await acme.done(escalate_roadblock, roadblock=id, to=ref("ann"), reason="It costs a lot")
    escalated = made | {"due_on": None, "type": "EXTERNAL", "version": 3}
    escalated |= {"escalated_to_id": acme.ann, "escalation_reason": "It costs a lot"}
    assert await acme.row("roadblock", id) == escalated
    assert (await acme.change())["reason"] == "It costs a lot"
    await acme.done(resolve_roadblock, roadblock=id, resolution=" They *came* ", expected_version=3)
    change = await acme.change()
    resolved = {"state": "RESOLVED", "resolution": " They *came* ", "resolved_at": change["recorded_at"]}
    assert await acme.row("roadblock", id) == escalated | resolved | {"version": 4}
    await acme.done(reopen_roadblock, roadblock=id, reason="They broke")
    assert (await acme.change())["reason"] == "They broke"
    assert await acme.row("roadblock", id) == escalated | {"version": 5}
    await acme.done(escalate_roadblock, roadblock=id, to=None)
    await acme.done(delete_roadblock, roadblock=id, expected_version=6)
    gone = made | {"due_on": None, "type": "EXTERNAL", "version": 7, "removed": True, "external_id": None}
    assert await acme.row("roadblock", id) == gone
    kinds = await acme.fetch("select kind from change where node_type = 'ROADBLOCK' order by seq")
    verbs = ("CREATED", "UPDATED", "ESCALATED", "RESOLVED", "REOPENED", "ESCALATED", "DELETED")
    assert [row["kind"] for row in kinds] == [f"ROADBLOCK_{verb}" for verb in verbs]
    assert len(await acme.versions("roadblock", id)) == 7
    assert (await acme.refused(edit_roadblock, roadblock=id, edits={})).code() == "NOT_FOUND"


async def test_a_roadblock_changes_no_number(acme: Acme, wall: UUID):
    await acme.check_in("uptime", 99.95)
    numbers = "select id, progress, confidence, coverage, version from objective order by id"
    before = await acme.fetch(numbers)
    await acme.done(add_roadblock, on=measured("uptime"), title="Another")
    await acme.done(resolve_roadblock, roadblock=wall)
    assert await acme.fetch(numbers) == before
    assert await acme.moved() == {}
    assert await acme.verify() == []


async def test_a_step_that_was_taken_is_refused_with_an_error_of_its_own(acme: Acme, wall: UUID):
    refused = await acme.refused(reopen_roadblock, roadblock=wall)
    assert (refused.code(), refused.path) == ("ROADBLOCK_IS_OPEN", ("id",))
    await acme.done(resolve_roadblock, roadblock=wall, resolution="Gone")
    for service, more in (
        (resolve_roadblock, {"resolution": "Gone"}),
        (escalate_roadblock, {"to": ref("ann")}),
    ):
        refused = await acme.refused(service, roadblock=wall, **more)
        assert (refused.code(), refused.path) == ("ROADBLOCK_IS_RESOLVED", ("id",))
    await acme.done(edit_roadblock, roadblock=wall, edits={"title": "It was a wall"})
    seq = await acme.seq()
    await acme.done(edit_roadblock, roadblock=wall, edits={"title": "It was a wall"})
    assert await acme.seq() == seq
    stale = await acme.refused(reopen_roadblock, roadblock=wall, expected_version=1)
    assert (stale.code(), stale.current_version) == ("VERSION_CONFLICT", 3)


async def test_to_escalate_again_with_the_same_words_is_no_change(acme: Acme, wall: UUID):
    await acme.done(escalate_roadblock, roadblock=wall, to=ref("ann"), reason="Large")
    seq = await acme.seq()
    await acme.done(escalate_roadblock, roadblock=wall, to=ref("ann"), reason="Large")
    assert await acme.seq() == seq
    await acme.done(organization.remove_person, person="ann")
    await acme.done(escalate_roadblock, roadblock=wall, to=ref("ann"), reason="Larger")
    await acme.done(escalate_roadblock, roadblock=wall, to=None)
    refused = await acme.refused(escalate_roadblock, roadblock=wall, to=ref("ann"))
    assert (refused.code(), refused.path) == ("PERSON_IS_REMOVED", ("id",))


@pytest.mark.parametrize(
    ("given", "path"),
    (
        ({"title": " "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"next_action": "x" * 501}, "nextAction"),
        ({"due_on": date(1899, 12, 31)}, "dueOn"),
    ),
)
async def test_what_is_wrong_is_refused_where_it_stands(
    given: dict[str, Any], path: str, acme: Acme, wall: UUID
):
    new = await acme.refused(add_roadblock, **{"on": NEVER_DOWN, "title": "New", **given})
    edited = await acme.refused(edit_roadblock, roadblock=wall, edits=given)
    assert [(each.code(), each.path) for each in (new, edited)] == [("INVALID_INPUT", (path,))] * 2
    for service, name in ((resolve_roadblock, "resolution"), (escalate_roadblock, "reason")):
        inputs = {"roadblock": wall, name: "x" * 10_001}
        inputs |= {"to": ref("ann")} if name == "reason" else {}
        assert (await acme.refused(service, **inputs)).path == (name,)


async def test_one_is_raised_where_work_goes_on_and_resolved_whatever_has_happened(acme: Acme, wall: UUID):
    await acme.done(objectives.drop_objective, objective="never_down", reason="Enough")
    refused = await acme.refused(add_roadblock, on=measured("uptime"), title="New")
    assert (refused.code(), refused.path) == ("STATE_DOES_NOT_FIT", ("id",))
    await acme.done(resolve_roadblock, roadblock=wall)
    on = measured("macros")
    mine = await acme.done(add_roadblock, on=on, title="New")
    for state in (CycleState.REVIEW, CycleState.CLOSED):
        step = cycles.begin_review if state is CycleState.REVIEW else cycles.close_cycle
        more = {} if state is CycleState.REVIEW else {"not_measured_reason": "Nobody looked"}
        await acme.done(step, cycle="quarter", **more)
        if state is CycleState.REVIEW:
            await acme.done(add_roadblock, on=on, title="In review")
    assert (await acme.refused(add_roadblock, on=on, title="Late")).code() == "CYCLE_IS_CLOSED"
    await acme.done(resolve_roadblock, roadblock=mine, resolution="At last")


async def test_one_without_a_day_is_due_at_the_next_check_in(acme: Acme):
    weekday = list(Weekday)[TODAY.weekday()]
    weekly = Cadence(1, weekday, at=time(23, 59)).checked()
    await acme.done(teams.edit_team, team="support", edits={"cadence": weekly})

    async def days() -> dict[str, date | None]:
        return {
            row["title"]: row["due_on"] for row in await acme.fetch("select title, due_on from roadblock")
        }

    answer_fast = measured("answer_fast", NodeType.OBJECTIVE)
    for title, on, due_on in (
        ("whole", answer_fast, None),
        ("none", measured("uptime"), None),
        ("given", measured("macros"), TODAY),
    ):
        await acme.done(add_roadblock, on=on, title=title, due_on=due_on)
    await acme.done(objectives.edit_objective, objective="answer_fast", edits={"cadence": weekly})
    await acme.done(key_results.edit_key_result, key_result="macros", edits={"cadence": weekly}, measure={})
    for title, on in (("own", answer_fast), ("part", measured("macros"))):
        await acme.done(add_roadblock, on=on, title=title)
    records = NewRecords(roadblocks=[{"title": "Wall"}, {"title": "Gate", "due_on": TODAY}, {"title": "Fog"}])
    await acme.do(check_in_with_records, item=said("macros", 5), records=NewRecords([{"title": "by a bot"}]))
    await acme.do(check_in_with_records, item=said("macros", 5, confidence=0.5), records=records)
    await acme.done(add_roadblock, on=measured("macros"), title="after")
    later = TODAY + timedelta(days=7)
    assert await days() == {
        "whole": None,
        "none": None,
        "given": TODAY,
        "own": TODAY,
        "part": TODAY,
        "by a bot": TODAY,
        "Wall": later,
        "Gate": TODAY,
        "Fog": later,
        "after": later,
    }


async def test_a_roadblock_goes_with_its_key_result_to_another_objective(acme: Acme):
    await acme.objective("Draft", external_id="draft", draft=True)
    await acme.done(add_roadblock, on=measured("macros"), title="Wall", external_id="wall")
    await acme.done(key_results.move_key_result, key_result="macros", objective="draft")
    async with acme.database.of(acme.organization.id) as connection:
        [row] = await acme.fetch("select id from roadblock where external_id = 'wall'")
        blind = Visibility(drafts=False, restricted=True, person_id=None)
        assert await hidden_among(connection, acme.organization.id, [row["id"]], blind) == {row["id"]}


async def test_who_may_raise_edit_resolve_and_delete_one(acme: Acme, wall: UUID):
    actors = await actors_of(acme)
    measuring = {"owner": "max", "check_in_owner": "sam"}
    edits = {name: ref(value) for name, value in measuring.items()}
    await acme.done(key_results.edit_key_result, key_result="uptime", edits=edits, measure={})
    raised = await able(acme, actors, add_roadblock, Scope.CHECK_IN, on=measured("uptime"), title="New")
    assert raised == RESPONSIBLE | {"max", "sam"}
    assert await able(acme, actors, add_roadblock, Scope.CHECK_IN, on=NEVER_DOWN, title="New") == RESPONSIBLE
    owners = await acme.fetch(
        "select owner_id from roadblock where title = 'New' and key_result_id is not null"
    )
    assert {row["owner_id"] for row in owners} == {
        actors[name].author.person_id for name in ("ann", "cem", "lea", "max", "sam", "service")
    }
    await acme.done(escalate_roadblock, roadblock=wall, to=ref("sam"))
    stale: dict[str, Any] = {"roadblock": ref(wall), "expected_version": 999}
    for service, more in (
        (edit_roadblock, {"edits": {"title": "Another"}}),
        (resolve_roadblock, {}),
        (reopen_roadblock, {}),
        (escalate_roadblock, {"to": None}),
    ):
        assert await able(acme, actors, service, **stale, **more) == RESPONSIBLE | {"ben", "sam"}
    assert await able(acme, actors, delete_roadblock, **stale) == RESPONSIBLE
    outcome = await acme.do(resolve_roadblock, by=actors["mia"], roadblock=wall)
    assert [each.message for each in outcome.errors] == [
        "To edit this roadblock you must be its owner, the person to whom it is escalated, the owner of the "
        "objective, a contributor, a lead of the team or of a team above it or an admin"
    ]
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    assert await able(acme, actors, delete_roadblock, **stale) == actors.keys() - {"viewer"}
