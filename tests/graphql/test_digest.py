"""Digests: recomputed from the pages of the feed, of each scope, as their reader sees it."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.digest import MAX_DIGEST_DAYS, MAX_DIGEST_ITEMS
from okr_api.okr.entity import NodeType
from okr_api.okr.measure import LIMITS
from okr_api.query_engine import digests
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme, ref, said
from tests.graphql.test_changes_of_nodes import live_a_little
from tests.restricting import restrict
from tests.serving import Client, Server

MOVEMENTS = "{ totalCount nodes { nodeId progressBefore progressAfter statusBefore statusAfter } }"
CHANGES = "{ totalCount nodes { seq kind } }"
DIGEST = f"""
    query ($scope: DigestScopeInput!, $since: DateTime!, $until: DateTime!) {{
        digest(scope: $scope, since: $since, until: $until) {{
            isComplete changeCount checkInCount
            moved {MOVEMENTS} statusChanges {MOVEMENTS} won {MOVEMENTS} lost {MOVEMENTS}
            newObjectives {CHANGES} adjustments {CHANGES}
            people {{ totalCount nodes {{ actor {{ name }} changeCount checkInCount }} }}
        }}
    }}
"""
FEED = """
    query ($after: Seq!) {
        changes(after: $after, first: 100) {
            nodes { seq at kind nodeId fields actor { name } deltas { nodeId nodeType node { ... on KeyResult { measure } } progressBefore progressAfter statusBefore statusAfter } }
            endSeq hasMore
        }
    }
"""
EVERYTHING = {"organization": True}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def between(since: datetime, until: datetime) -> dict[str, str]:
    return {"since": since.isoformat(), "until": until.isoformat()}


def today() -> dict[str, str]:
    now = datetime.now(UTC)
    return between(now - timedelta(days=50), now + timedelta(minutes=10))


async def feed_of(client: Client) -> list[dict[str, Any]]:
    found, after = [], 0
    while True:
        page = await client.one(FEED, after=after)
        found += page["nodes"]
        if not page["hasMore"]:
            return found
        after = page["endSeq"]


def recomputed(feed: list[dict[str, Any]], nodes: Collection[str] | None = None) -> dict[str, Any]:
    """Return what is known of a digest from the pages of the feed; with `nodes` only their numbers."""
    net: dict[str, dict[str, Any]] = {}
    for change in feed:
        for delta in change["deltas"]:
            if nodes is None or delta["nodeId"] in nodes:
                first = net.setdefault(delta["nodeId"], dict(delta))
                first |= {name: delta[name] for name in ("progressAfter", "statusAfter")}

    def size(one: Mapping[str, Any]) -> float:
        return abs((one["progressAfter"] or 0) - (one["progressBefore"] or 0))

    def those(condition: Any) -> list[dict[str, Any]]:
        found = sorted(filter(condition, net.values()), key=lambda one: (-size(one), one["nodeId"][4:]))
        return [{name: one[name] for name in one if name not in ("nodeType", "node")} for one in found]

    def turned(one: Mapping[str, Any], *statuses: str) -> bool:
        return one["statusBefore"] != one["statusAfter"] and one["statusAfter"] in statuses

    def reached(one: Mapping[str, Any]) -> bool:
        return (
            one["nodeType"] == "KEY_RESULT"
            and one["node"]["measure"] not in LIMITS
            and (one["progressBefore"] or 0) < 1 <= (one["progressAfter"] or 0)
            and one["statusAfter"] not in ("MISSED", "DROPPED")
        )

    return {
        "moved": those(lambda one: size(one) > 0),
        "statusChanges": those(lambda one: one["statusBefore"] != one["statusAfter"]),
        "won": those(lambda one: turned(one, "ACHIEVED") or reached(one)),
        "lost": those(lambda one: turned(one, "MISSED", "DROPPED")),
    }


def check_movements(digest: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for name, nodes in expected.items():
        assert digest[name] == {"totalCount": len(nodes), "nodes": nodes[:MAX_DIGEST_ITEMS]}, name


@pytest.mark.parametrize("scope", (Scope.WRITE, Scope.READ))
async def test_the_digest_of_everything_is_what_the_pages_of_the_feed_come_to(
    scope: Scope, client: Client, reader: Client, acme: Acme
):
    await live_a_little(acme, client)
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, targetValue=8, reason="Too much")
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=8)
    await client.do("checkInRecord", keyResult={"externalId": "uptime"}, value=99.99)
    await client.do("keyResultDrop", keyResult={"externalId": "load"}, reason="Not needed")
    await client.do("objectiveReplace", objective={"externalId": "clear_backlog"}, reason="Another way")
    asker = client if scope is Scope.WRITE else reader
    feed = await feed_of(asker)
    digest = await asker.one(DIGEST, scope=EVERYTHING, **today())
    check_movements(digest, recomputed(feed))
    assert digest["won"]["totalCount"] >= 1
    limits = {delta["nodeId"] for change in feed for delta in change["deltas"] if (delta["node"] or {}).get("measure") in LIMITS and delta["progressAfter"] == 1}  # fmt: skip
    assert limits & {one["nodeId"] for one in digest["moved"]["nodes"]}
    assert not limits & {one["nodeId"] for one in digest["won"]["nodes"]}
    assert digest["lost"]["totalCount"] >= 1
    assert digest["changeCount"] == len(feed)
    new = {change["nodeId"]: change for change in feed[::-1] if change["kind"] in ("OBJECTIVE_CREATED", "OBJECTIVE_PUBLISHED") and change["nodeId"]}  # fmt: skip
    listed = [one["seq"] for one in digest["newObjectives"]["nodes"]]
    assert listed == sorted((change["seq"] for change in new.values()), reverse=True)
    adjusted = {one["kind"] for one in digest["adjustments"]["nodes"]}
    assert {"KEY_RESULT_UPDATED", "OBJECTIVE_PAUSED", "OBJECTIVE_REPLACED"} <= adjusted
    people = {one["actor"]["name"]: one["changeCount"] for one in digest["people"]["nodes"]}
    assert people == {name: sum(change["actor"]["name"] == name for change in feed) for name in people}
    assert sum(people.values()) == len(feed)


async def test_check_ins_are_counted_each_and_only_those_that_the_reader_sees(
    client: Client, served: Server, acme: Acme
):
    await acme.say(said("macros", 1), said("macros", 2), said("uptime", 99))
    wrong = await acme.check_in("backlog", 100)
    await acme.check_in("backlog", 120, supersedes=wrong)
    await acme.retract(await acme.check_in("errors", 1))
    await acme.objective("Hidden", external_id="hidden")
    await acme.key_result("Hidden", "hidden", external_id="unseen")
    await acme.say(said("unseen", 1), said("macros", 3))
    for name in ("clear_backlog", "never_down", "hidden"):
        await acme.check_in(None, objective=ref(name), note="As a whole")
    await restrict(acme, "hidden", acme.ben)
    cem = served.client(
        await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.READ], person="cem")
    )
    assert (await client.one(DIGEST, scope=EVERYTHING, **today()))["checkInCount"] == 11
    found = await cem.one(DIGEST, scope=EVERYTHING, **today())
    assert found["checkInCount"] == 9
    assert sum(one["checkInCount"] for one in found["people"]["nodes"]) == 9
    assert "Hidden" not in str(found)
    of_macros = {"objective": {"externalId": "clear_backlog"}}
    assert (await cem.one(DIGEST, scope=of_macros, **today()))["checkInCount"] == 6
    for name in ("hidden", "nothing"):
        assert await cem.one(DIGEST, scope={"objective": {"externalId": name}}, **today()) is None


@pytest.mark.parametrize(
    ("scope", "objectives", "key_results"),
    (
        ({"team": {"externalId": "support"}}, ("answer_fast",), ()),
        ({"team": {"externalId": "platform"}}, ("never_down",), ("uptime", "errors", "load")),
        ({"person": {"externalId": "ben"}}, ("answer_fast", "clear_backlog"), ("backlog", "macros")),
        ({"cycle": {"externalId": "year"}}, ("customers_stay",), ()),
        (
            {"objective": {"externalId": "answer_fast"}},
            ("answer_fast", "clear_backlog"),
            ("backlog", "macros"),
        ),
    ),
)
async def test_a_scope_has_the_numbers_of_what_belongs_to_it(
    scope: dict[str, Any],
    objectives: tuple[str, ...],
    key_results: tuple[str, ...],
    client: Client,
    acme: Acme,
):
    await acme.say(said("macros", 3), said("uptime", 99.95), said("load", 50))
    await acme.check_in("macros", 6)
    await acme.check_in("backlog", 150)
    await acme.check_in("errors", 5)
    nodes = {encode_id(NodeType.OBJECTIVE, getattr(acme, name)) for name in objectives}
    nodes |= {encode_id(NodeType.KEY_RESULT, getattr(acme, name)) for name in key_results}
    feed = await feed_of(client)
    digest = await client.one(DIGEST, scope=scope, **today())
    expected = recomputed(feed, nodes)
    assert expected["moved"]
    check_movements(digest, expected)
    assert digest["changeCount"] < len(feed)
    named = {one["nodeId"] for name in expected for one in digest[name]["nodes"]}
    assert named <= nodes


RECORDS = """
    query ($scope: DigestScopeInput!, $since: DateTime!, $until: DateTime!) {
        digest(scope: $scope, since: $since, until: $until) {
            newRoadblocks { totalCount nodes { roadblock { title state } change { kind } } }
            resolvedRoadblocks { totalCount nodes { roadblock { title } change { kind } } }
            decisions { totalCount nodes { decision { text } change { kind } } }
        }
    }
"""
MACROS, LOAD = {"keyResult": {"externalId": "macros"}}, {"keyResult": {"externalId": "load"}}


async def records(client: Client, scope: Mapping[str, Any]) -> tuple[set[tuple[str, str]], ...]:
    """Return the records of a digest in its three lists, with the kind of the change."""
    digest = await client.one(RECORDS, scope=scope, **today())
    found = []
    for name, of, text in (
        ("newRoadblocks", "roadblock", "title"),
        ("resolvedRoadblocks", "roadblock", "title"),
        ("decisions", "decision", "text"),
    ):
        nodes = digest[name]["nodes"]
        assert digest[name]["totalCount"] == len(nodes)
        found.append({(one[of] and one[of][text], one["change"]["kind"]) for one in nodes})
    return tuple(found)


async def test_roadblocks_and_decisions_are_listed_however_they_were_saved(
    client: Client, served: Server, acme: Acme
):
    await client.do("roadblockCreate", on=MACROS, title="Alone", externalId="alone")
    await client.do("roadblockCreate", on=LOAD, title="Gone", externalId="gone")
    await client.do("roadblockDelete", roadblock={"externalId": "gone"})
    await client.do(
        "checkInRecord", **LOAD, value=50, roadblocks=[{"title": "Said"}], decisions=[{"text": "Wait"}]
    )
    await client.do("checkInRecord", **MACROS, value=3)
    held = {"team": {"externalId": "support"}, "cycle": {"externalId": "quarter"}, "externalId": "weekly"}
    decided = [{"text": "Go"}, {"text": "Hire", "about": LOAD, "owner": {"externalId": "ben"}}]
    await client.do("meetingRecord", **held, decisions=decided)
    await client.do("decisionCreate", text="Stop", about=MACROS)
    for again in ("resolve", "reopen", "resolve"):
        await client.do(f"roadblock{again.capitalize()}", roadblock={"externalId": "alone"})
    new = {("Alone", "ROADBLOCK_CREATED"), (None, "ROADBLOCK_CREATED"), ("Said", "CHECK_IN_RECORDED")}
    resolved = {("Alone", "ROADBLOCK_RESOLVED")}
    met = {("Go", "MEETING_RECORDED"), ("Hire", "MEETING_RECORDED")}
    waited, stopped = ("Wait", "CHECK_IN_RECORDED"), ("Stop", "DECISION_CREATED")
    assert await records(client, EVERYTHING) == (new, resolved, {*met, waited, stopped})
    never_down = {("Said", "CHECK_IN_RECORDED"), (None, "ROADBLOCK_CREATED")}
    load = ("Hire", "MEETING_RECORDED")
    for scope, expected in (
        ({"objective": {"externalId": "never_down"}}, (never_down, set(), {load, waited})),
        ({"objective": {"externalId": "clear_backlog"}}, (new - never_down, resolved, {stopped})),
        ({"team": {"externalId": "platform"}}, (never_down, set(), {load, waited})),
    ):
        assert await records(client, scope) == expected, scope
    _, _, of_support = await records(client, {"team": {"externalId": "support"}})
    assert met <= of_support
    assert waited not in of_support
    assert load in (await records(client, {"person": {"externalId": "ben"}}))[2]
    await restrict(acme, "never_down", acme.ben)
    cem = served.client(
        await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.READ], person="cem")
    )
    seen = (new - never_down, resolved, {("Go", "MEETING_RECORDED"), stopped})
    assert await records(cem, EVERYTHING) == seen
    assert load not in (await records(cem, {"team": {"externalId": "support"}}))[2]
    assert load not in (await records(cem, {"person": {"externalId": "ben"}}))[2]


LEARNED = """
    query ($scope: DigestScopeInput!, $since: DateTime!, $until: DateTime!) {
        digest(scope: $scope, since: $since, until: $until) {
            concludedExperiments { totalCount nodes { experiment { hypothesis outcome } change { kind summary } } }
            newLessons { totalCount nodes { lesson { title } change { kind summary } } }
        }
    }
"""


async def test_concluded_experiments_and_new_lessons_are_listed_where_they_are_seen(
    client: Client, acme: Acme, served: Server
):
    trial = {"externalId": "trial"}
    new = {"hypothesis": "We believe", "owner": {"externalId": "ben"}, "externalId": "trial"}
    await client.do("experimentCreate", **LOAD, **new)
    await client.do("experimentStart", experiment=trial)
    await client.do("experimentConclude", experiment=trial, outcome="REFUTED")
    await client.do("lessonCreate", source={"experiment": trial}, title="So", owner={"externalId": "ben"})
    await client.do("experimentCreate", **MACROS, hypothesis="Waiting")
    empty = {"totalCount": 0, "nodes": []}
    nothing = {"concludedExperiments": empty, "newLessons": empty}
    everything = await client.one(LEARNED, scope=EVERYTHING, **today())
    [concluded], [learned] = (everything[name]["nodes"] for name in nothing)
    assert concluded["experiment"] == {"hypothesis": "We believe", "outcome": "REFUTED"}
    assert concluded["change"]["kind"] == "EXPERIMENT_CONCLUDED"
    assert concluded["change"]["summary"].endswith(" concluded the experiment 'We believe'")
    assert learned["lesson"] == {"title": "So"}
    assert learned["change"]["summary"].endswith(" created the lesson 'So'")
    for scope, expected in (
        ({"objective": {"externalId": "never_down"}}, everything),
        ({"objective": {"externalId": "clear_backlog"}}, nothing),
        ({"team": {"externalId": "platform"}}, everything),
        ({"person": {"externalId": "ben"}}, everything),
    ):
        assert await client.one(LEARNED, scope=scope, **today()) == expected, scope
    await restrict(acme, "never_down", acme.ben)
    cem = served.client(
        await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.READ], person="cem")
    )
    assert await cem.one(LEARNED, scope=EVERYTHING, **today()) == nothing
    assert await cem.one(LEARNED, scope={"person": {"externalId": "ben"}}, **today()) == nothing


async def test_the_digests_of_two_halves_add_up_and_an_interval_has_its_begin_but_not_its_end(
    client: Client, acme: Acme
):
    for value in range(1, 7):
        await acme.check_in("macros", value)
    last = await acme.seq()
    at = [(await acme.change(seq))["recorded_at"] for seq in range(last - 5, last + 1)]
    counts = [
        (await client.one(DIGEST, scope=EVERYTHING, **between(*span)))["checkInCount"]
        for span in ((at[0], at[5]), (at[0], at[2]), (at[2], at[5]), (at[5], at[5] + timedelta(seconds=1)))
    ]
    assert counts == [5, 2, 3, 1]
    halves = [
        (await client.one(DIGEST, scope=EVERYTHING, **between(*span)))["moved"]["nodes"]
        for span in ((at[0], at[2]), (at[2], at[5]), (at[0], at[5]))
    ]
    first, second, whole = ({one["nodeId"]: one for one in half} for half in halves)
    for id, moved in whole.items():
        assert moved["progressBefore"] == first[id]["progressBefore"]
        assert first[id]["progressAfter"] == second[id]["progressBefore"]
        assert moved["progressAfter"] == second[id]["progressAfter"]


async def test_a_digest_is_the_same_for_ever_and_says_whether_it_is_complete(client: Client, acme: Acme):
    await acme.check_in("macros", 1)
    begun = (await acme.change(1))["recorded_at"]
    await acme.fetch("update change set recorded_at = recorded_at - interval '1 day'")
    whole = between(begun - timedelta(days=2), begun - timedelta(hours=1))
    first = await client.one(DIGEST, scope=EVERYTHING, **whole)
    assert first["isComplete"]
    assert first["checkInCount"] == 1
    await acme.check_in("macros", 5)
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, title="Renamed")
    assert await client.one(DIGEST, scope=EVERYTHING, **whole) == first
    assert not (await client.one(DIGEST, scope=EVERYTHING, **today()))["isComplete"]
    await acme.fetch("delete from change where seq <= 3")
    await acme.fetch("update feed_head set oldest_seq = 4")
    pruned = await client.one(DIGEST, scope=EVERYTHING, **whole)
    assert (pruned["isComplete"], pruned["changeCount"]) == (False, first["changeCount"] - 3)
    kept = between((await acme.change(4))["recorded_at"], begun - timedelta(hours=1))
    assert (await client.one(DIGEST, scope=EVERYTHING, **kept))["isComplete"]


async def test_an_interval_that_makes_no_sense_is_refused(
    client: Client, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    end = LONG_AGO + timedelta(days=MAX_DIGEST_DAYS)
    for scope, span, code, path in (
        (EVERYTHING, (LONG_AGO, LONG_AGO), "INVALID_INPUT", ["since"]),
        (EVERYTHING, (end, LONG_AGO), "INVALID_INPUT", ["since"]),
        (EVERYTHING, (LONG_AGO, end + timedelta(seconds=1)), "INVALID_INPUT", ["until"]),
        ({"organization": False}, (LONG_AGO, end), "INVALID_INPUT", ["scope", "organization"]),
    ):
        problem = await client.problem(DIGEST, scope=scope, **between(*span))
        assert (problem["code"], problem["path"]) == (code, path)
    empty = await client.one(DIGEST, scope=EVERYTHING, **between(LONG_AGO, end))
    assert (empty["changeCount"], empty["isComplete"]) == (0, True)
    for name, id in (("team", "per_" + "0" * 32), ("cycle", "nonsense")):
        assert await client.one(DIGEST, scope={name: {"id": id}}, **between(LONG_AGO, end)) is None
    for limit, message in (
        ("MAX_CHANGES_DIGESTED", "would be of more than 3 changes"),
        ("MAX_DELTA_CHARACTERS_DIGESTED", "have more than 3 characters; ask for a shorter interval"),
    ):
        monkeypatch.setattr(digests, limit, 3)
        await acme.check_in("macros", 1)
        problem = await client.problem(DIGEST, scope=EVERYTHING, **today())
        assert (problem["code"], problem["path"]) == ("TOO_MANY", ["until"])
        assert message in problem["message"]
        monkeypatch.undo()


async def test_a_list_of_a_digest_has_at_most_50_items(client: Client, acme: Acme):
    for number in range(MAX_DIGEST_ITEMS + 2):
        await acme.objective(f"Objective {number}")
    begun = await acme.seq()
    for number in range(3):
        walls = [{"title": f"Wall {number}"}] * 20
        await client.do("checkInRecord", **MACROS, value=number, roadblocks=walls)
    digest = await client.one(RECORDS, scope=EVERYTHING, **today())
    blocked = digest["newRoadblocks"]
    assert (blocked["totalCount"], len(blocked["nodes"])) == (60, MAX_DIGEST_ITEMS)
    titles = [one["roadblock"]["title"] for one in blocked["nodes"]]
    assert titles == ["Wall 2"] * 20 + ["Wall 1"] * 20 + ["Wall 0"] * 10  # the latest first
    digest = await client.one(DIGEST, scope=EVERYTHING, **today())
    new = digest["newObjectives"]
    assert new["totalCount"] >= MAX_DIGEST_ITEMS + 2
    assert [one["seq"] for one in new["nodes"]] == [begun - number for number in range(MAX_DIGEST_ITEMS)]
