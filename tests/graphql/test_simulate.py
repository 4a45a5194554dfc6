"""simulate: the answer is that of the mutations, done in their order, and nothing is stored."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.queries.simulations import MAX_SIMULATED_CHANGES
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.graphql.past_questions import services_of
from tests.query_engine.executors import Told, told_by_compiled, told_by_core

NUMBERS = """
    currentId title state version progress progressReason coverage confidence status derivedStatus
    reportedStatus score importedScore description createdAt: externalId
"""
TREE = f"""
    rows {{
        depth
        objective {{
            {NUMBERS} kind progressSource effectiveProgressSource lowestConfidence partsByStatus {{ status count }}
            owner {{ currentId }} cycle {{ name state startsOn endsOn }}
            parents {{ kind weight parent {{ currentId }} child {{ currentId }} }}
            children {{ currentId progress }}
            keyResults {{
                {NUMBERS} weight measure startValue targetValue currentValue role
                latestCheckIn {{ value note confidence status }}
                checkIns {{ totalCount nodes {{ value note isCurrent retractionReason }} }}
            }}
        }}
    }}
"""
DELTAS = """
    deltas { nodeType progressBefore progressAfter statusBefore statusAfter confidenceAfter valueBefore valueAfter }
"""
SIMULATE = f"""
    query ($changes: [SimulatedChange!]!, $cycle: String) {{
        simulate(changes: $changes) {{
            at
            results {{ index errors {{ code path message }} notices {{ code }} {DELTAS} }}
            {DELTAS}
            objectiveTree(cycleExternalId: $cycle) {{ {TREE} }}
        }}
    }}
"""
NOW = f"query ($cycle: String) {{ objectiveTree(cycleExternalId: $cycle) {{ {TREE} }} }}"
Change = dict[str, dict[str, Any]]


async def simulated(
    acme: Acme, changes: Sequence[Change], *, by: Actor | None = None, ask: Any = told_by_compiled
) -> Told:
    """Return the answer to a simulation, before and after which all tables are the same."""
    before, variables = await acme.tables(), {"changes": list(changes), "cycle": "quarter"}
    told: Told = await ask(await services_of(acme), by or acme.actor, SIMULATE, variables)
    assert await acme.tables() == before
    return told


async def done(acme: Acme, change: Change) -> Mapping[str, Any]:
    """Run the mutation of a change; return its payload."""
    [(name, given)] = change.items()
    kind = f"{name[0].upper()}{name[1:]}Input!"
    text = f"mutation ($input: {kind}) {{ payload: {name}(input: $input) {{ errors {{ code path message }} notices {{ code }} {DELTAS} }} }}"
    told = await told_by_compiled(await services_of(acme), acme.actor, text, {"input": given})
    assert not told.errors, told.errors
    payload: Mapping[str, Any] = told.data["payload"]
    return payload


def check_in(key_result: str, value: float, **more: Any) -> Change:
    """Return a check-in."""
    return {"checkInRecord": {"keyResult": {"externalId": key_result}, "value": value, **more}}


async def test_a_check_in_moves_what_it_would_move(acme: Acme):
    told = await simulated(acme, [check_in("macros", 5)])
    assert not told.errors, told.errors
    [result] = told.data["simulate"]["results"]
    assert result["errors"] == []
    payload = await done(acme, check_in("macros", 5))
    assert result["deltas"] == told.data["simulate"]["deltas"] == payload["deltas"]
    again = await told_by_compiled(await services_of(acme), acme.actor, NOW, {"cycle": "quarter"})
    assert told.data["simulate"]["objectiveTree"] == again.data["objectiveTree"]


async def test_a_change_that_is_rejected_has_the_errors_of_its_mutation(acme: Acme):
    changes: list[Change] = [
        {"objectiveDrop": {"objective": {"externalId": "nobody"}, "reason": "R"}},
        check_in("macros", 5),
        {"objectiveUpdate": {"objective": {"externalId": "answer_fast"}, "title": " "}},
    ]
    told = await simulated(acme, changes)
    assert not told.errors, told.errors
    results = told.data["simulate"]["results"]
    payloads = [await done(acme, change) for change in changes]
    assert [one["errors"] for one in results] == [one["errors"] for one in payloads]
    assert [bool(one["errors"]) for one in results] == [True, False, True]


async def test_a_simulation_has_the_rights_of_its_token(acme: Acme):
    actor = await acme.tokens.actor(acme.world.tokens[Scope.READ])
    assert actor is not None
    told = await simulated(acme, [check_in("macros", 5)], by=actor)
    [result] = told.data["simulate"]["results"]
    assert [error["code"] for error in result["errors"]] == ["FORBIDDEN"]
    assert told.data["simulate"]["deltas"] == []


@pytest.mark.parametrize(("number", "code"), ((0, "INVALID_INPUT"), (MAX_SIMULATED_CHANGES + 1, "TOO_MANY")))
async def test_a_simulation_has_1_to_50_changes(acme: Acme, number: int, code: str):
    told = await simulated(acme, [check_in("macros", 5)] * number)
    assert [error["extensions"]["code"] for error in told.errors] == [code]
    assert (await simulated(acme, [check_in("macros", 5)] * MAX_SIMULATED_CHANGES)).errors == []


OBJECTIVES = ("answer_fast", "clear_backlog", "never_down", "new", "other")
KEY_RESULTS = ("backlog", "macros", "uptime", "errors", "load", "latency", "measured")


def random_change(random: Random) -> Change:
    """Return a random change, which may be rejected."""
    objective = {"objective": {"externalId": random.choice(OBJECTIVES)}}
    key_result = {"keyResult": {"externalId": random.choice(KEY_RESULTS)}}
    parent = random.choice(
        [
            {"objective": {"externalId": random.choice(OBJECTIVES)}},
            {"keyResult": {"externalId": random.choice(KEY_RESULTS)}},
        ]
    )
    weight = random.choice([0.0, 0.5, 1.0, 3.0, -1.0])
    reason = {"reason": "R"}
    return random.choice(
        [
            {"checkInRecord": {**key_result, "value": random.choice([0.0, 5.0, 50.0, 99.0]), "confidence": random.choice([None, 0.4])}},
            {"checkInRecord": {**key_result, "value": random.choice([0.0, 5.0, 50.0]), "note": "N", "status": "AT_RISK"}},
            {"keyResultUpdate": {**key_result, "targetValue": random.choice([1.0, 20.0, 150.0]), "reason": "R"}},
            {"keyResultUpdate": {**key_result, "weight": weight}},
            {"keyResultDrop": {**key_result, **reason}},
            {"keyResultPause": {**key_result, **reason}},
            {"keyResultRestore": key_result},
            {"keyResultMove": {**key_result, **objective}},
            {"keyResultCreate": {**objective, "title": "K", "measure": "INCREASE", "startValue": 0.0, "targetValue": 10.0, "externalId": "measured"}},
            {"objectiveCreate": {"title": "O", "cycle": {"externalId": "quarter"}, "parent": parent, "weight": weight, "externalId": random.choice(["new", "other"]), "draft": random.random() < 0.3}},
            {"objectiveUpdate": {**objective, "title": random.choice(["T", " "]), "kind": "ASPIRATIONAL"}},
            {"objectiveUpdate": {**objective, "progressSource": random.choice(["AUTO", "KEY_RESULTS", "OBJECTIVES", "BOTH"])}},
            {"objectivePublish": objective},
            {"objectivePause": {**objective, **reason}},
            {"objectiveDrop": {**objective, **reason}},
            {"objectiveRestore": objective},
            {"objectiveAlign": {**objective, "parent": parent, "weight": weight}},
            {"objectiveMove": {**objective, "parent": parent, "weight": weight}},
            {"cycleReview": {"cycle": {"externalId": "quarter"}}},
            {"cycleActivate": {"cycle": {"externalId": "quarter"}}},
            {"cycleClose": {"cycle": {"externalId": "quarter"}, "notMeasuredReason": "R"}},
        ]
    )  # fmt: skip


def without_new_ids(value: Any, known: set[str]) -> Any:
    """Return an answer in which ids of what the changes have created are one text."""
    match value:
        case dict():
            return {
                key: (one if one in known else "new") if key == "currentId" else without_new_ids(one, known)
                for key, one in value.items()
            }
        case list():
            return [without_new_ids(one, known) for one in value]
        case float():
            return round(value, 4)  # the score of a limit is a share of the time so far
    return value


@pytest.mark.parametrize("seed", range(8))
async def test_random_changes_do_what_they_would_do(acme: Acme, seed: int):
    random = Random(seed)
    known = {
        encode_id(kind, row["id"])
        for kind in ("OBJECTIVE", "KEY_RESULT", "PERSON")
        for row in await acme.fetch(f"select id from {kind.lower()}")
    }
    for _ in range(4):
        changes = [random_change(random) for _ in range(random.choice((1, 5, 20)))]
        told = await simulated(acme, changes, ask=random.choice((told_by_compiled, told_by_core)))
        assert not told.errors, (told.errors, changes)
        payloads = [await done(acme, change) for change in changes]
        results = told.data["simulate"]["results"]
        for change, result, payload in zip(changes, results, payloads, strict=True):
            assert {name: result[name] for name in payload} == payload, change
        by = random.choice((told_by_compiled, told_by_core))
        again = await by(await services_of(acme), acme.actor, NOW, {"cycle": "quarter"})
        would_be = without_new_ids(told.data["simulate"]["objectiveTree"], known)
        assert would_be == without_new_ids(again.data["objectiveTree"], known), changes
