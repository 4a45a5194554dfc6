"""Roadblocks, meetings and decisions as each reader sees them; their filters."""

from dataclasses import dataclass
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from tests.acme import Acme
from tests.serving import Client, Server

DECIDED = "decisions { totalCount nodes { text objective { externalId } viewerCan { edit } } }"
QUARTER, SUPPORT = {"externalId": "quarter"}, {"externalId": "support"}


@dataclass(frozen=True)
class Held:
    """A meeting of `support` that decided about Ben's private objective `secret` and about `never_down`."""

    served: Server
    ann: Client
    ben: Client
    cem: Client
    ids: dict[str, str]


@pytest.fixture
async def held(acme: Acme, served: Server) -> Held:
    clients = {
        name: served.client(
            await acme.tokens.create(acme.organization.id, name=name, scopes=[Scope.WRITE], person=name)
        )
        for name in ("ann", "ben", "cem")
    }
    ann, ids = clients["ann"], {}
    secret = {"title": "Secret", "cycle": QUARTER, "visibility": "PRIVATE", "owner": {"externalId": "ben"}}
    ids["secret"] = await ann.make("objectiveCreate", **secret, externalId="secret")
    made = await ann.do(
        "meetingRecord",
        "meeting { id decisions { nodes { id } } }",
        team=SUPPORT,
        cycle=QUARTER,
        attendees=[{"externalId": "ben"}, {"externalId": "cem"}],
        decisions=[
            {"text": "Hush", "about": {"objective": {"externalId": "secret"}}},
            {
                "text": "Go",
                "about": {"objective": {"externalId": "never_down"}},
                "owner": {"externalId": "ann"},
            },
        ],
        externalId="weekly",
    )
    ids["meeting"] = made["meeting"]["id"]
    ids["hush"], ids["go"] = [node["id"] for node in made["meeting"]["decisions"]["nodes"]]
    blocked = {"on": {"objective": {"externalId": "secret"}}, "title": "Wall", "owner": {"externalId": "cem"}}
    ids["wall"] = await ann.make("roadblockCreate", **blocked, externalId="wall")
    await ann.do("roadblockEscalate", roadblock={"externalId": "wall"}, to={"externalId": "cem"})
    return Held(served, clients["ann"], clients["ben"], clients["cem"], ids)


async def test_a_meeting_shows_each_reader_the_decisions_that_they_may_see(held: Held):
    query = f'{{ meeting(externalId: "weekly") {{ notes attendees {{ externalId }} {DECIDED} }} }}'
    shared = {"text": "Go", "objective": {"externalId": "never_down"}}
    hush = {"text": "Hush", "objective": {"externalId": "secret"}, "viewerCan": {"edit": True}}
    for client, edits, count in ((held.ann, True, 2), (held.ben, False, 2), (held.cem, True, 1)):
        meeting = await client.one(query)
        assert [each["externalId"] for each in meeting["attendees"]] == ["ben", "cem"]
        decided = meeting["decisions"]
        expected = [{**shared, "viewerCan": {"edit": edits}}]
        assert decided == {"totalCount": count, "nodes": [hush, *expected] if count == 2 else expected}


async def test_what_is_about_a_hidden_objective_is_not_there_in_queries_edits_and_the_feed(held: Held):
    ids = {"ids": [held.ids["hush"], held.ids["wall"]]}
    several = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await held.cem.one(several, **ids) == [None, None]
    assert [each["id"] for each in await held.ben.one(several, **ids)] == ids["ids"]
    lists = '{ roadblocks { totalCount } decisions { totalCount } person(externalId: "cem") { roadblocks { totalCount } } }'
    for client, blocked, decided in ((held.ben, 1, 2), (held.cem, 0, 1)):
        assert await client.ask(lists) == {
            "roadblocks": {"totalCount": blocked},
            "decisions": {"totalCount": decided},
            "person": {"roadblocks": {"totalCount": blocked}},
        }
    for mutation, input, path in (
        ("decisionUpdate", {"decision": {"id": held.ids["hush"]}, "text": "Loud"}, ["decision", "id"]),
        ("roadblockResolve", {"roadblock": {"externalId": "wall"}}, ["roadblock", "externalId"]),
        ("decisionCreate", {"text": "Me too", "about": {"objective": {"id": held.ids["secret"]}}}, ["about", "objective", "id"]),
    ):  # fmt: skip
        assert await held.cem.refused(mutation, **input) == [("NOT_FOUND", path)]
    listed = "query ($id: ID) { changes(after: 0, filter: { nodeId: $id }) { nodes { kind nodeType } } }"
    for client, name, kinds in (
        (held.ben, "hush", ["MEETING_RECORDED"]),
        (held.cem, "hush", []),
        (held.cem, "go", ["MEETING_RECORDED"]),
        (held.ben, "wall", ["ROADBLOCK_CREATED", "ROADBLOCK_ESCALATED"]),
        (held.cem, "wall", []),
    ):
        page = await client.one(listed, id=held.ids[name])
        assert [change["kind"] for change in page["nodes"]] == kinds


async def test_lists_are_filtered_and_ordered(held: Held):
    for name, input in (
        ("first", {"on": {"keyResult": {"externalId": "uptime"}}, "type": "DECISION", "dueOn": "2027-02-01"}),
        ("second", {"on": {"objective": {"externalId": "never_down"}}, "dueOn": "2027-01-01"}),
        ("third", {"on": {"objective": {"externalId": "answer_fast"}}, "type": "DECISION"}),
    ):
        await held.ann.make("roadblockCreate", **input, title=name, externalId=name)
    await held.ann.do("roadblockResolve", roadblock={"externalId": "second"})
    by_due = "orderBy: { field: DUE_ON, direction: DESC }"
    for arguments, expected in (
        ('filter: { team: { externalId: "platform" } }', ["first", "second"]),
        ("filter: { type: { eq: DECISION } }", ["first", "third"]),
        ("filter: { state: { eq: RESOLVED } }", ["second"]),
        ('filter: { objective: { externalId: "never_down" }, state: { eq: OPEN } }', ["first"]),
        ('filter: { escalatedTo: { externalId: "cem" } }', ["wall"]),
        ('filter: { owner: { externalId: "ann" }, dueOn: { gte: "2027-01-15" } }', ["first"]),
        (f"{by_due}, first: 2", ["first", "second"]),
    ):
        assert (
            await names(held.ann, f"{{ roadblocks({arguments}) {{ nodes {{ externalId }} }} }}") == expected
        )
    for name, at in (("older", "2026-11-01T09:00:00Z"), ("oldest", "2026-10-01T09:00:00Z")):
        await held.ann.make("meetingRecord", team=SUPPORT, cycle=QUARTER, heldAt=at, externalId=name)
    page = "{ nodes { externalId } }"
    for query in (
        f"{{ meetings {page} }}",
        f'{{ team(externalId: "support") {{ meetings {page} }} }}',
        f'{{ cycle(externalId: "quarter") {{ meetings {page} }} }}',
    ):
        assert await names(held.ann, query) == ["weekly", "older", "oldest"]
    early = 'filter: { heldAt: { lt: "2026-11-15T00:00:00Z" } }, orderBy: { field: HELD_AT }'
    assert await names(held.ann, f"{{ meetings({early}) {page} }}") == ["oldest", "older"]
    await held.ann.make("decisionCreate", text="Alone", about={"objective": {"externalId": "never_down"}}, externalId="alone")  # fmt: skip
    await held.ann.do("meetingDelete", meeting={"externalId": "weekly"})
    told = "decisions(filter: { team: { externalId: %s } }) { nodes { text meeting { id } team { externalId } } }"
    decided = await held.ann.ask("{ a: " + told % '"support"' + " b: " + told % '"platform"' + " }")
    assert decided == {
        "a": {"nodes": [{"text": text, "meeting": None, "team": {"externalId": "support"}} for text in ("Hush", "Go")]},
        "b": {"nodes": [{"text": "Alone", "meeting": None, "team": {"externalId": "platform"}}]},
    }  # fmt: skip


async def names(client: Client, query: str) -> list[str]:
    """Return the external ids in the page that a query has at some depth."""
    found: Any = await client.one(query)
    while "nodes" not in found:
        [found] = found.values()
    return [node["externalId"] for node in found["nodes"]]
