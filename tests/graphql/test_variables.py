"""Missing, null and invalid variables: a cached plan returns what graphql-core returns.

Each document is sent with valid variables first, and then with every variant that a client might get wrong. Two
servers are compared, each with its own Acme; only one of them has plans.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests import conftest
from tests.acme import World
from tests.serving import Server, serving
from tests.wrong_variables import variants, wrong

OBJECTIVES = "objectives({}) {{ nodes {{ title }} totalCount }}"
DONE = "{ seq errors { code path } }"
QUERIES: dict[str, dict[str, Any]] = {
    "query ($c: ID!) { " + OBJECTIVES.format("filter: {cycle: {id: {eq: $c}}}") + " }": {"c": "quarter"},
    "query ($c: ID) { " + OBJECTIVES.format("filter: {cycle: {id: {eq: $c}}}") + " }": {"c": "quarter"},
    "query ($c: [ID!]!) { " + OBJECTIVES.format("filter: {cycle: {id: {in: $c}}}") + " }": {"c": ["quarter"]},
    "query ($a: ID!, $b: ID!) { " + OBJECTIVES.format("filter: {cycle: {id: {in: [$a, $b]}}}") + " }": {
        "a": "quarter",
        "b": "year",
    },
    "query ($f: ObjectiveFilter) { " + OBJECTIVES.format("filter: $f") + " }": {
        "f": {
            "and": [{"kind": {"in": ["COMMITTED"]}}, {"title": {"contains": "e"}}],
            "not": {"progress": {"gt": 0.9}},
        }
    },
    "query ($f: [ObjectiveFilter!]!) { " + OBJECTIVES.format("filter: {or: $f}") + " }": {
        "f": [{"state": {"eq": "PUBLISHED"}}, {"progress": {"gte": 0.5}}]
    },
    "query ($s: Status!) { " + OBJECTIVES.format("filter: {status: {eq: $s}}") + " }": {"s": "PENDING"},
    "query ($n: Int!, $o: ObjectiveOrder) { " + OBJECTIVES.format("first: $n, orderBy: $o") + " }": {
        "n": 2,
        "o": {"field": "PROGRESS", "direction": "DESC"},
    },
    "query ($n: Int = 2, $d: OrderDirection! = DESC) { "
    + OBJECTIVES.format("first: $n, orderBy: {field: CREATED_AT, direction: $d}")
    + " }": {"n": 1, "d": "ASC"},
    'query ($n: Int!) { objective(externalId: "never_down") { keyResults { checkIns(first: $n) { totalCount } } } }': {
        "n": 1
    },
    "query ($id: ID!, $with: Boolean!) { objective(id: $id) { title kind @include(if: $with) } }": {
        "id": "never_down",
        "with": True,
    },
    "query ($id: ID!, $not: Boolean!) { objective(id: $id) { title } seq @skip(if: $not) }": {
        "id": "never_down",
        "not": False,
    },
    "query ($id: ID, $external: String) { objective(id: $id, externalId: $external) { title } }": {
        "id": "never_down"
    },
    "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }": {"ids": ["never_down", "macros"]},
    "query ($id: ID!) { nodes(ids: [$id]) { id } node(id: $id) { id } }": {"id": "never_down"},
    "query ($after: Seq!, $f: ChangeFilter) { changes(after: $after, filter: $f) { endSeq } }": {
        "after": 3,
        "f": {"kinds": ["OBJECTIVE_CREATED"], "nodeId": "never_down"},
    },
    "query ($k: [ChangeKind!]!) { changes(after: 0, filter: {kinds: $k}) { endSeq } }": {
        "k": ["PERSON_CREATED"]
    },
    "query ($n: Int!) { changes(after: 0, first: $n) @include(if: false) { endSeq } }": {"n": 2},
    "query ($cycle: ID, $depth: Int) { objectiveTree(cycleId: $cycle, depth: $depth) { rows { depth } } }": {
        "cycle": "quarter",
        "depth": 1,
    },
}
MUTATIONS: dict[str, dict[str, Any]] = {
    "mutation ($id: ID!, $d: String!) { objectiveUpdate(input: {objective: {id: $id}, description: $d}) "
    + DONE
    + " }": {
        "id": "never_down",
        "d": "Calm nights",
    },
    'mutation ($d: String) { objectiveUpdate(input: {objective: {externalId: "never_down"}, description: $d}) '
    + DONE
    + " }": {"d": "Calm days"},
    'mutation ($v: Float!, $note: String!) { checkInRecord(input: {keyResult: {externalId: "macros"}, value: $v, note: $note}) '
    + DONE
    + " }": {"v": 3, "note": "Three"},
    "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) " + DONE + " }": {
        "input": {"keyResult": {"id": "macros"}, "value": 4.5, "status": "ON_TRACK", "milestonesDone": None}
    },
    "mutation ($items: [CheckInItemInput!]!, $all: Boolean!) { checkInRecordMany(input: {items: $items, atomic: $all}) "
    + DONE
    + " }": {"items": [{"keyResult": {"id": "macros"}, "value": 5}], "all": True},
    "mutation ($v: Float!, $w: Float!) { checkInRecordMany(input: {items: ["
    '{keyResult: {externalId: "macros"}, value: $v}, {keyResult: {externalId: "backlog"}, value: $w}]}) '
    + DONE
    + " }": {
        "v": 5,
        "w": 100,
    },
    "mutation ($s: ReportedStatus!, $on: Date!) { checkInRecord(input: "
    '{keyResult: {externalId: "macros"}, status: $s, effectiveOn: $on}) ' + DONE + " }": {
        "s": "AT_RISK",
        "on": "2026-01-05",
    },
    "mutation ($name: String!, $email: String) { personCreate(input: {name: $name, email: $email}) "
    + DONE
    + " }": {"name": "Dana", "email": None},
    "mutation ($input: PersonCreateInput!) { personCreate(input: $input) " + DONE + " }": {
        "input": {"name": "Eve"}
    },
    'mutation ($v: Int!) { objectiveUpdate(input: {objective: {externalId: "never_down"}, title: "New", expectedVersion: $v}) '
    + DONE
    + " }": {"v": 2},
}
SUBSCRIPTIONS: dict[str, dict[str, Any]] = {
    "subscription ($o: ID!) { progressChanged(objectiveId: $o) { seq } }": {"o": "never_down"},
    "subscription ($k: [ChangeKind!]!) { changes(filter: {kinds: $k}) { seq } }": {"k": ["PERSON_CREATED"]},
}


@dataclass(frozen=True)
class Pair:
    """Two servers with the same data, one with plans and one without."""

    compiled: Server
    core: Server
    world: World


@pytest.fixture(scope="module")
async def pair(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Pair]:
    template, world = acme_template
    async with (
        server.copy_of(template) as one,
        server.copy_of(template) as other,
        serving(server.url_of(one), compiled=True, rate_limit=0) as compiled,
        serving(server.url_of(other), compiled=False, rate_limit=0) as core,
    ):
        yield Pair(compiled, core, world)


def named(world: World, value: Any) -> Any:
    """Return the value with global ids in place of names."""
    if isinstance(value, dict):
        return {key: named(world, one) for key, one in value.items()}
    if isinstance(value, list):
        return [named(world, one) for one in value]
    types = {"quarter": NodeType.CYCLE, "year": NodeType.CYCLE, "macros": NodeType.KEY_RESULT}
    types["never_down"] = NodeType.OBJECTIVE
    return encode_id(types[value], getattr(world, value)) if value in types else value


@pytest.mark.parametrize("document", (*QUERIES, *MUTATIONS))
async def test_a_warm_plan_says_of_any_variables_what_graphql_core_says(pair: Pair, document: str) -> None:
    right = named(pair.world, {**QUERIES, **MUTATIONS}[document])
    compiled, core = (one.client(pair.world.token) for one in (pair.compiled, pair.core))
    first = await compiled.ask(document, **right)
    assert await core.ask(document, **right) == first
    for sent in wrong(right):
        body = {"query": document, "variables": sent}
        got = (await compiled.http.post("/graphql", json=body)).json()
        expected = (await core.http.post("/graphql", json=body)).json()
        assert got == expected, sent
        codes = {error["extensions"]["code"] for error in got.get("errors", ())}
        assert "INTERNAL" not in codes, (sent, got)


@pytest.mark.parametrize("document", SUBSCRIPTIONS)
async def test_what_follows_says_of_any_variables_what_graphql_core_says(pair: Pair, document: str) -> None:
    right = named(pair.world, SUBSCRIPTIONS[document])
    async with pair.compiled.socket(pair.world.token) as compiled, pair.core.socket(pair.world.token) as core:
        for one in (compiled, core):
            await one.complete(await one.follow(document, **right))
        refused = 0
        for sent in variants(right):
            if not isinstance(sent, dict) or sent.get("k") == [] or {"unknown", *right} == sent.keys():
                continue  # valid: it would be a running subscription
            asked = [await one.subscribe(document, **sent) for one in (compiled, core)]
            got, expected = [(await one.message())["payload"] for one in asked]
            assert got == expected, sent
            refused += 1
        assert refused > 5


@pytest.mark.parametrize("number", ("NaN", "Infinity", "-Infinity"))
async def test_a_number_that_is_none_is_refused_over_a_socket(pair: Pair, number: str) -> None:
    document = 'mutation ($v: Float!) { checkInRecord(input: {keyResult: {externalId: "macros"}, value: $v}) { seq } }'
    for running in (pair.compiled, pair.core):
        async with running.socket(pair.world.token) as socket:
            await socket.subscribe(document, v=1)
            problem = await (await socket.subscribe(document, v=float(number))).problem()
            assert problem["code"] != "INTERNAL", problem
