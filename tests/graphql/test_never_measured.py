"""What was never measured is not judged and improves nothing: status, gap, filters, band and outcome."""

from typing import Any

import pytest

from okr_api.okr.author import Author
from okr_api.okr.computed_values import Status
from okr_api.services.number_repair import recount_organization
from tests.acme import Acme
from tests.graphql.cases import day
from tests.serving import Client

TOLD = "externalId status derivedStatus progressGap coverage worstPart partsByStatus { status count }"
OLD = "update key_result set created_at = created_at - interval '40 days'"
STEP = {"measure": "INCREASE", "startValue": 0, "targetValue": 10}


async def by_status(client: Client) -> dict[str, list[str]]:
    """Return the external ids of objectives by status, as the filter finds them."""
    query = "query ($s: [Status!]) { objectives(filter: { status: { in: $s } }) { nodes { externalId } } }"
    found = {status: (await client.one(query, s=[status]))["nodes"] for status in Status}
    return {status: sorted(one["externalId"] for one in nodes) for status, nodes in found.items() if nodes}


async def test_an_objective_of_which_nothing_was_measured_is_pending_then_stale_in_fields_and_filters(
    client: Client, acme: Acme
):
    everything = ["answer_fast", "clear_backlog", "customers_stay", "never_down"]
    assert await by_status(client) == {"PENDING": everything}
    await acme.fetch(OLD)
    for name in ("backlog", "load"):
        await client.do("keyResultUpdate", keyResult={"externalId": name}, weight=2)
    assert await by_status(client) == {"STALE": everything}
    told = await client.one(f'{{ objective(externalId: "customers_stay") {{ {TOLD} }} }}')
    assert told == {
        "externalId": "customers_stay",
        "status": "STALE",
        "derivedStatus": "PENDING",
        "progressGap": None,
        "coverage": 0.0,
        "worstPart": "STALE",
        "partsByStatus": [{"status": "STALE", "count": 2}],
    }
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=0)
    assert await by_status(client) == {
        "AT_RISK": ["customers_stay"],
        "OFF_TRACK": ["answer_fast", "clear_backlog"],
        "STALE": ["never_down"],
    }


async def test_recounting_a_database_that_was_filled_before_brings_it_to_the_rule(acme: Acme):
    await acme.fetch("update objective set statuses = '{OFF_TRACK}', status_turns = '{}'")
    assert {difference.field for difference in await acme.verify()} == {"status"}
    await recount_organization(acme.database, acme.organization.id, author=Author("okr-api recount"))
    assert await acme.verify() == []
    assert (await acme.row("objective", acme.never_down))["statuses"][0] == "PENDING"


@pytest.mark.parametrize(("measured", "band", "status"), ((1, "YELLOW", "MISSED"), (2, "GREEN", "ACHIEVED")))
async def test_band_and_outcome_follow_the_floor_of_the_score(
    client: Client, measured: int, band: str, status: str
):
    within = {"cycle": {"externalId": "over"}, "externalId": "over"}
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("cycleCreate", {"name": "Over", "startsOn": day(-60), "endsOn": day(-2), "externalId": "over"}),
        ("cycleActivate", {"cycle": {"externalId": "over"}}),
        ("objectiveCreate", {**within, "title": "Over"}),
        *(
            (
                "keyResultCreate",
                {**STEP, "title": f"{i}", "objective": {"externalId": "over"}, "externalId": f"{i}"},
            )
            for i in range(2)
        ),
        *(
            ("checkInRecord", {"keyResult": {"externalId": f"{i}"}, "value": 10, "effectiveOn": day(-5)})
            for i in range(measured)
        ),
        ("cycleReview", {"cycle": {"externalId": "over"}}),
        ("cycleClose", {"cycle": {"externalId": "over"}, "notMeasuredReason": "Nobody looked"}),
    )
    for mutation, input in steps:
        await client.do(mutation, **input)
    told = await client.one(
        '{ objective(externalId: "over") { score scoreFloor scoreIsPartial band status } }'
    )
    assert told == {
        "score": 1.0,
        "scoreFloor": measured / 2,
        "scoreIsPartial": measured == 1,
        "band": band,
        "status": status,
    }


EARLY = """{
    keyResult(externalId: "macros") { score finalScore band status explain { score { value rule } } }
    objective(externalId: "answer_fast") { score scoreFloor finalScore finalScoreFloor scoreIsPartial band explain { score { value } } }
}"""


async def test_a_review_that_begins_before_the_last_day_shows_what_is_graded(client: Client):
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
    hidden = await client.ask(EARLY)
    assert (hidden["keyResult"]["score"], hidden["keyResult"]["finalScore"]) == (None, None)
    assert hidden["keyResult"]["explain"]["score"] == {
        "value": None,
        "rule": "There is no score before the cycle has ended or is in review.",
    }
    await client.do("cycleReview", cycle={"externalId": "quarter"})
    shown = await client.ask(EARLY)
    assert shown["keyResult"] == {
        "score": 0.5,
        "finalScore": 0.5,
        "band": "YELLOW",
        "status": hidden["keyResult"]["status"],  # the outcome comes with the close
        "explain": {"score": {"value": 0.5, "rule": shown["keyResult"]["explain"]["score"]["rule"]}},
    }
    objective = shown["objective"]
    assert objective["explain"]["score"]["value"] == objective["score"] == objective["finalScore"]
    assert None not in objective.values()
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=6)
    assert (await client.ask(EARLY))["keyResult"]["finalScore"] == 0.6
    await client.do("cycleActivate", cycle={"externalId": "quarter"})
    assert (await client.ask(EARLY))["keyResult"]["score"] is None


async def test_a_cycle_that_is_closed_before_its_last_day_shows_its_scores(client: Client):
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
    ask = '{ keyResult(externalId: "macros") { score band status } objective(externalId: "answer_fast") { score } }'
    assert (await client.ask(ask))["keyResult"]["score"] is None
    await client.do("cycleReview", cycle={"externalId": "quarter"})
    closing = {"cycle": {"externalId": "quarter"}, "notMeasuredReason": "The quarter was short"}
    await client.do("cycleClose", **closing)
    shown = await client.ask(ask)
    assert shown["keyResult"] == {"score": 0.5, "band": "YELLOW", "status": "MISSED"}
    assert shown["objective"]["score"] is not None
