"""Check-ins on objectives and their snapshots of key results, over GraphQL."""

from typing import Any

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.key_result_snapshots import MAX_KEY_RESULT_SNAPSHOTS
from tests.acme import Acme, days_ago, ref
from tests.serving import Client

ANSWER_FAST = {"externalId": "clear_backlog"}
SNAPSHOT = """checkIn(externalId: $name) { keyResultSnapshots {
    keyResult { externalId } value valueBefore confidence confidenceBefore status statusBefore } }"""


async def snapshots(client: Client, name: str) -> dict[str, tuple[Any, ...]]:
    """Return what a check-in on an objective shows of its key results, by external id."""
    found = await client.one(f"query ($name: String) {{ {SNAPSHOT} }}", name=name)
    return {one.pop("keyResult")["externalId"]: tuple(one.values()) for one in found["keyResultSnapshots"]}


async def test_a_snapshot_is_computed_by_effective_time_with_later_corrections(client: Client, acme: Acme):
    for days, name in ((8, "early"), (4, "late")):
        await acme.check_in(None, objective=ref("clear_backlog"), note="x", effective_at=days_ago(days), external_id=name)  # fmt: skip
    await acme.check_in("backlog", 150, effective_at=days_ago(9))
    wrong = await acme.check_in("backlog", 11, confidence=0.5, effective_at=days_ago(6))
    await acme.check_in("backlog", 5, effective_at=days_ago(1))
    assert await snapshots(client, "early") == {
        "backlog": (150.0, None, None, None, None, None),
        "macros": (None,) * 6,
    }
    assert (await snapshots(client, "late"))["backlog"] == (11.0, 150.0, 0.5, None, None, None)
    await acme.check_in(None, 110, supersedes=wrong, status="AT_RISK")
    assert (await snapshots(client, "late"))["backlog"] == (110.0, 150.0, None, None, "AT_RISK", None)
    await acme.retract("early")
    assert (await snapshots(client, "late"))["backlog"] == (110.0, None, None, None, "AT_RISK", None)


async def test_a_snapshot_has_at_most_100_key_results(client: Client, acme: Acme):
    for number in range(MAX_KEY_RESULT_SNAPSHOTS):
        await acme.key_result(f"Key {number}", "clear_backlog", external_id=f"k{number}")
    await acme.check_in(None, objective=ref("clear_backlog"), note="x", external_id="whole")
    assert len(await snapshots(client, "whole")) == MAX_KEY_RESULT_SNAPSHOTS == 100


async def test_it_is_listed_filtered_and_shown_where_its_objective_is(client: Client, acme: Acme):
    done = await client.do(
        "checkInRecord",
        "checkIn { id keyResult { id } objective { externalId } viewerCan { edit } } "
        "deltas { node { __typename ... on Objective { reportedStatus reportedConfidence divergent } } statusAfter }",
        objective=ANSWER_FAST,
        status="OFF_TRACK",
        confidence=0.3,
    )
    assert done["checkIn"].pop("id")
    assert done["checkIn"] == {
        "keyResult": None,
        "objective": {"externalId": "clear_backlog"},
        "viewerCan": {"edit": True},
    }
    shown = {
        "__typename": "Objective",
        "reportedStatus": "OFF_TRACK",
        "reportedConfidence": 0.3,
        "divergent": True,
    }
    assert done["deltas"] == [{"node": shown, "statusAfter": "OFF_TRACK"}]
    await acme.check_in("macros", 5)
    lists = await client.ask(
        '{ own: objective(externalId: "clear_backlog") { latestCheckIn { confidence } '
        "all: checkIns { totalCount nodes { value } } "
        "checkIns(filter: { keyResult: { isNull: true } }) { totalCount nodes { value keyResultSnapshots { value } } } } "
        'checkIns(filter: { objective: { externalId: "clear_backlog" } }) { totalCount } }'
    )
    assert lists["own"]["latestCheckIn"] == {"confidence": 0.3}
    assert lists["own"]["all"] == {"totalCount": 2, "nodes": [{"value": 5.0}, {"value": None}]}
    assert lists["own"]["checkIns"]["totalCount"] == 1
    assert lists["checkIns"] == {"totalCount": 2}
    explained = await client.one('{ objective(externalId: "clear_backlog") { explain { status { rule } } } }')
    assert "Reported by a check-in" in explained["explain"]["status"]["rule"]


async def test_a_check_in_is_on_one_of_both(client: Client, acme: Acme):
    both = {"keyResult": {"externalId": "macros"}, "objective": ANSWER_FAST, "note": "x"}
    assert await client.refused("checkInRecord", **both) == [("INVALID_INPUT", ["objective"])]
    assert await client.refused("checkInRecord", note="x") == [("INVALID_INPUT", ["keyResult"])]
    wrong = {"objective": {"id": encode_id(NodeType.KEY_RESULT, acme.macros)}, "note": "x"}
    assert await client.refused("checkInRecord", **wrong) == [("NOT_FOUND", ["objective", "id"])]


async def test_a_draft_is_listed_for_its_person_and_published_with_a_notice(client: Client, acme: Acme):
    drafted = await client.do(
        "checkInDraftCreate",
        "checkInDraft { id author { name } assignee { externalId } objective { externalId } }",
        **{"for": {"keyResult": {"externalId": "macros"}}, "assignee": {"externalId": "ann"}, "value": 7},
    )
    assert drafted["checkInDraft"]["objective"] == {"externalId": "clear_backlog"}
    lists = """{ person(externalId: "ann") { checkInDrafts { totalCount nodes { value } } }
        keyResult(externalId: "macros") { checkInDrafts { nodes { value } } }
        objective(externalId: "clear_backlog") { checkInDrafts { nodes { value } } } }"""
    assert await client.ask(lists) == {
        "person": {"checkInDrafts": {"totalCount": 1, "nodes": [{"value": 7.0}]}},
        "keyResult": {"checkInDrafts": {"nodes": [{"value": 7.0}]}},
        "objective": {"checkInDrafts": {"nodes": []}},
    }
    await acme.check_in("macros", 6)
    of = {"checkInDraft": {"id": drafted["checkInDraft"]["id"]}}
    assert await client.refused("checkInPublish", **of, confidence=7) == [("INVALID_INPUT", ["confidence"])]
    done = await client.do(
        "checkInPublish",
        "checkIn { value confidence author { name } } notices { code path }",
        **of,
        confidence=0.7,
    )
    assert done["checkIn"] == {"value": 7.0, "confidence": 0.7, "author": {"name": "Ann"}}
    assert done["notices"] == [{"code": "DRAFT_IS_OLDER", "path": ["checkInDraft"]}]
    assert await client.one(f'{{ checkInDraft(id: "{of["checkInDraft"]["id"]}") {{ id }} }}') is None
