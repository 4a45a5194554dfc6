"""Roles of people: set by admins, effective at once for every token of theirs, also on open sockets."""

from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.policy import Editing
from okr_api.services import organization
from tests.acme import Acme
from tests.serving import Client, Server

BEN = {"externalId": "ben"}
UPTIME = {"keyResult": {"externalId": "uptime"}, "value": 99.9}
CAN_EDIT = 'objective(externalId: "answer_fast") { viewerCan { edit } }'
FOLLOWED = (
    "subscription { changes { seq node { ... on CheckIn { keyResult { viewerCan { edit checkIn } } } } } }"
)


async def token_of(acme: Acme, person: str, scope: Scope = Scope.ADMIN) -> str:
    return await acme.tokens.create(acme.organization.id, name=person, scopes=[scope], person=person)


@pytest.fixture
async def ben(served: Server, acme: Acme) -> Client:
    return served.client(await token_of(acme, "ben"))


async def test_a_token_allows_the_smaller_of_its_scopes_and_the_role(client: Client, ben: Client, acme: Acme):
    scopes = "{ viewer { scopes seesDrafts person { role } } }"
    for role, names, drafts in (
        ("VIEWER", ["READ"], False),
        ("MEMBER", ["READ", "CHECK_IN", "WRITE"], True),
        ("ADMIN", ["READ", "CHECK_IN", "WRITE", "ADMIN"], True),
    ):
        await client.do("personUpdate", person=BEN, role=role)
        assert await ben.one(scopes) == {"scopes": names, "seesDrafts": drafts, "person": {"role": role}}


async def test_a_changed_role_applies_to_the_next_operation(client: Client, ben: Client):
    assert await ben.one(f"{{ {CAN_EDIT} }}") == {"viewerCan": {"edit": True}}
    await client.do("personUpdate", person=BEN, role="VIEWER")
    assert await ben.one(f"{{ {CAN_EDIT} }}") == {"viewerCan": {"edit": False}}
    assert await ben.refused("checkInRecord", **UPTIME) == [("FORBIDDEN", [])]
    await client.do("personUpdate", person=BEN, role="ADMIN")
    await ben.do("checkInRecord", **UPTIME)
    assert (await ben.one("{ tokens { totalCount } }"))["totalCount"] > 0


async def test_a_changed_role_applies_on_open_sockets(client: Client, served: Server, acme: Acme):
    async with served.socket(await token_of(acme, "ben")) as socket:
        asked = await socket.subscribe(f"{{ {CAN_EDIT} }}")
        assert await asked.next() == {"viewerCan": {"edit": True}}
        await client.do("personUpdate", person=BEN, role="VIEWER")
        asked = await socket.subscribe(f"{{ {CAN_EDIT} }}")
        assert await asked.next() == {"viewerCan": {"edit": False}}


async def test_a_subscription_that_would_tell_a_viewer_other_things_is_ended(
    client: Client, served: Server, acme: Acme
):
    async with served.socket(await token_of(acme, "ben")) as socket:
        events = await socket.follow(FOLLOWED)
        await client.do("checkInRecord", **UPTIME)
        assert (await events.next())["node"]["keyResult"] == {"viewerCan": {"edit": False, "checkIn": False}}
        await client.do("personUpdate", person=BEN, role="VIEWER")
        problem = await events.problem()
        assert problem["code"] == "NOT_AUTHENTICATED"
        assert problem["message"].endswith("has other rights now: connect again")
        await socket.connection.wait_closed()
        assert socket.connection.close_code == 4403


async def test_subscribers_of_one_document_are_each_told_what_they_may_do(served: Server, acme: Acme):
    """They see the same, and would share events otherwise."""
    tokens = [await token_of(acme, name) for name in ("ann", "cem", "ben")]
    async with (
        served.socket(tokens[0]) as one,
        served.socket(tokens[1]) as two,
        served.socket(tokens[2]) as three,
    ):
        events = [await socket.follow(FOLLOWED) for socket in (one, two, three)]
        shared = await three.follow("subscription { changes { seq } }")
        await acme.done(organization.add_person, name="Not of a key result")
        await acme.check_in("uptime", 99.9)
        told: list[Any] = [await each.take(2) for each in events]
        assert [each[1]["node"]["keyResult"] for each in told] == [
            {"viewerCan": {"edit": True, "checkIn": True}},
            {"viewerCan": {"edit": True, "checkIn": True}},
            {"viewerCan": {"edit": False, "checkIn": False}},
        ]
        await shared.take(2)


async def test_only_admins_set_roles(client: Client, ben: Client, acme: Acme):
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    before = await acme.tables()
    assert await ben.refused("personUpdate", person=BEN, role="ADMIN") == [("FORBIDDEN", ["role"])]
    assert await ben.refused("personCreate", name="Dora", role="ADMIN") == [("FORBIDDEN", ["role"])]
    assert await acme.tables() == before
    await ben.do("personUpdate", person=BEN, role="MEMBER", name="Benjamin")
    await ben.do("personCreate", name="Dora")
    made = await client.do("personCreate", "person { role }", name="Eve", role="VIEWER")
    assert made["person"] == {"role": "VIEWER"}


async def test_the_last_admin_is_kept_unless_a_service_takes_the_role(
    client: Client, served: Server, acme: Acme
):
    ann = {"person": {"externalId": "ann"}}
    assert await client.refused("personUpdate", **ann, role="MEMBER") == [("LAST_ADMIN", ["role"])]
    assert await client.refused("personRemove", **ann) == [("LAST_ADMIN", ["person", "externalId"])]
    await client.do("personUpdate", person=BEN, role="ADMIN")
    await client.do("personRemove", person=BEN)
    assert await client.refused("personUpdate", **ann, role="VIEWER") == [("LAST_ADMIN", ["role"])]
    service = served.client(acme.world.tokens[Scope.ADMIN])
    await service.do("personUpdate", **ann, role="MEMBER")
    assert await client.refused("personUpdate", **ann, role="ADMIN") == [("FORBIDDEN", [])]
    await service.do("personUpdate", **ann, role="ADMIN")
    await service.do("personRemove", **ann)


async def test_a_service_that_is_no_admin_does_not_remove_the_last_one(served: Server, acme: Acme):
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    service = served.client(acme.world.tokens[Scope.WRITE])
    path = ["person", "externalId"]
    assert await service.refused("personRemove", person={"externalId": "ann"}) == [("LAST_ADMIN", path)]


async def test_people_are_found_by_their_role(client: Client):
    found = await client.ask(
        "{ admins: people(filter: { role: { eq: ADMIN } }) { nodes { name role } } "
        "others: people(filter: { role: { notIn: [ADMIN] } }) { nodes { name } } }"
    )
    assert found["admins"] == {"nodes": [{"name": "Ann", "role": "ADMIN"}]}
    assert found["others"] == {"nodes": [{"name": "Ben"}, {"name": "Cem"}]}


async def test_the_role_is_read_with_the_token_by_every_process(acme: Acme):
    token = await token_of(acme, "ben")
    await acme.done(organization.edit_person, person="ben", edits={"role": "VIEWER"})
    actor = await TokenStore(acme.database).actor(token)
    assert actor is not None
    assert [scope for scope in Scope if actor.may(scope)] == [Scope.READ]
