"""Experiments as each reader sees them, with what the readings say of them; their filters."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.okr.experiment import ExperimentOutcome
from okr_api.okr.policy import ObjectiveVisibility
from okr_api.query_engine.experiment_effects import MAX_READINGS_COMPARED
from okr_api.services import key_results, objectives
from okr_api.services.experiments import add_experiment, conclude_experiment, delete_experiment
from okr_api.services.lessons import add_lesson
from tests.acme import TODAY, YES_NO, Acme, days_ago, increase, measured
from tests.serving import Client, Server

EFFECT = """
    query ($id: ID) { experiment(id: $id) { measuredEffect {
        reason comparison countBefore countDuring meanBefore meanDuring difference relativeDifference
        latestValue reachedExpected
    } } }
"""
BELIEF = "We believe that fewer fields bring more bookings"


async def effect_of(client: Client, id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = (await client.one(EFFECT, id=f"exp_{id.hex}"))["measuredEffect"]
    return found


async def planned(acme: Acme, key_result: UUID, days: int = 9, **more: Any) -> UUID:
    """Return an experiment that has been running for so many days, and today."""
    return await acme.done(
        add_experiment,
        key_result=key_result,
        hypothesis=BELIEF,
        started_on=TODAY - timedelta(days=days),
        **more,
    )


async def test_the_effect_is_of_the_readings_that_stand_while_it_ran_and_before(acme: Acme, client: Client):
    part = await acme.key_result("Share", "never_down", increase(0, 100, "%"), external_id="share")
    trial = await planned(acme, part, expected_value=60.0)
    for days, value in ((18, 10.0), (15, 20.0), (12, 30.0), (6, 40.0), (3, 70.0)):
        await acme.check_in(part, value, effective_at=days_ago(days))
    wrong = await acme.check_in(part, 99.0, effective_at=days_ago(2))
    await acme.retract(wrong)
    await acme.check_in(part, confidence=0.5)
    whole = {
        "reason": None,
        "comparison": "MEAN_DURING_MINUS_MEAN_BEFORE",
        "countBefore": 3,
        "countDuring": 2,
        "meanBefore": 20.0,
        "meanDuring": 55.0,
        "difference": 35.0,
        "relativeDifference": 1.75,
        "latestValue": 70.0,
        "reachedExpected": True,
    }
    assert await effect_of(client, trial) == whole
    ended = {"outcome": ExperimentOutcome.CONFIRMED, "ended_on": TODAY - timedelta(days=5)}
    await acme.done(conclude_experiment, experiment=trial, **ended)
    shorter = await effect_of(client, trial)
    assert (shorter["reason"], shorter["countDuring"]) == ("TOO_FEW_READINGS_DURING", 1)


async def test_why_there_is_no_effect_is_said(acme: Acme, client: Client):
    yes = await acme.key_result("Yes", "never_down", YES_NO)
    waiting = await acme.done(add_experiment, key_result="uptime", hypothesis=BELIEF)
    for id, reason in (
        (await planned(acme, yes), "MEASURE_TAKES_NO_NUMBER"),
        (await planned(acme, acme.uptime), "TOO_FEW_READINGS_DURING"),
        (waiting, "NOT_STARTED"),
    ):
        assert (await effect_of(client, id))["reason"] == reason


async def test_readings_of_a_former_definition_do_not_count(acme: Acme, client: Client):
    part = await acme.key_result("Share", "never_down", increase(0, 100, "%"))
    trial = await planned(acme, part)
    for days in (14, 12, 3, 2):
        await acme.check_in(part, 10.0, effective_at=days_ago(days))
    assert (await effect_of(client, trial))["difference"] == 0
    await acme.done(key_results.edit_key_result, key_result=part, edits={}, measure={"unit": "per mille"})
    assert (await effect_of(client, trial))["countDuring"] == 0


async def test_the_latest_200_readings_of_each_time_are_compared(acme: Acme, client: Client):
    part = await acme.key_result("Share", "never_down", increase(0, 100, "%"))
    trial = await planned(acme, part)
    await acme.check_in(part, 50.0, effective_at=days_ago(15))
    await acme.check_in(part, 1.0, effective_at=days_ago(14))
    first = await acme.check_in(part, 1.0, effective_at=days_ago(8))
    await acme.fetch(
        "insert into check_in select made.* from check_in copied, generate_series(1, $2) number, "
        "jsonb_populate_record(copied, jsonb_build_object('id', gen_random_uuid(), 'value', 3, "
        "'place', number, 'effective_at', copied.effective_at + interval '1 minute' * number)) made "
        "where copied.id = $1 returning id",
        first,
        MAX_READINGS_COMPARED,
    )
    found = await effect_of(client, trial)
    assert (found["countDuring"], found["meanDuring"]) == (MAX_READINGS_COMPARED, 3.0)
    assert (found["countBefore"], found["meanBefore"]) == (2, 25.5)


async def test_effects_of_many_experiments_take_as_many_statements_as_of_one(acme: Acme, served: Server):
    client = served.client(acme.token)
    for _ in range(3):
        await planned(acme, acme.uptime)
    page = "query ($first: Int) { experiments(first: $first) { nodes { hypothesis measuredEffect { reason } } } }"
    assert len((await client.one(page, first=3))["nodes"]) == 3


async def test_what_hangs_on_a_hidden_objective_is_not_there(acme: Acme, served: Server):
    clients = {
        name: served.client(
            await acme.tokens.create(acme.organization.id, name=name, scopes=[Scope.WRITE], person=name)
        )
        for name in ("ann", "ben", "cem")
    }
    trial = await planned(acme, acme.uptime, owner="ben", external_id="trial")
    learned = await acme.done(
        add_lesson,
        source=measured(trial, NodeType.EXPERIMENT),
        title="So",
        owner="ben",
        external_id="so",
    )
    edits = {"visibility": ObjectiveVisibility.PRIVATE}
    await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective="never_down", edits=edits)
    lists = (
        '{ experiments { totalCount } lessons { totalCount } experiment(externalId: "trial") { id } '
        'lesson(externalId: "so") { id experiment { id } } '
        'person(externalId: "ben") { experiments { totalCount } lessons { totalCount } } }'
    )
    seen = {
        "experiments": {"totalCount": 1},
        "lessons": {"totalCount": 1},
        "experiment": {"id": f"exp_{trial.hex}"},
        "lesson": {"id": f"les_{learned.hex}", "experiment": {"id": f"exp_{trial.hex}"}},
        "person": {"experiments": {"totalCount": 1}, "lessons": {"totalCount": 1}},
    }
    none = {"totalCount": 0}
    hidden = {
        "experiments": none,
        "lessons": none,
        "experiment": None,
        "lesson": None,
        "person": {"experiments": none, "lessons": none},
    }
    for name, expected in (("ann", seen), ("cem", seen), ("ben", hidden)):
        assert await clients[name].ask(lists) == expected
    for mutation, input, path in (
        ("experimentConclude", {"experiment": {"externalId": "trial"}, "outcome": "CONFIRMED"}, ["experiment", "externalId"]),
        ("lessonCreate", {"source": {"experiment": {"externalId": "trial"}}, "title": "Me too"}, ["source", "experiment", "externalId"]),
        ("commentCreate", {"on": {"lesson": {"externalId": "so"}}, "text": "Hm"}, ["on", "lesson", "externalId"]),
    ):  # fmt: skip
        assert await clients["ben"].refused(mutation, **input) == [("NOT_FOUND", path)]
    await acme.done(delete_experiment, by=acme.seeing_all(), experiment="trial")
    [lesson] = (await clients["ann"].one("{ lessons { nodes { title experiment { id } } } }"))["nodes"]
    assert lesson == {"title": "So", "experiment": None}


async def test_experiments_are_filtered_and_sorted(acme: Acme, client: Client):
    first = await planned(acme, acme.uptime, days=3, owner="ben")
    second = await planned(acme, acme.macros, days=5)
    await acme.done(add_experiment, key_result="uptime", hypothesis="Third")
    await acme.done(conclude_experiment, experiment=first, outcome=ExperimentOutcome.REFUTED)
    names = {first: "first", second: "second"}
    asked = "query ($filter: ExperimentFilter, $order: ExperimentOrder) { experiments(filter: $filter, orderBy: $order) { nodes { id } } }"

    async def found(**given: Any) -> list[str]:
        page = await client.one(asked, **given)
        return [names.get(UUID(node["id"].removeprefix("exp_")), "third") for node in page["nodes"]]

    for filter, expected in (
        ({"state": {"eq": "RUNNING"}}, ["second"]),
        ({"outcome": {"eq": "REFUTED"}}, ["first"]),
        ({"outcome": {"isNull": True}}, ["second", "third"]),
        ({"objective": {"externalId": "never_down"}}, ["first", "third"]),
        ({"keyResult": {"externalId": "macros"}}, ["second"]),
        ({"team": {"externalId": "platform"}}, ["first", "third"]),
        ({"cycle": {"externalId": "quarter"}}, ["first", "second", "third"]),
        ({"owner": {"externalId": "ben"}}, ["first"]),
        ({"hypothesis": {"contains": "third"}}, ["third"]),
        ({"startedOn": {"lte": str(TODAY - timedelta(days=4))}}, ["second"]),
        ({"endedOn": {"isNull": False}}, ["first"]),
    ):
        assert await found(filter=filter) == expected, filter
    assert await found(order={"field": "STARTED_ON"}) == ["second", "first", "third"]
