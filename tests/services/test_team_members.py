"""Members of teams: who is in which team, as what."""

from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.people import TeamRole
from okr_api.services import organization
from okr_api.services.teams import add_member, edit_member, remove_member
from tests.acme import Acme, Workplace, ref

ADDED = {"change": 1, "feed_head": 1, "team_membership": 1, "team_membership_version": 1}


@pytest.fixture
async def leads(acme: Acme) -> UUID:
    """Ann leads Support."""
    return await acme.done(
        add_member, team="support", person="ann", role=TeamRole.LEAD, external_id="ann-leads"
    )


async def test_a_member_joins_becomes_the_lead_and_is_removed(acme: Acme):
    before = await acme.tables()
    id = await acme.done(add_member, team="support", person="ann", external_id="ann-in-support")
    assert await acme.written(before) == ADDED
    joined = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "ann-in-support",
        "team_id": acme.support,
        "person_id": acme.ann,
        "role": "MEMBER",
        "version": 1,
        "removed": False,
    }
    assert await acme.row("team_membership", id) == joined
    await acme.done(edit_member, team_membership=id, edits={"role": TeamRole.LEAD}, expected_version=1)
    assert (await acme.change())["fields"] == ["role"]
    await acme.done(remove_member, team_membership="ann-in-support", expected_version=2)
    gone = joined | {"role": "LEAD", "version": 3, "removed": True, "external_id": None}
    assert await acme.row("team_membership", id) == gone
    versions = await acme.versions("team_membership", id)
    assert [(row["version"], row["role"], row["removed"]) for row in versions] == [
        (1, "MEMBER", False),
        (2, "LEAD", False),
        (3, "LEAD", True),
    ]
    kinds = await acme.fetch("select kind, node_type from change where node_id = $1 order by seq", id)
    assert [tuple(row.values()) for row in kinds] == [
        ("TEAM_MEMBER_ADDED", "TEAM_MEMBERSHIP"),
        ("TEAM_MEMBER_UPDATED", "TEAM_MEMBERSHIP"),
        ("TEAM_MEMBER_REMOVED", "TEAM_MEMBERSHIP"),
    ]


async def test_who_was_removed_can_join_again_with_the_same_external_id(acme: Acme, leads: UUID):
    await acme.done(remove_member, team_membership="ann-leads")
    again = await acme.done(add_member, team="support", person="ann", external_id="ann-leads")
    assert again != leads
    rows = await acme.fetch("select id, removed from team_membership order by id")
    assert [tuple(row.values()) for row in rows] == [(leads, True), (again, False)]


async def test_a_person_may_be_in_several_teams_and_a_team_have_several_leads(acme: Acme, leads: UUID):
    await acme.done(add_member, team="platform", person="ann")
    await acme.done(add_member, team="support", person="ben", role=TeamRole.LEAD)
    assert len(await acme.fetch("select from team_membership where not removed")) == 3


async def test_numbers_do_not_move_with_members(acme: Acme, leads: UUID):
    assert await acme.moved() == {}
    assert await acme.verify() == []


async def test_who_leaves_the_organisation_stays_a_member_and_can_be_removed(acme: Acme, leads: UUID):
    await acme.done(organization.remove_person, person="ann")
    assert not (await acme.row("team_membership", leads))["removed"]
    await acme.done(remove_member, team_membership=leads)


async def test_a_person_is_in_a_team_once(acme: Acme, leads: UUID):
    refusal = await acme.refused(add_member, team="support", person="ann")
    assert (refusal.code(), refusal.message) == ("ALREADY_EXISTS", "Ann is already a member of Support")


async def test_who_has_left_joins_no_team(acme: Acme):
    await acme.done(organization.remove_person, person="ben")
    refusal = await acme.refused(add_member, team="support", person="ben")
    assert (refusal.code(), refusal.message) == ("PERSON_IS_REMOVED", "Ben has left and takes no new work")


@pytest.mark.parametrize(
    ("service", "inputs", "code", "path"),
    (
        (add_member, {"team": "nobody", "person": "ann"}, "NOT_FOUND", ("id",)),
        (add_member, {"team": "support", "person": "nobody"}, "NOT_FOUND", ("id",)),
        (add_member, {"team": "platform", "person": "ann", "external_id": "ann-leads"},
         "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        (edit_member, {"team_membership": "nobody", "edits": {}}, "NOT_FOUND", ("id",)),
        (edit_member, {"team_membership": "ann-leads", "edits": {}, "expected_version": 2},
         "VERSION_CONFLICT", ("expectedVersion",)),
        (remove_member, {"team_membership": "nobody"}, "NOT_FOUND", ("id",)),
        (remove_member, {"team_membership": "ann-leads", "expected_version": 2},
         "VERSION_CONFLICT", ("expectedVersion",)),
    ),
)  # fmt: skip
async def test_what_is_refused_changes_nothing(
    acme: Acme, leads: UUID, service: Any, inputs: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await acme.refused(service, **inputs)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_what_was_removed_is_not_there_any_more(acme: Acme, leads: UUID):
    await acme.done(remove_member, team_membership=leads)
    for service, more in ((edit_member, {"edits": {"role": TeamRole.MEMBER}}), (remove_member, {})):
        refusal = await acme.refused(service, team_membership=leads, **more)
        assert (refusal.code(), refusal.message) == ("NOT_FOUND", "There is no such team membership")


async def test_a_membership_of_another_organisation_is_not_there(acme: Acme, leads: UUID):
    other = await Workplace.found(acme.database, acme.notifier, "Beta")
    team, person = await other.team("Support"), await other.person("Ann")
    for inputs in ({"team": team, "person": acme.ann}, {"team": acme.support, "person": person}):
        assert (await acme.refused(add_member, **inputs)).code() == "NOT_FOUND"
    for service, more in ((edit_member, {"edits": {"role": TeamRole.MEMBER}}), (remove_member, {})):
        refusal = await other.refused(service, team_membership=ref(leads), **more)
        assert refusal.code() == "NOT_FOUND"
