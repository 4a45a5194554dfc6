"""Changes that show something to somebody or hid it from them say so, to them alone."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from okr_api.graphql import subscription_events
from okr_api.graphql.context import Context
from okr_api.graphql.subscription_events import EventSelector
from okr_api.graphql.subscription_sources import changes_source
from okr_api.okr.entity import NodeType
from okr_api.okr.policy import Role
from okr_api.pubsub import single_flight_cache
from okr_api.query_engine.global_ids import encode_id
from okr_api.services import organization
from tests.acme import Acme
from tests.graphql.test_pushing import all_have_read
from tests.graphql.viewers import NAMES, Viewers, by_external_id, objective_id
from tests.serving import Client, Server, serving

MOVED = "visibilityChanges { nodeId nodeType node { __typename ... on Objective { id title } ... on KeyResult { id title } } }"
PAGE = f"query ($after: Seq!, $f: ChangeFilter) {{ changes(after: $after, filter: $f) {{ nodes {{ seq kind nodeId nodeType fields reason node {{ id }} deltas {{ nodeId }} {MOVED} }} endSeq hasMore }} }}"
FOLLOWED = f"subscription ($after: Seq, $f: ChangeFilter) {{ changes(after: $after, filter: $f) {{ seq kind nodeId nodeType fields reason node {{ id }} deltas {{ nodeId }} {MOVED} }} }}"
PROGRESS = f"subscription ($o: ID, $c: ID, $after: Seq) {{ progressChanged(objectiveId: $o, cycleId: $c, after: $after) {{ seq deltas {{ nodeId }} cause {{ kind checkIns {{ id }} }} {MOVED} }} }}"
FAST = "answer_fast"
WITHOUT_ALL = {"cem", "eve", "vic", "bot", "display"}
# Mutation and input, then who gains sight of `answer_fast` and who loses it, one after the other. Admins, and services that
# see what is private, are told when somebody becomes an admin: what they see is one for all of them.
SOURCES: tuple[tuple[str, dict[str, Any], set[str], set[str]], ...] = (
    ("objectiveUpdate", {"objective": FAST, "visibility": "TEAM"}, set(), WITHOUT_ALL),
    ("objectiveUpdate", {"objective": FAST, "title": "Faster"}, set(), set()),
    ("objectiveUpdate", {"objective": FAST, "contributors": ["eve", "ben"]}, {"eve"}, set()),
    ("objectiveUpdate", {"objective": FAST, "contributors": []}, set(), {"eve"}),
    ("objectiveUpdate", {"objective": FAST, "visibility": "PRIVATE"}, set(), {"dana"}),
    ("objectiveUpdate", {"objective": FAST, "sharedWith": ["vic", "ben"]}, {"vic"}, set()),
    ("objectiveUpdate", {"objective": FAST, "sharedWith": []}, set(), {"vic"}),
    ("objectiveUpdate", {"objective": FAST, "owner": "cem"}, {"cem"}, {"ben"}),
    ("objectiveUpdate", {"objective": FAST, "owner": "ben"}, {"ben"}, {"cem"}),
    ("objectiveUpdate", {"objective": FAST, "visibility": "TEAM"}, {"dana"}, set()),
    ("objectiveUpdate", {"objective": FAST, "team": "platform"}, {"eve"}, {"dana"}),
    ("objectiveUpdate", {"objective": FAST, "team": "support"}, {"dana"}, {"eve"}),
    ("teamMemberAdd", {"team": "support", "person": "eve", "externalId": "eve_too"}, {"eve"}, set()),
    ("teamMemberUpdate", {"teamMembership": "eve_too", "role": "LEAD"}, set(), set()),
    ("teamMemberRemove", {"teamMembership": "eve_too"}, set(), {"eve"}),
    ("teamUpdate", {"team": "support", "parent": "platform"}, {"eve"}, set()),
    ("teamUpdate", {"team": "support", "parent": None}, set(), {"eve"}),
    ("personUpdate", {"person": "eve", "role": "ADMIN"}, {"eve", "ann", "auditor"}, set()),
    ("personUpdate", {"person": "eve", "role": "MEMBER"}, set(), {"eve"}),
    ("personUpdate", {"person": "ben", "role": "ADMIN"}, set(), set()),
    ("personUpdate", {"person": "ben", "role": "VIEWER"}, set(), set()),
    ("objectiveUpdate", {"objective": FAST, "visibility": "ORGANIZATION"}, WITHOUT_ALL, set()),
)  # fmt: skip


@pytest.fixture
async def served(acme: Acme, acme_url: str) -> AsyncIterator[Server]:
    """Serve Acme with the compiled executor, whose groups tell how far subscribers have been told."""
    async with serving(acme_url, compiled=True) as running:
        yield running


@pytest.fixture
async def viewers(acme: Acme, served: Server) -> Viewers:
    return await Viewers.join(acme, served)


def told(change: dict[str, Any] | None) -> dict[str, bool]:
    """Return what a change shows (True) or hides, by id."""
    if change is None:
        return {}
    return {one["nodeId"]: one["node"] is not None for one in change["visibilityChanges"]}


async def latest(client: Client, seq: int, **filter: Any) -> dict[str, Any] | None:
    """Return the change at a position as a client sees it; None if it does not."""
    page = await client.one(PAGE, after=seq - 1, f=filter or None)
    assert (page["endSeq"], page["hasMore"]) == (seq, False)
    return page["nodes"][0] if page["nodes"] else None


async def test_each_source_tells_those_who_gain_or_lose_sight_and_nobody_else(
    client: Client, acme: Acme, viewers: Viewers
):
    fast = objective_id(acme, FAST)
    for mutation, input, gained, lost in SOURCES:
        seq = (await client.do(mutation, **by_external_id(input)))["seq"]
        found = {name: told(await latest(viewers.clients[name], seq)) for name in NAMES}
        expected = {name: {fast: name in gained} if name in gained | lost else {} for name in NAMES}
        assert found == expected, (mutation, input)
        sees = {
            name: await viewers.clients[name].one("query ($id: ID!) { node(id: $id) { id } }", id=fast)
            for name in gained | lost
        }
        assert {name: node is not None for name, node in sees.items()} == {
            name: name in gained for name in gained | lost
        }, (mutation, input)


async def test_whoever_loses_sight_is_told_the_id_and_nothing_of_the_edit(
    client: Client, served: Server, acme: Acme, viewers: Viewers
):
    fast = objective_id(acme, FAST)
    async with served.socket(viewers.tokens["cem"]) as socket, served.socket(viewers.tokens["ben"]) as other:
        events, kept = await socket.follow(FOLLOWED), await other.follow(FOLLOWED)
        done = await client.do(
            "objectiveUpdate",
            objective={"externalId": FAST},
            visibility="PRIVATE",
            title="Secret",
        )
        event = await events.next()
        assert event == {
            "seq": done["seq"], "kind": "OBJECTIVE_UPDATED", "nodeId": fast, "nodeType": "OBJECTIVE", "fields": [],
            "reason": None, "node": None, "deltas": [],
            "visibilityChanges": [{"nodeId": fast, "nodeType": "OBJECTIVE", "node": None}],
        }  # fmt: skip
        event = await kept.next()
        assert (event["node"], event["fields"], event["visibilityChanges"]) == (
            {"id": fast},
            ["title", "visibility"],
            [],
        )
        edited = await client.do("objectiveUpdate", objective={"externalId": FAST}, title="Very secret")
        await all_have_read(served, edited["seq"])  # what is shown meanwhile is not hidden any more
        shown = await client.do("objectiveUpdate", objective={"externalId": FAST}, visibility="ORGANIZATION")
        event = await events.next()
        assert (event["seq"], event["node"], told(event)) == (shown["seq"], {"id": fast}, {fast: True})
        assert event["visibilityChanges"][0]["node"]["title"] == "Very secret"
        assert [told(one) for one in await kept.take(2)] == [{}, {}]


async def test_what_a_filter_leaves_out_is_told_to_those_who_gain_or_lose_sight(
    client: Client, served: Server, acme: Acme, viewers: Viewers
):
    fast = objective_id(acme, FAST)
    filters: tuple[dict[str, Any], ...] = (
        {"kinds": ["PERSON_CREATED"]},
        {"nodeTypes": ["TEAM"]},
        {"nodeId": fast},
        {"nodeId": fast, "isDirect": True, "kinds": ["CHECK_IN_RECORDED"]},
    )
    unmoved: tuple[dict[str, Any], ...] = (
        {"nodeId": objective_id(acme, "never_down")},
        {"nodeId": fast, "isDirect": False},
    )
    begun = await acme.seq()
    async with served.socket(viewers.tokens["cem"]) as socket:
        followed = [(given, await socket.follow(FOLLOWED, f=given)) for given in (*filters, *unmoved)]
        await client.do("objectiveUpdate", objective={"externalId": FAST}, visibility="PRIVATE")
        hidden = await client.do("objectiveUpdate", objective={"externalId": FAST}, title="Other")
        await all_have_read(served, hidden["seq"])
        last = (await client.do("objectiveUpdate", objective={"externalId": FAST}, sharedWith=[{"externalId": "cem"}]))["seq"]  # fmt: skip
        await all_have_read(served, last)
        await socket.ping()
        for given, events in followed:
            found = [await events.next() for _ in range(events.waiting())]
            expected = [] if given in unmoved else [last - 2, last]
            assert [one["seq"] for one in found] == expected, given
            page = await viewers.clients["cem"].one(PAGE, after=begun, f=given)
            if given == {"nodeId": fast}:  # it is seen again, with all its changes
                expected.insert(1, last - 1)
            assert [one["seq"] for one in page["nodes"]] == expected, given


async def test_a_scope_that_is_hidden_ends_with_a_last_event(
    client: Client, served: Server, acme: Acme, viewers: Viewers
):
    fast, backlog = objective_id(acme, FAST), objective_id(acme, "clear_backlog")
    year = encode_id(NodeType.CYCLE, acme.quarter)
    async with served.socket(viewers.tokens["cem"]) as socket:
        within = await socket.follow(PROGRESS, o=fast)
        beside = await socket.follow(PROGRESS, o=objective_id(acme, "never_down"))
        above = await socket.follow(PROGRESS, o=objective_id(acme, "customers_stay"))
        cycle = await socket.follow(PROGRESS, c=year)
        await client.do("objectiveUpdate", objective={"externalId": "clear_backlog"}, visibility="PRIVATE")
        done = await client.do("objectiveUpdate", objective={"externalId": FAST}, visibility="PRIVATE")
        parts = [encode_id(NodeType.KEY_RESULT, id) for id in (acme.backlog, acme.macros)]
        for events in (within, above, cycle):
            first, second = await events.take(2)
            assert [one["nodeId"] for one in first["visibilityChanges"]] == [backlog, *parts]
            assert told(first) == dict.fromkeys([backlog, *parts], False)
            assert told(second) == {fast: False}
        problem = await within.problem()
        assert (problem["code"], problem["path"]) == ("NOT_FOUND", ["objectiveId"])
        resumed = await socket.subscribe(PROGRESS, o=fast, after=done["seq"] - 2)
        assert (await resumed.problem())["code"] == "NOT_FOUND"
        await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
        await client.do("checkInRecord", keyResult={"externalId": "uptime"}, value=100)
        event = await above.next()
        stay, never = objective_id(acme, "customers_stay"), objective_id(acme, "never_down")
        assert [one["nodeId"] for one in event["deltas"]] == [stay]
        assert event["cause"] == {"kind": "CHECK_IN_RECORDED", "checkIns": []}
        uptime = encode_id(NodeType.KEY_RESULT, acme.uptime)
        assert [one["nodeId"] for one in (await beside.next())["deltas"]] == [uptime, never]
        assert beside.waiting() == 0


async def test_a_key_result_that_moves_out_of_sight_is_told(
    client: Client, served: Server, acme: Acme, viewers: Viewers
):
    macros = encode_id(NodeType.KEY_RESULT, acme.macros)
    await client.do("objectiveUpdate", objective={"externalId": "never_down"}, visibility="PRIVATE")
    begun = await acme.seq()
    for objective, gained, lost in (
        ("never_down", set(), {"ben", "dana", "eve", "vic", "bot", "display"}),
        ("clear_backlog", {"ben", "dana", "eve", "vic", "bot", "display"}, set()),
    ):
        seq = (await client.do("keyResultMove", keyResult={"externalId": "macros"}, objective={"externalId": objective}))["seq"]  # fmt: skip
        found = {name: told(await latest(viewers.clients[name], seq)) for name in NAMES}
        assert found == {name: {macros: name in gained} if name in gained | lost else {} for name in NAMES}
    seq = (await client.do("keyResultMove", keyResult={"externalId": "macros"}, objective={"externalId": "never_down"}))["seq"]  # fmt: skip
    page = await viewers.clients["vic"].one(PAGE, after=begun, f={"nodeId": macros})
    assert [one["seq"] for one in page["nodes"]] == [begun + 1, seq], "not the one that had shown it"
    for change in page["nodes"]:
        assert (change["nodeId"], change["node"], told(change)) == (macros, None, {macros: False})


async def test_whoever_never_saw_it_learns_nothing(client: Client, acme: Acme, viewers: Viewers):
    """A private draft changes hands: those who see no drafts get what they got without it."""
    begun = await acme.seq()
    await client.do(
        "objectiveCreate",
        title="Perhaps",
        cycle={"externalId": "quarter"},
        draft=True,
        visibility="PRIVATE",
        owner={"externalId": "ben"},
        externalId="perhaps",
    )
    for given in (
        {"sharedWith": ["vic"]},
        {"sharedWith": []},
        {"visibility": "ORGANIZATION"},
        {"visibility": "PRIVATE"},
    ):
        await client.do("objectiveUpdate", objective={"externalId": "perhaps"}, **by_external_id(given))
    await client.do("objectivePublish", objective={"externalId": "perhaps"})
    for name in ("vic", "display"):
        page = await viewers.clients[name].one(PAGE, after=begun, f=None)
        assert page["nodes"] == [], name
    page = await viewers.clients["bot"].one(PAGE, after=begun, f=None)
    assert [told(one) != {} for one in page["nodes"]] == [True], (
        "only the last loss: the gain before it is over"
    )


async def test_a_role_moves_drafts_and_restricted_objectives_alike(
    client: Client, acme: Acme, viewers: Viewers
):
    draft = await client.make("objectiveCreate", title="Perhaps", cycle={"externalId": "quarter"}, draft=True)
    hidden = await client.make(
        "objectiveCreate",
        title="Hush",
        cycle={"externalId": "quarter"},
        visibility="PRIVATE",
        owner={"externalId": "ben"},
    )
    both = await client.make(
        "objectiveCreate", title="Both", cycle={"externalId": "quarter"}, visibility="PRIVATE", draft=True,
        owner={"externalId": "ben"},
    )  # fmt: skip
    for role, expected in (
        ("ADMIN", {draft: True, hidden: True, both: True}),
        ("MEMBER", {hidden: False, both: False}),
        ("VIEWER", {draft: False}),
        ("MEMBER", {draft: True}),
        ("ADMIN", {hidden: True, both: True}),
        ("VIEWER", {draft: False, hidden: False, both: False}),
    ):
        seq = (await client.do("personUpdate", person={"externalId": "vic"}, role=role))["seq"]
        assert told(await latest(viewers.clients["vic"], seq)) == expected, role
        assert told(await latest(viewers.clients["cem"], seq)) == {}


async def test_what_is_hidden_while_a_client_is_waited_for_is_not_sent(
    client: Client, served: Server, acme: Acme, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
):
    """The changes were read before; sending the first of them takes longer than they are taken as read."""
    monkeypatch.setattr(subscription_events, "VISIBILITY_TTL_S", 0.0)
    monkeypatch.setattr(single_flight_cache, "CACHE_TTL_S", 0.0)
    assert served.app_services
    begun = await acme.seq()
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
    cem = await served.app_services.tokens.actor(viewers.tokens["cem"])
    changes = await served.app_services.feed.changes(acme.organization.id, begun)
    context = Context(served.app_services, None, cem)

    async def hide() -> None:
        edited = {"objective": {"externalId": "clear_backlog"}, "visibility": "PRIVATE"}
        await client.do("objectiveUpdate", **edited)

    events = EventSelector(await changes_source(context))
    [row] = [one async for one in events.due(context, changes, hide)]
    moved = {acme.named([UUID(delta["node_id"])])[0] for delta in row["deltas"]}
    assert moved == {"answer_fast", "customers_stay"}


async def test_a_role_that_another_process_changes_applies_to_the_change_itself(
    served: Server, acme: Acme, viewers: Viewers
):
    await acme.done(organization.edit_person, person="eve", edits={"role": Role.ADMIN})
    assert served.app_services
    served.app_services.tokens.forget()
    async with served.socket(viewers.tokens["eve"]) as socket, served.socket(viewers.tokens["cem"]) as other:
        events, others = await socket.follow(FOLLOWED), await other.follow(FOLLOWED)
        await acme.done(organization.edit_person, person="eve", edits={"role": Role.MEMBER})
        assert (await events.problem())["code"] == "NOT_AUTHENTICATED"
        assert (await others.next())["kind"] == "PERSON_UPDATED"


async def test_key_results_that_a_successor_takes_in_or_out_of_sight_are_told(
    client: Client, acme: Acme, viewers: Viewers
):
    """The dropped objective stays as visible as it was; the successor is new, and needs no telling."""
    parts = [encode_id(NodeType.KEY_RESULT, id) for id in (acme.backlog, acme.macros)]
    clear, begun = "clear_backlog", await acme.seq()
    all_others = {"ben", "cem", "dana", "eve", "vic", "bot", "display"}
    steps: tuple[tuple[dict[str, Any], set[str], set[str]], ...] = (
        ({"visibility": "PRIVATE"}, set(), all_others - {"ben"}),  # who owns it
        ({"title": "Clearer"}, set(), set()),
        ({"sharedWith": [{"externalId": "vic"}]}, {"vic"}, set()),
        ({"visibility": "ORGANIZATION", "sharedWith": []}, all_others - {"ben", "vic"}, set()),
        ({"visibility": "PRIVATE", "owner": {"externalId": "eve"}}, set(), all_others - {"eve"}),
    )
    for number, (given, gained, lost) in enumerate(steps):
        done = await client.do(
            "objectiveReplace",
            objective={"externalId": clear},
            reason="Not for everybody",
            externalId=f"clear_{number}",
            **given,
        )
        clear = f"clear_{number}"
        found = {name: told(await latest(viewers.clients[name], done["seq"])) for name in NAMES}
        assert found == {
            name: dict.fromkeys(parts, name in gained) if name in gained | lost else {} for name in NAMES
        }, given
    page = await viewers.clients["cem"].one(PAGE, after=begun, f=None)
    losses = [one for one in page["nodes"] if told(one)]
    assert [told(one) for one in losses] == 2 * [dict.fromkeys(parts, False)], "and no gain that is over"
    assert all(one["node"] is not None for one in losses), "the dropped ones are still seen"
