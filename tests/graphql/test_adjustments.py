"""Adjustments of a cycle: what was retargeted, paused, dropped and replaced, for those who may see it."""

from okr_api.okr.cycle import CycleState
from okr_api.services import cycles, key_results, objectives
from tests.acme import TODAY, Acme
from tests.restricting import restrict
from tests.serving import Client

ADJUSTMENTS = """query ($cycle: String, $first: Int, $after: String) {
    cycle(externalId: $cycle) { adjustments(first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes {
            at kind reason actor { name person { externalId } }
            node { __typename externalId ... on Objective { replacedBy { title replaces { externalId } } } }
            revision { before { targetValue } after { targetValue } eased }
        }
    } }
}"""
ALL = """{ cycles(first: 100) { nodes { externalId adjustments { nodes { kind node { externalId } } } } } }"""


async def adjust(client: Client) -> None:
    """Adjust the quarter in four ways, and once more in vain."""
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, targetValue=12)
    await client.do("keyResultPause", keyResult={"externalId": "uptime"}, reason="No probe")
    await client.do("objectiveDrop", objective={"externalId": "clear_backlog"}, reason="Not ours")
    await client.do("objectiveRestore", objective={"externalId": "clear_backlog"})
    await client.do(
        "objectiveReplace",
        objective={"externalId": "never_down"},
        reason="Down is not what hurts",
        title="Come back at once",
    )
    await client.do("objectiveUpdate", objective={"externalId": "answer_fast"}, title="Answer faster")


async def test_adjustments_are_listed_latest_first(client: Client, reader: Client, acme: Acme):
    await adjust(client)
    found = (await client.one(ADJUSTMENTS, cycle="quarter"))["adjustments"]
    assert found["totalCount"] == 4
    told = [(one["kind"], one["node"]["externalId"], one["reason"]) for one in found["nodes"]]
    assert told == [
        ("REPLACED", "never_down", "Down is not what hurts"),
        ("DROPPED", "clear_backlog", "Not ours"),
        ("PAUSED", "uptime", "No probe"),
        ("RETARGETED", "macros", None),
    ]
    replaced, *others, retargeted = found["nodes"]
    assert replaced["node"]["replacedBy"] == {
        "title": "Come back at once", "replaces": {"externalId": "never_down"}
    }  # fmt: skip
    assert retargeted["revision"] == {
        "before": {"targetValue": 10.0}, "after": {"targetValue": 12.0}, "eased": False
    }  # fmt: skip
    assert {one["revision"] for one in (replaced, *others)} == {None}
    assert {one["actor"]["person"]["externalId"] for one in found["nodes"]} == {"ann"}
    assert found["nodes"] == sorted(found["nodes"], key=lambda one: one["at"], reverse=True)
    assert (await reader.one(ADJUSTMENTS, cycle="quarter"))["adjustments"] == found
    nodes = (await client.one(ALL))["nodes"]
    assert {one["externalId"]: len(one["adjustments"]["nodes"]) for one in nodes} == {"year": 0, "quarter": 4}


async def test_adjustments_are_paged(client: Client, acme: Acme):
    await adjust(client)
    told, after = [], None
    for has_more in (True, False):
        page = (await client.one(ADJUSTMENTS, cycle="quarter", first=2, after=after))["adjustments"]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is has_more
        told += [one["kind"] for one in page["nodes"]]
    assert told == ["REPLACED", "DROPPED", "PAUSED", "RETARGETED"]


async def test_what_was_done_before_the_cycle_began_or_to_drafts_adjusts_nothing(client: Client, acme: Acme):
    later = await acme.cycle("Later", TODAY, state=CycleState.DRAFT, external_id="later")
    one = await acme.objective("One", cycle=later, external_id="one")
    await acme.key_result("Of one", one, external_id="of_one")
    await acme.done(objectives.pause_objective, objective=one, reason="Too early")
    await acme.done(objectives.restore_objective, objective=one)
    await acme.done(cycles.activate_cycle, cycle=later)
    draft = await acme.objective("Draft", cycle=later, draft=True)
    await acme.done(objectives.drop_objective, objective=draft, reason="Never mind")
    assert (await client.one(ADJUSTMENTS, cycle="later"))["adjustments"]["totalCount"] == 0
    await acme.done(key_results.drop_key_result, key_result="of_one", reason="No more")
    [dropped] = (await client.one(ADJUSTMENTS, cycle="later"))["adjustments"]["nodes"]
    assert (dropped["kind"], dropped["node"]["externalId"]) == ("DROPPED", "of_one")


async def test_adjustments_of_what_cannot_be_seen_are_not_there(client: Client, reader: Client, acme: Acme):
    await adjust(client)
    await restrict(acme, "clear_backlog", acme.cem)
    found = (await reader.one(ADJUSTMENTS, cycle="quarter"))["adjustments"]
    told = [(one["kind"], one["node"]["externalId"]) for one in found["nodes"]]
    assert (found["totalCount"], told) == (2, [("REPLACED", "never_down"), ("PAUSED", "uptime")])
    await acme.fetch(
        "update objective set visibility = 'PRIVATE', viewer_ids = '{}' where replaces_id is not null"
    )
    await acme.fetch("update feed_head set plan_recorded_at = clock_timestamp()")
    [replaced] = (await reader.one(ADJUSTMENTS, cycle="quarter"))["adjustments"]["nodes"]
    assert (replaced["kind"], replaced["node"]["replacedBy"]) == ("REPLACED", None)
