"""Meetings and decisions: what a team decided, who was there, and who may change it afterwards."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.decision import DecisionState
from okr_api.okr.entity import NodeType
from okr_api.okr.meeting import MAX_ATTENDEES, MAX_DECISIONS_AT_ONCE
from okr_api.okr.policy import Editing
from okr_api.services import cycles, organization
from okr_api.services.decisions import NewDecision, add_decision, delete_decision, edit_decision
from okr_api.services.meetings import delete_meeting, edit_meeting, record_meeting
from tests.acme import TODAY, Acme, days_ago, measured, ref
from tests.services.people_of_never_down import RESPONSIBLE, able, actors_of

NEVER_DOWN = measured("never_down", NodeType.OBJECTIVE)
HELD: dict[str, Any] = {"team": "support", "cycle": "quarter"}
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
async def weekly(acme: Acme) -> UUID:
    """Return a meeting of `support`."""
    return await acme.done(record_meeting, **HELD, held_at=AT, external_id="weekly")


async def test_a_meeting_is_recorded_with_its_decisions_as_one_change(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        record_meeting,
        **HELD,
        held_at=AT,
        notes=" *All* well\n",
        attendees=[ref("ben"), ref("ann"), ref("ben")],
        decisions=[
            NewDecision(NEVER_DOWN, {"text": " Ask ", "owner": ref("ben"), "external_id": "ask"}),
            NewDecision(measured("macros"), {"text": "Wait", "due_on": TODAY}),
            NewDecision(None, {"text": "Go", "state": DecisionState.DONE}),
        ],
        external_id="weekly",
    )
    assert await acme.written(before) == {
        "change": 1, "feed_head": 1, "meeting": 1, "meeting_version": 1, "decision": 3, "decision_version": 3,
    }  # fmt: skip
    assert await acme.row("meeting", id) == {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "weekly",
        "team_id": acme.support,
        "cycle_id": acme.quarter,
        "held_at": AT,
        "notes": " *All* well\n",
        "attendee_ids": [acme.ben, acme.ann],
        "version": 1,
        "removed": False,
    }
    decided = await acme.fetch("select * from decision order by id")
    names = ("text", "objective_id", "key_result_id", "meeting_id", "owner_id", "due_on", "state")
    assert [tuple(row[name] for name in names) for row in decided] == [
        ("Ask", acme.never_down, None, id, acme.ben, None, "OPEN"),
        ("Wait", None, acme.macros, id, None, TODAY, "OPEN"),
        ("Go", None, None, id, None, None, "DONE"),
    ]
    change = await acme.change()
    assert (change["kind"], change["node_id"]) == ("MEETING_RECORDED", id)
    [holder] = await acme.fetch("select objective_id from key_result where id = $1", acme.macros)
    about = {acme.never_down, acme.macros, holder["objective_id"]}
    assert set(change["related_ids"]) == {*about, *(row["id"] for row in decided)}
    assert await acme.moved() == {}


async def test_a_meeting_is_edited_and_deleted_and_its_decisions_stay_of_its_team(acme: Acme, weekly: UUID):
    decision = await acme.done(add_decision, meeting=weekly, text="Go", owner="ben")
    edits = {
        "notes": "Long",
        "attendees": [ref("cem")],
        "held_at": AT + timedelta(hours=1),
        "cycle": ref("year"),
    }
    await acme.done(edit_meeting, meeting="weekly", edits=edits, expected_version=1)
    row = await acme.row("meeting", weekly)
    assert (row["notes"], row["attendee_ids"], row["cycle_id"]) == ("Long", [acme.cem], acme.year)
    seq = await acme.seq()
    await acme.done(edit_meeting, meeting=weekly, edits=edits)
    assert await acme.seq() == seq
    await acme.done(organization.remove_person, person="cem")  # who was there, was there
    await acme.done(edit_meeting, meeting=weekly, edits={"attendees": [ref("cem"), ref("ann")]})
    await acme.done(delete_meeting, meeting=weekly)
    assert (await acme.refused(edit_meeting, meeting=weekly, edits={})).code() == "NOT_FOUND"
    refused = await acme.refused(add_decision, meeting=weekly, text="More")
    assert (refused.code(), refused.path) == ("NOT_FOUND", ("id",))
    await acme.done(edit_decision, decision=decision, edits={"state": DecisionState.DROPPED})
    assert (await acme.row("decision", decision))["meeting_id"] == weekly
    kinds = await acme.fetch(
        "select kind from change where node_type in ('MEETING', 'DECISION') order by seq"
    )
    assert [row["kind"] for row in kinds] == [
        "MEETING_RECORDED",
        "DECISION_CREATED",
        "MEETING_UPDATED",
        "MEETING_UPDATED",
        "MEETING_DELETED",
        "DECISION_UPDATED",
    ]


async def test_a_decision_goes_from_open_to_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(add_decision, about=measured("uptime"), text=" Go ", due_on=TODAY, external_id="go")
    assert await acme.written(before) == {"change": 1, "feed_head": 1, "decision": 1, "decision_version": 1}
    await acme.done(edit_decision, decision="go", edits={"state": DecisionState.DONE, "due_on": None})
    seq = await acme.seq()
    await acme.done(edit_decision, decision="go", edits={"state": DecisionState.DONE})
    assert await acme.seq() == seq
    await acme.done(delete_decision, decision=id, expected_version=2)
    row = await acme.row("decision", id)
    assert (row["text"], row["state"], row["version"], row["removed"]) == ("Go", "DONE", 3, True)
    assert (await acme.refused(edit_decision, decision=id, edits={})).code() == "NOT_FOUND"


async def test_decisions_are_taken_and_carried_out_in_any_state_of_the_cycle(acme: Acme, weekly: UUID):
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Nobody looked")
    new = [NewDecision(NEVER_DOWN, {"text": "Never again"})]
    await acme.done(record_meeting, **HELD, decisions=new)
    decision = await acme.done(add_decision, about=NEVER_DOWN, text="Or perhaps")
    await acme.done(edit_decision, decision=decision, edits={"state": DecisionState.DROPPED})


LONG = "x" * 10_001


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"notes": LONG}, "INVALID_INPUT", ("notes",)),
        ({"held_at": days_ago(-1)}, "INVALID_INPUT", ("heldAt",)),
        ({"held_at": datetime(1899, 1, 1, tzinfo=UTC)}, "INVALID_INPUT", ("heldAt",)),
        ({"attendees": [ref("ann")] * (MAX_ATTENDEES + 1)}, "INVALID_INPUT", ("attendees",)),
        ({"attendees": [ref("ann"), ref("nobody")]}, "NOT_FOUND", ("id",)),
        ({"external_id": "weekly"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        ({"cycle": "nothing"}, "NOT_FOUND", ("id",)),
        ({"team": "nothing"}, "NOT_FOUND", ("id",)),
        ({"decisions": [{"text": " "}]}, "INVALID_INPUT", ("decisions", "0", "text")),
        ({"decisions": [{"text": "Go"}, {"text": LONG}]}, "INVALID_INPUT", ("decisions", "1", "text")),
        ({"decisions": [{"text": "Go", "due_on": date(1899, 1, 1)}]}, "INVALID_INPUT", ("decisions", "0", "dueOn")),
        ({"decisions": [{"text": "Go", "owner": ref("nobody")}]}, "NOT_FOUND", ("decisions", "0", "id")),
        ({"decisions": [{"text": "Go", "external_id": "x"}] * 2}, "EXTERNAL_ID_IS_TAKEN", ("decisions", "1", "externalId")),
        ({"decisions": [{"text": "Go"}] * (MAX_DECISIONS_AT_ONCE + 1)}, "TOO_MANY", ("decisions",)),
    ),
)  # fmt: skip
async def test_what_is_wrong_is_refused_where_it_stands(
    given: dict[str, Any], code: str, path: tuple[str, ...], acme: Acme, weekly: UUID
):
    if "decisions" in given:
        given = {"decisions": [NewDecision(values=each) for each in given["decisions"]]}
    refused = await acme.refused(record_meeting, **HELD | given)
    assert (refused.code(), refused.path) == (code, path)


async def test_a_meeting_has_at_most_200_attendees_and_is_recorded_with_at_most_50_decisions(acme: Acme):
    many = [NewDecision(values={"text": "Go"})] * MAX_DECISIONS_AT_ONCE
    id = await acme.done(record_meeting, **HELD, attendees=[ref("ann")] * MAX_ATTENDEES, decisions=many)
    [row] = await acme.fetch("select count(*) from decision where meeting_id = $1", id)
    assert row["count"] == MAX_DECISIONS_AT_ONCE


async def test_who_may_record_a_meeting_and_what_it_decides(acme: Acme, weekly: UUID):
    actors = await actors_of(acme)
    of_team = {"ann", "service", "gil", "mia"}
    assert await able(acme, actors, record_meeting, **HELD) == of_team
    decided = [NewDecision(NEVER_DOWN, {"text": "Go"})]
    assert await able(acme, actors, record_meeting, **HELD, decisions=decided) == of_team
    stale: dict[str, Any] = {"meeting": ref(weekly), "expected_version": 999}
    assert await able(acme, actors, edit_meeting, **stale, edits={"notes": "New"}) == of_team
    assert await able(acme, actors, delete_meeting, **stale) == of_team
    assert await able(acme, actors, add_decision, meeting=weekly, about=NEVER_DOWN, text="Go") == of_team
    outcome = await acme.do(record_meeting, by=actors["sam"], **HELD)
    assert [each.message for each in outcome.errors] == [
        "To record meetings of this team you must be a lead of the team or of a team above it, a member of "
        "the team or of a team above it or an admin"
    ]
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    assert await able(acme, actors, delete_meeting, **stale) == actors.keys() - {"viewer"}


async def test_who_may_decide_and_edit_decisions(acme: Acme, weekly: UUID):
    actors = await actors_of(acme)
    members = actors.keys() - {"viewer"}
    assert await able(acme, actors, add_decision, about=NEVER_DOWN, text="Go") == RESPONSIBLE
    assert await able(acme, actors, add_decision, text="Go") == members
    owners = await acme.fetch("select owner_id from decision where objective_id is null")
    assert {row["owner_id"] for row in owners} == {
        actor.author.person_id for name, actor in actors.items() if name != "viewer"
    }
    for more, who in (
        ({"owner": "ben"}, {"ann", "ben", "service"}),
        ({"about": NEVER_DOWN, "owner": "ben"}, RESPONSIBLE | {"ben"}),
        ({"meeting": weekly, "owner": "ben"}, {"ann", "ben", "service", "gil", "mia"}),
        ({"meeting": weekly, "about": measured("uptime")}, RESPONSIBLE | {"gil", "mia"}),
    ):
        decision = await acme.done(add_decision, text="Go", **more)
        stale: dict[str, Any] = {"decision": ref(decision), "expected_version": 999}
        assert await able(acme, actors, edit_decision, **stale, edits={"text": "No"}) == who, more
        assert await able(acme, actors, delete_decision, **stale) == who, more
    outcome = await acme.do(edit_decision, by=actors["sam"], decision=decision, edits={"text": "No"})
    assert [each.message for each in outcome.errors] == [
        "To edit this decision you must be in the team of the meeting or in a team above it, the owner of the "
        "objective, a contributor, a lead of the team or of a team above it or an admin"
    ]
