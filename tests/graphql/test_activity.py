"""Activities: pages of the feed of a node, a team, a person and the organisation, and what summaries name."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.query_engine import activity
from okr_api.query_engine.cursors import encode_cursor, list_id
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme, said
from tests.discussing import DISCUSSION, discuss, parts_of
from tests.graphql.test_changes_of_nodes import PAGE, live_a_little, visible_nodes
from tests.restricting import restrict
from tests.serving import Client, Server

SHOWN = "{ edges { cursor node { seq } } nodes { seq kind summary nodeId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
ASKED = (
    "query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $f: ActivityFilter) {{ node(id: $id) {{ "
    "... on {kind} {{ activity(first: $first, after: $after, last: $last, before: $before, filter: $f{more}) " + SHOWN.replace("{", "{{").replace("}", "}}") + " }} }} }}"
)  # fmt: skip
KINDS = {
    NodeType.OBJECTIVE: "Objective",
    NodeType.KEY_RESULT: "KeyResult",
    NodeType.TEAM: "Team",
    NodeType.PERSON: "Person",
    NodeType.ORGANIZATION: "Organization",
}


async def page_of(
    client: Client, node_type: NodeType, id: Any, *, is_direct: bool | None = None, **given: Any
) -> dict[str, Any]:
    """Return a page of an activity."""
    more = "" if is_direct is None else f", isDirect: {str(is_direct).lower()}"
    text = ASKED.format(kind=KINDS[node_type], more=more)
    return (await client.one(text, id=encode_id(node_type, id), **given))["activity"]  # type: ignore[no-any-return]


async def whole(client: Client, node_type: NodeType, id: Any, size: int, **given: Any) -> list[int]:
    """Return the positions on all pages from the latest on; check the pages and the way back."""
    pages, after = [], None
    while True:
        page = await page_of(client, node_type, id, first=size, after=after, **given)
        seqs = [one["seq"] for one in page["nodes"]]
        assert seqs == [one["node"]["seq"] for one in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        pages.append(seqs)
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(seqs) == size
        before, after = page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]
        back = await page_of(client, node_type, id, last=size, before=after, **given)
        assert [one["seq"] for one in back["nodes"]] == [one["seq"] for one in page["nodes"][:-1]][
            -size:
        ] or (len(pages) > 1)
        assert before == page["edges"][0]["cursor"]
    return [seq for seqs in pages for seq in seqs]


@pytest.mark.parametrize("scope", (Scope.WRITE, Scope.READ))
async def test_the_activity_of_a_node_is_its_changes_latest_first(
    scope: Scope, client: Client, reader: Client, acme: Acme
):
    await live_a_little(acme, client)
    asker = client if scope is Scope.WRITE else reader
    for id, given in (await visible_nodes(acme, asker)).items():
        if given[:3] not in ("obj", "key"):
            continue
        node_type = NodeType.OBJECTIVE if given.startswith("obj") else NodeType.KEY_RESULT
        for is_direct in (None, True, False):
            filter = {"nodeId": given} | ({} if is_direct is None else {"isDirect": is_direct})
            changes = await asker.one(PAGE, after=0, first=100, f=filter)
            expected = [change["seq"] for change in changes["nodes"]][::-1]
            for size in (3, 50):
                assert await whole(asker, node_type, id, size, is_direct=is_direct) == expected


@pytest.mark.parametrize("scope", (Scope.WRITE, Scope.READ))
async def test_the_organisation_has_the_whole_feed_and_people_what_they_did(
    scope: Scope, client: Client, reader: Client, acme: Acme
):
    await live_a_little(acme, client)
    asker = client if scope is Scope.WRITE else reader
    changes = "query { changes(after: 0, first: 100) { nodes { seq actor { person { name } } } hasMore } }"
    feed = await asker.one(changes)
    assert not feed["hasMore"]
    seqs = [change["seq"] for change in feed["nodes"]][::-1]
    assert await whole(asker, NodeType.ORGANIZATION, acme.organization.id, 7) == seqs
    by_ann = [
        change["seq"]
        for change in feed["nodes"]
        if change["actor"]["person"] and change["actor"]["person"]["name"].startswith("Ann")
    ]
    assert len(by_ann) >= 5
    assert await whole(asker, NodeType.PERSON, acme.ann, 3) == by_ann[::-1]
    assert await whole(asker, NodeType.PERSON, acme.cem, 3) == []


async def test_a_team_has_the_changes_of_its_objectives_that_the_reader_sees(
    client: Client, served: Server, acme: Acme
):
    await acme.objective("Of nobody", external_id="of_nobody")
    await acme.key_result("Secret", "of_nobody", external_id="secret")
    await client.do("objectiveUpdate", objective={"externalId": "of_nobody"}, team={"externalId": "support"})
    begun = await acme.seq()
    await acme.check_in("secret", 5)
    await acme.say(said("macros", 1), said("uptime", 99))
    await acme.check_in("uptime", 99.5)
    await client.do("teamUpdate", team={"externalId": "support"}, name="Help")
    await client.do("objectiveUpdate", objective={"externalId": "answer_fast"}, title="Answer faster")

    async def of(asker: Client, team: str, **more: Any) -> list[str]:
        page = await page_of(asker, NodeType.TEAM, getattr(acme, team), first=100, **more)
        return [one["kind"] for one in page["nodes"] if one["seq"] > begun]

    assert await of(client, "support") == [
        "OBJECTIVE_UPDATED",
        "TEAM_UPDATED",
        "CHECK_IN_RECORDED",
        "CHECK_IN_RECORDED",
    ]
    assert await of(client, "support", is_direct=True) == [
        "OBJECTIVE_UPDATED",
        "TEAM_UPDATED",
        "CHECK_IN_RECORDED",
    ]
    assert await of(client, "platform") == ["CHECK_IN_RECORDED", "CHECK_IN_RECORDED"]
    await restrict(acme, "of_nobody", acme.ben)
    cem = served.client(
        await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.READ], person="cem")
    )
    assert await of(cem, "support") == ["OBJECTIVE_UPDATED", "TEAM_UPDATED", "CHECK_IN_RECORDED"]
    assert await whole(cem, NodeType.TEAM, acme.support, 1) == await whole(
        cem, NodeType.TEAM, acme.support, 100
    )


async def test_a_team_has_the_changes_of_its_meetings_and_of_what_they_decided(client: Client, acme: Acme):
    begun = await acme.seq()
    for team in ("support", "platform"):
        await client.do(
            "meetingRecord",
            team={"externalId": team},
            cycle={"externalId": "quarter"},
            externalId=f"of-{team}",
            decisions=[{"text": "Try it", "externalId": f"try-{team}"}],
        )
    await client.do("decisionUpdate", decision={"externalId": "try-support"}, state="DONE")
    await client.do("decisionDelete", decision={"externalId": "try-support"})
    await client.do("meetingDelete", meeting={"externalId": "of-support"})
    page = await page_of(client, NodeType.TEAM, acme.support, first=100)
    assert [one["summary"] for one in page["nodes"] if one["seq"] > begun] == [
        "Ann deleted a meeting of the team 'Support'",
        "Ann deleted the decision 'Try it'",
        "Ann edited the decision 'Try it' (state)",
        "Ann recorded a meeting of the team 'Support'",
    ]


async def test_what_belongs_to_an_objective_is_in_its_activity(client: Client, acme: Acme):
    await client.do(
        "initiativeCreate",
        **{"for": {"keyResult": {"externalId": "macros"}}},
        title="Write them",
        externalId="w",
    )
    await client.do("initiativeUpdate", initiative={"externalId": "w"}, state="DOING")
    await client.do("initiativeDelete", initiative={"externalId": "w"})
    for node_type, id in ((NodeType.KEY_RESULT, acme.macros), (NodeType.OBJECTIVE, acme.clear_backlog)):
        page = await page_of(client, node_type, id, first=3)
        assert [one["summary"] for one in page["nodes"]] == [
            "Ann deleted the initiative 'Write them'",
            "Ann edited the initiative 'Write them' (state)",
            "Ann created the initiative 'Write them'",
        ]
    assert await acme.verify() == []


async def test_what_is_said_on_all_that_belongs_to_a_node_is_in_its_activity_and_digest(
    client: Client, served: Server, acme: Acme
):
    await client.do(
        "meetingRecord",
        team={"externalId": "support"},
        cycle={"externalId": "quarter"},
        decisions=[{"text": "Try it", "externalId": "try"}],
    )
    await client.do(
        "objectiveUpdate", objective={"externalId": "clear_backlog"}, team={"externalId": "support"}
    )
    tried = (await acme.fetch("select id from decision where external_id = 'try'"))[0]["id"]
    parts = await parts_of(acme, "macros")
    begun = await acme.seq()
    for part in parts:
        await discuss(acme, *part)
    await restrict(acme, "clear_backlog", acme.ann)
    cem = served.client(
        await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.READ], person="cem")
    )
    said = [*DISCUSSION] * len(parts)
    of_part = said[len(DISCUSSION) :]  # without what is on the review of the objective
    scopes = (
        (NodeType.KEY_RESULT, acme.macros, client, of_part),
        (NodeType.OBJECTIVE, acme.clear_backlog, client, said),
        (NodeType.TEAM, acme.support, client, [*said, *DISCUSSION]),
        (NodeType.TEAM, acme.support, cem, [*DISCUSSION]),
        (NodeType.ORGANIZATION, acme.organization.id, cem, [*DISCUSSION]),
    )
    await discuss(acme, NodeType.DECISION, tried)
    at = (await acme.change(begun + 1))["recorded_at"]
    interval = {"since": at.isoformat(), "until": (at + timedelta(hours=1)).isoformat()}
    digest = (
        "query ($scope: DigestScopeInput!, $since: DateTime!, $until: DateTime!) "
        "{ digest(scope: $scope, since: $since, until: $until) { changeCount } }"
    )
    for node_type, id, asker, kinds in scopes:
        page = await page_of(asker, node_type, id, first=100)
        assert [one["kind"] for one in page["nodes"] if one["seq"] > begun] == kinds[::-1], node_type
        if node_type in (NodeType.OBJECTIVE, NodeType.TEAM):
            scope = {node_type.lower(): {"id": encode_id(node_type, id)}}
            assert await asker.one(digest, scope=scope, **interval) == {"changeCount": len(kinds)}


async def test_an_activity_is_filtered_by_kinds_types_authors_and_instants(client: Client, acme: Acme):
    await acme.check_in("macros", 1)
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=2)
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, title="More")
    ann, ben = (encode_id(NodeType.PERSON, id) for id in (acme.ann, acme.ben))
    last = await acme.seq()
    at = {seq: (await acme.change(seq))["recorded_at"].isoformat() for seq in range(last - 2, last + 1)}

    async def seqs(filter: Mapping[str, Any] | None) -> list[int]:
        page = await page_of(client, NodeType.KEY_RESULT, acme.macros, first=3, f=filter)
        return [one["seq"] for one in page["nodes"]]

    assert await seqs(None) == [last, last - 1, last - 2]
    assert await seqs({"kinds": ["CHECK_IN_RECORDED"]}) == [last - 1, last - 2]
    assert (await seqs({"nodeTypes": ["KEY_RESULT"]}))[:1] == [last]
    assert await seqs({"authorIds": [ann]}) == [last, last - 1]
    assert await seqs({"authorIds": [ben, "nonsense"]}) == []
    assert await seqs({"since": at[last - 1]}) == [last, last - 1]
    assert await seqs({"since": at[last - 1], "until": at[last]}) == [last - 1]
    assert (await seqs({"until": at[last - 1]}))[:1] == [last - 2]
    assert await seqs({"until": "1990-01-01T00:00:00Z"}) == []
    assert await seqs({"since": datetime.max.replace(tzinfo=UTC).isoformat()}) == []


async def test_a_filter_or_a_cursor_that_makes_no_sense_is_refused(client: Client, acme: Acme):
    text = ASKED.format(kind="Objective", more="")
    id = encode_id(NodeType.OBJECTIVE, acme.never_down)
    other = await page_of(client, NodeType.OBJECTIVE, acme.answer_fast, first=1)
    of = list_id("ChangeConnection", activity.BY_POSITION, acme.never_down)
    for given, code in (
        ({"f": {"kinds": None}}, "INVALID_INPUT"),
        ({"f": {"since": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"}}, "INVALID_INPUT"),
        ({"f": {"authorIds": ["x"] * 101}}, "TOO_MANY"),
        ({"after": other["pageInfo"]["endCursor"]}, "INVALID_INPUT"),
        ({"after": encode_cursor(of, "1", acme.never_down)}, "INVALID_INPUT"),
        ({"before": encode_cursor(of, -1, acme.never_down)}, "INVALID_INPUT"),
        ({"after": encode_cursor(of, 2**63 - 1, acme.never_down)}, "INVALID_INPUT"),
        ({"first": 101}, "INVALID_INPUT"),
        ({"first": 1, "last": 1}, "INVALID_INPUT"),
    ):
        problem = await client.problem(text, id=id, **given)
        assert problem["code"] == code, given


async def test_a_page_that_scans_much_ends_early_and_goes_on_where_it_ended(
    client: Client, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, title="More")
    wanted = await acme.seq()
    for value in range(1, 6):
        await acme.check_in("macros", value)
    monkeypatch.setattr(activity, "MAX_ACTIVITY_SCANNED", 2)
    found, after, pages = [], None, 0
    while True:
        page = await page_of(
            client,
            NodeType.KEY_RESULT,
            acme.macros,
            first=5,
            after=after,
            f={"kinds": ["KEY_RESULT_UPDATED"]},
        )
        found += [one["seq"] for one in page["nodes"]]
        after, pages = page["pageInfo"]["endCursor"], pages + 1
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert after is not None
    assert (found, pages) == ([wanted], 4)
    page = await page_of(client, NodeType.KEY_RESULT, acme.macros, last=5, f={"kinds": ["OBJECTIVE_CREATED"]})
    assert (page["nodes"], page["pageInfo"]["hasPreviousPage"]) == ([], True)
    assert page["pageInfo"]["startCursor"] is not None
    monkeypatch.setattr(activity, "MAX_ACTIVITY_DELTA_CHARACTERS", 1)
    page = await page_of(client, NodeType.KEY_RESULT, acme.macros, first=2)
    assert len(page["nodes"]) == 2


async def test_a_summary_says_what_was_done_by_the_names_at_that_time(client: Client, acme: Acme):
    await acme.check_in("macros", 1)
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, title="More macros")
    await acme.say(said("macros", 6), said("uptime", 99.95))
    page = await page_of(client, NodeType.KEY_RESULT, acme.macros, first=3)
    assert [one["summary"].partition(";")[0] for one in page["nodes"]] == [
        "tests checked in on 2 key results",
        "Ann edited the key result 'More macros' (title)",
        "Ann checked in 5 on 'Macros' (from 1)",
    ]
    assert page["nodes"][2]["summary"].endswith("; 'Clear the backlog' rose from 5 % to 25 %")


async def test_a_summary_names_nothing_hidden(client: Client, reader: Client, acme: Acme):
    await live_a_little(acme, client)
    changes = await reader.one("{ changes(after: 0, first: 100) { nodes { nodeId summary } } }")
    said = [change["summary"] for change in changes["nodes"]]
    assert [one for one in said if "Title of" in one] == []
    hidden = [change for change in changes["nodes"] if change["nodeId"] is None]
    assert hidden
    assert all("changed something that you cannot see" in change["summary"] for change in hidden)
    names = await client.one("{ changes(after: 0, first: 100) { nodes { summary } } }")
    assert [one["summary"] for one in names["nodes"] if "Title of" in one["summary"]]


@pytest.mark.parametrize("scope", (Scope.WRITE, Scope.READ))
async def test_a_pushed_change_has_the_summary_that_a_page_has(
    scope: Scope, client: Client, reader: Client, served: Server, acme: Acme
):
    begun = await acme.seq()
    await live_a_little(acme, client)
    asker, token = (client, acme.token) if scope is Scope.WRITE else (reader, acme.world.tokens[Scope.READ])
    page = await asker.one("query ($a: Seq!) { changes(after: $a) { nodes { seq summary } } }", a=begun)
    async with served.socket(token) as socket:
        events = await socket.subscribe(
            "subscription ($a: Seq) { changes(after: $a) { seq summary } }", a=begun
        )
        assert await events.take(len(page["nodes"])) == page["nodes"]
