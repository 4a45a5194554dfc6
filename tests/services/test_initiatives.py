"""Initiatives: the work behind an objective or a key result, which never counts."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.entity import NodeType
from okr_api.okr.initiative import MAX_LINK_LENGTH, InitiativeState, is_link
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, Role
from okr_api.services import objectives, organization, teams
from okr_api.services.initiatives import add_initiative, delete_initiative, edit_initiative
from okr_api.services.mutation_runner import MutationResult
from tests.acme import TODAY, Acme, measured, ref

WRITTEN = {"change": 1, "feed_head": 1, "initiative": 1, "initiative_version": 1}
NEVER_DOWN = measured("never_down", NodeType.OBJECTIVE)


@pytest.fixture
async def rota(acme: Acme) -> UUID:
    """Return an initiative of `never_down`, which Cem owns, itself owned by Ben."""
    return await acme.done(
        add_initiative, measured=NEVER_DOWN, title="A rota", owner="ben", external_id="rota"
    )


async def test_an_initiative_is_added_edited_and_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        add_initiative,
        measured=measured("uptime"),
        title=" Watch the disks ",
        description=" As *written*\n",
        owner="ben",
        due_on=TODAY + timedelta(days=900),
        link=" https://tracker.example/issues/7?a=b#c ",
        external_id="disks",
    )
    assert await acme.written(before) == WRITTEN
    made = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "disks",
        "title": "Watch the disks",
        "objective_id": None,
        "key_result_id": acme.uptime,
        "description": " As *written*\n",
        "owner_id": acme.ben,
        "due_on": TODAY + timedelta(days=900),
        "state": "TODO",
        "link": "https://tracker.example/issues/7?a=b#c",
        "version": 1,
        "removed": False,
    }
    assert await acme.row("initiative", id) == made
    edits = {"state": InitiativeState.DONE, "link": None}
    await acme.done(edit_initiative, initiative="disks", edits=edits, expected_version=1)
    assert (await acme.change())["fields"] == ["link", "state"]
    await acme.done(delete_initiative, initiative=id, expected_version=2)
    gone = made | {"state": "DONE", "link": None, "version": 3, "removed": True, "external_id": None}
    assert await acme.row("initiative", id) == gone
    assert [row["state"] for row in await acme.versions("initiative", id)] == ["TODO", "DONE", "DONE"]
    kinds = await acme.fetch("select kind from change where node_type = 'INITIATIVE' order by seq")
    assert [row["kind"] for row in kinds] == [
        "INITIATIVE_CREATED",
        "INITIATIVE_UPDATED",
        "INITIATIVE_DELETED",
    ]
    assert (await acme.refused(edit_initiative, initiative=id, edits={})).code() == "NOT_FOUND"


async def test_an_initiative_changes_no_number(acme: Acme):
    await acme.check_in("uptime", 99.95)
    numbers = "select id, progress, confidence, coverage, version from objective order by id"
    before = await acme.fetch(numbers)
    work = await acme.done(
        add_initiative, measured=measured("uptime"), title="Work", state=InitiativeState.DONE
    )
    await acme.done(edit_initiative, initiative=work, edits={"state": InitiativeState.DROPPED})
    assert await acme.fetch(numbers) == before
    assert await acme.moved() == {}
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    (
        ("https://example.com", True),
        ("http://localhost:8080/a?b=c#d", True),
        ("HTTPS://Example.com/%20", True),
        ("https://müller.example/ä", True),
        ("https://[2001:db8::1]/", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("ftp://example.com", False),
        ("//example.com", False),
        ("example.com", False),
        ("https://", False),
        ("https:///path", False),
        ("https:example.com", False),
        ("https://user:secret@example.com", False),
        ("https://example.com/a b", False),
        ("https://example.com/\n", False),
        ("https://example.com/\u200b", False),
        ('https://example.com/"', False),
        ("https://example.com/<b>", False),
        ("https:\\\\example.com", False),
        ("https://example.com:99999", False),
        ("https://example.com:x", False),
        ("https://[::1", False),
        ("", False),
    ),
)
def test_a_link_is_the_url_of_a_page(text: str, is_one: bool):
    assert is_link(text) is is_one


async def test_a_link_has_at_most_2_000_characters(acme: Acme):
    assert MAX_LINK_LENGTH == 2_000
    longest = "https://example.com/".ljust(MAX_LINK_LENGTH, "x")
    await acme.done(add_initiative, measured=NEVER_DOWN, title="Work", link=longest)
    refusal = await acme.refused(add_initiative, measured=NEVER_DOWN, title="Work", link=longest + "x")
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("link",))


@pytest.mark.parametrize(
    ("inputs", "code", "path"),
    (
        ({"title": " "}, "INVALID_INPUT", ("title",)),
        ({"title": "x" * 501}, "INVALID_INPUT", ("title",)),
        ({"description": "x" * 10_001}, "INVALID_INPUT", ("description",)),
        ({"link": "javascript:alert(1)"}, "INVALID_INPUT", ("link",)),
        ({"due_on": date(1899, 12, 31)}, "INVALID_INPUT", ("dueOn",)),
        ({"owner": "nobody"}, "NOT_FOUND", ("id",)),
        ({"external_id": "rota"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
    ),
)
async def test_what_is_wrong_is_refused_where_it_stands(
    inputs: Mapping[str, Any], code: str, path: tuple[str, ...], rota: UUID, acme: Acme
):
    refusal = await acme.refused(add_initiative, **{"measured": NEVER_DOWN, "title": "Work", **inputs})
    assert (refusal.code(), refusal.path) == (code, path)
    other = await acme.done(add_initiative, measured=NEVER_DOWN, title="Other")
    edits = {name: ref(value) if name == "owner" else value for name, value in inputs.items()}
    refusal = await acme.refused(edit_initiative, initiative=other, edits=edits)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_work_is_added_to_no_dropped_objective_and_in_no_closed_cycle(acme: Acme, rota: UUID):
    await acme.done(objectives.drop_objective, objective="clear_backlog", reason="Later")
    for of in (measured("clear_backlog", NodeType.OBJECTIVE), measured("macros")):
        assert (await acme.refused(add_initiative, measured=of, title="W")).code() == "STATE_DOES_NOT_FIT"
    for state in ("REVIEW", "CLOSED"):
        await acme.fetch("update cycle set state = $1 where id = $2 returning id", state, acme.quarter)
        code = f"CYCLE_IS_{'IN_REVIEW' if state == 'REVIEW' else 'CLOSED'}"
        for service, inputs in (
            (add_initiative, {"measured": NEVER_DOWN, "title": "Work"}),
            (edit_initiative, {"initiative": rota, "edits": {"title": "Other"}}),
            (delete_initiative, {"initiative": rota}),
        ):
            assert (await acme.refused(service, **inputs)).code() == code


async def test_who_has_left_takes_no_initiative_and_keeps_theirs(acme: Acme, rota: UUID):
    await acme.done(organization.remove_person, person="ben")
    refusal = await acme.refused(add_initiative, measured=NEVER_DOWN, title="Work", owner="ben")
    assert refusal.code() == "PERSON_IS_REMOVED"
    await acme.done(edit_initiative, initiative=rota, edits={"owner": ref("ben"), "title": "Sent back"})


async def test_an_initiative_goes_with_its_key_result_to_another_objective(acme: Acme):
    work = await acme.done(add_initiative, measured=measured("macros"), title="Work", owner="ann")
    await acme.fetch("update objective set state = 'DRAFT' where id = $1 returning id", acme.clear_backlog)
    checker = Actor(acme.organization.id, acme.organization.id, Author("Bot"), frozenset({Scope.CHECK_IN}))
    hidden = await _try(acme, checker, edit_initiative, initiative=ref(work), edits={"title": "Mine"})
    absent = await _try(acme, checker, edit_initiative, initiative=ref(acme.ann), edits={"title": "Mine"})
    assert [(each.code(), each.message, each.path) for each in hidden.errors] == [
        (each.code(), each.message, each.path) for each in absent.errors
    ]
    assert hidden.errors[0].code() == "NOT_FOUND"


async def _try(
    acme: Acme, actor: Actor, service: Any, scope: Scope = Scope.CHECK_IN, **inputs: Any
) -> MutationResult:
    return await acme.mutation_runner.perform(actor, scope, None, lambda work: service(work, actor, **inputs))


async def test_who_may_edit_the_objective_and_who_owns_the_initiative_may_edit_it(acme: Acme, rota: UUID):
    """Cem owns the objective, Lea leads its team, Ben owns the initiative, Sam is a stranger."""
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    people = {name: getattr(acme, name) for name in ("ann", "ben", "cem")}
    people |= {name: await acme.person(name.capitalize(), external_id=name) for name in ("lea", "sam")}
    await acme.done(teams.add_member, team="platform", person="lea", role=TeamRole.LEAD)
    scopes, roles = frozenset({Scope.WRITE}), {"ann": Role.ADMIN}
    organization_id = acme.organization.id
    actors = {
        name: Actor(organization_id, id, Author(name, id), scopes, roles.get(name, Role.MEMBER))
        for name, id in people.items()
    }
    actors["service"] = Actor(organization_id, organization_id, Author("Bot"), scopes)
    actors["viewer"] = Actor(organization_id, acme.ben, Author("ben", acme.ben), scopes, Role.VIEWER)

    async def may(service: Any, **inputs: Any) -> set[str]:
        able = set()
        for name, actor in actors.items():
            done = await _try(acme, actor, service, scope=Scope.WRITE, **inputs)
            codes = [each.code() for each in done.errors]
            assert codes in ([], ["FORBIDDEN"], ["VERSION_CONFLICT"])
            able |= {name} if codes != ["FORBIDDEN"] else set()
        return able

    responsible = {"ann", "cem", "lea", "service"}
    assert await may(add_initiative, measured=NEVER_DOWN, title="Work") == responsible
    assert await may(edit_initiative, initiative=ref(rota), edits={"title": "Another"}) == responsible | {
        "ben"
    }
    stale = {"initiative": ref(rota), "expected_version": 999}
    outcome = await acme.do(edit_initiative, by=actors["sam"], initiative=rota, edits={"title": "Mine"})
    assert [each.message for each in outcome.errors] == [
        "To edit this initiative you must be its owner, the owner of the objective, a contributor, a lead of the "
        "team or of a team above it or an admin"
    ]
    assert await may(delete_initiative, **stale) == responsible
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    assert await may(delete_initiative, **stale) == actors.keys() - {"viewer"}
