"""Roll-over by GraphQL: the whole answer, its replay, lineages and lessons, for those who see them or do not."""

from typing import Any

from tests.acme import Acme
from tests.graphql.cases import day
from tests.graphql.test_deadline import held
from tests.restricting import restrict
from tests.serving import Client

PAYLOAD = """
    replayed cycle { externalId }
    objectives {
        outcome decision leftOut objective { externalId } successor { title state cycle { externalId } }
        keyResults { outcome startValue targetValue leftOut keyResult { externalId } successor { title } }
        alignments { outcome kind weight parent { externalId } }
    }
"""
LINEAGE = """query ($id: String!) { objective(externalId: $id) {
    carriedFrom { externalId } carriedTo { title carriedFrom { externalId } carriedLessons { title } }
    keyResults { externalId lineageStartValue carriedTo { startValue lineageStartValue carriedFrom { externalId } } }
} }"""
ROLL_OVER: dict[str, Any] = {
    "fromCycle": {"externalId": "quarter"},
    "toCycle": {"externalId": "next"},
    "items": [
        {
            "objective": {"externalId": "clear_backlog"},
            "keyResults": [
                {"keyResult": {"externalId": "backlog"}, "targetValue": 10},
                {"keyResult": {"externalId": "macros"}, "skip": True},
            ],
        }
    ],
}


async def rolled(client: Client, **more: Any) -> dict[str, Any]:
    return await client.do("cycleRollOver", PAYLOAD, **ROLL_OVER | more)


async def plan(client: Client) -> None:
    await client.do(
        "cycleCreate", "seq", name="Next", startsOn=day(60), endsOn=day(149), externalId="next",
        parent={"externalId": "year"},
    )  # fmt: skip
    await client.do("checkInRecord", "seq", keyResult={"externalId": "backlog"}, value=120)


async def test_the_answer_says_what_was_done_with_each_objective(client: Client, acme: Acme):
    await plan(client)
    entry: dict[str, Any] = {
        "outcome": "CARRIED",
        "decision": None,
        "leftOut": [],
        "objective": {"externalId": "clear_backlog"},
        "successor": {"title": "Clear the backlog", "state": "DRAFT", "cycle": {"externalId": "next"}},
        "keyResults": [
            {
                "outcome": "CARRIED",
                "startValue": 120.0,
                "targetValue": 10.0,
                "leftOut": [],
                "keyResult": {"externalId": "backlog"},
                "successor": {"title": "Open tickets"},
            },
            {
                "outcome": "SKIPPED",
                "startValue": None,
                "targetValue": None,
                "leftOut": [],
                "keyResult": {"externalId": "macros"},
                "successor": None,
            },
        ],
        "alignments": [
            {
                "outcome": "PARENT_NOT_CARRIED",
                "kind": "CONTRIBUTES",
                "weight": 1.0,
                "parent": {"externalId": "answer_fast"},
            }
        ],
    }
    dry = await rolled(client, dryRun=True, idempotencyKey="once")
    assert dry["replayed"] is False
    [found] = [each for each in dry["objectives"] if each["outcome"] == "CARRIED"]
    parts = [{**each, "successor": None} for each in entry["keyResults"]]
    titles = [each["successor"] for each in entry["keyResults"]]
    assert found == {**entry, "successor": None, "keyResults": parts}
    real = await rolled(client, idempotencyKey="once")
    assert (real["cycle"], real["replayed"]) == ({"externalId": "next"}, False)
    [found] = [each for each in real["objectives"] if each["outcome"] == "CARRIED"]
    [backlog] = await acme.fetch("select title from key_result where external_id = 'backlog'")
    titles[0]["title"] = backlog["title"]
    assert found == entry
    assert {each["outcome"] for each in real["objectives"]} == {"CARRIED", "NOT_REVIEWED"}
    again = await rolled(client, idempotencyKey="once")
    assert (again["replayed"], again["objectives"]) == (True, real["objectives"])
    second = await rolled(client)
    assert [each["outcome"] for each in second["objectives"] if each["successor"]] == ["ALREADY_CARRIED"]
    summaries = "{ changes(after: 0, first: 100) { nodes { kind summary } } }"
    [told] = [
        each["summary"]
        for each in (await client.ask(summaries))["changes"]["nodes"]
        if each["kind"] == "CYCLE_ROLLED_OVER"
    ]
    assert told.endswith(" carried objectives over into the cycle 'Next'")


async def test_a_dry_run_waits_for_nobody_and_changes_nothing(client: Client, acme: Acme, acme_url: str):
    await plan(client)
    before = await acme.tables()
    async with held(acme_url, "select from feed_head for update"):
        dry = await rolled(client, dryRun=True)
        outcomes = {each["outcome"] for each in dry["objectives"]}
        assert outcomes == {"CARRIED", "NOT_REVIEWED"}
        refused = {**ROLL_OVER, "toCycle": {"externalId": "quarter"}, "dryRun": True}
        [(code, path)] = await client.refused("cycleRollOver", **refused)
        assert (code, path) == ("CYCLE_IS_NOT_LATER", ["toCycle", "externalId"])
    assert await acme.tables() == before
    [(code, path)] = await client.refused("cycleRollOver", **refused, idempotencyKey="")
    assert (code, path) == ("INVALID_INPUT", ["idempotencyKey"])


async def test_lineages_and_lessons_go_both_ways_as_far_as_they_are_seen(
    client: Client, reader: Client, acme: Acme
):
    await plan(client)
    for source, title, keep in (
        ({"objective": {"externalId": "clear_backlog"}}, "Sort first", True),
        ({"keyResult": {"externalId": "backlog"}}, "Close old ones", True),
        ({"objective": {"externalId": "clear_backlog"}}, "Not this", False),
    ):
        await client.do("lessonCreate", "seq", source=source, title=title, carryForward=keep)
    made = await client.do("cycleRollOver", "objectives { successor { id } }", **ROLL_OVER)
    [id] = [each["successor"]["id"] for each in made["objectives"] if each["successor"]]
    await client.do("objectivePublish", "seq", objective={"id": id})
    found = await client.one(LINEAGE, id="clear_backlog")
    assert found["carriedFrom"] is None
    assert found["carriedTo"] == {
        "title": "Clear the backlog",
        "carriedFrom": {"externalId": "clear_backlog"},
        "carriedLessons": [{"title": "Sort first"}, {"title": "Close old ones"}],
    }
    [backlog, macros] = sorted(found["keyResults"], key=lambda each: each["externalId"])
    assert backlog["carriedTo"] == {
        "startValue": 120.0,
        "lineageStartValue": 200.0,
        "carriedFrom": {"externalId": "backlog"},
    }
    assert (macros["carriedTo"], backlog["lineageStartValue"]) == (None, None)
    assert await reader.one(LINEAGE, id="clear_backlog") == found
    await restrict(acme, "clear_backlog")
    hidden = """query ($id: ID!) { objective(id: $id) {
        carriedFrom { title } carriedLessons { title } keyResults { carriedFrom { title } } } }"""
    assert await reader.one(hidden, id=id) == {
        "carriedFrom": None, "carriedLessons": [], "keyResults": [{"carriedFrom": None}]
    }  # fmt: skip


async def test_what_a_review_learned_travels_along(client: Client):
    await plan(client)
    await client.do("cycleReview", "seq", cycle={"externalId": "quarter"})
    said = {
        "decision": "KEEP",
        "decisionReason": "Half is done",
        "rootCause": "CAPACITY",
        "learned": "Sort first",
    }
    await client.do("reviewRecord", "seq", objective={"externalId": "clear_backlog"}, **said)
    made = await rolled(client, items=[])
    [successor] = [each["successor"] for each in made["objectives"] if each["successor"]]
    found = await client.one(LINEAGE, id="clear_backlog")
    assert successor["title"] == found["carriedTo"]["title"]
    assert found["carriedTo"]["carriedLessons"] == [{"title": "Sort first"}]
