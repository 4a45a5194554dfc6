"""Query cost: what a document costs, and its limits over every transport."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, get_introspection_query, parse

from okr_api.graphql import deadline
from okr_api.graphql.document_limits import MAX_ALIASES, MAX_DIRECTIVES
from okr_api.graphql.query_cost import (
    LIST,
    MAX_COST,
    MAX_COSTS_CACHED,
    MAX_DEPTH,
    MAX_ROOT_FIELDS,
    MUTATION,
    ROOT_FIELD_COST,
    OperationCost,
)
from okr_api.graphql.scan_cost import TREE_ROWS_PER_COST
from okr_api.graphql.schema import schema
from okr_api.query_engine.cursors import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from okr_api.query_engine.tree_query import MAX_TREE_NODES
from tests import conftest
from tests.acme import World
from tests.serving import COMPILED, Client, Server, serving

TREE = MAX_TREE_NODES // TREE_ROWS_PER_COST  # for an organisation of unknown size


def weight(text: str) -> OperationCost:
    document = parse(text)
    [operation] = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return OperationCost(schema._schema, document, operation)


def cost(text: str, **variables: Any) -> int:
    return weight(text).cost(variables)


@pytest.mark.parametrize(
    ("text", "objects"),
    (
        ("{ seq viewer { name } }", 1 + ROOT_FIELD_COST),
        ('{ objective(id: "x") { title owner { name } cycle { name } } }', 3),
        ('{ objective(id: "x") { keyResults { latestCheckIn { value } } } }', 1 + LIST * 2),
        ('{ objective(id: "x") { children { children { id } } } }', 1 + LIST * (1 + LIST)),
        ("{ objectives { totalCount } }", 1),
        ("{ objectives { nodes { id } } }", 1 + DEFAULT_PAGE_SIZE),
        ("{ objectives(first: 7) { nodes { id } } }", 1 + 7),
        ("{ objectives(last: 7) { edges { node { owner { id } } } } }", 1 + 7 * 3),
        ("{ keyResults(first: 7) { nodes { checkIns(first: 5) { nodes { id } } } } }", 1 + 7 * (2 + 5)),
        ("{ changes(after: 1) { nodes { seq } } }", 1 + MAX_PAGE_SIZE),
        ('{ nodes(ids: ["a", "b"]) { id ... on Objective { owner { id } } } }', 2 * 2),
        ('{ objectiveTree(rootId: "x") { rows { objective { id } } } }', 1 + TREE * 2),
        ('{ objectiveTree(rootId: "x") { roots { children { id } } } }', 1 + TREE + LIST * (1 + LIST)),
        ('{ __type(name: "Objective") { name } }', 1),
        ('{ a: objective(id: "x") { id } b: objective(id: "y") { id } }', 2 + ROOT_FIELD_COST),
        ('{ objective(id: "x") { id } ... on Query { objective(id: "x") { title } } }', 1),
        ('{ objective(id: "x") { ...A ...A owner { id } } } fragment A on Objective { owner { name } }', 2),
        ('{ objective(id: "x") { owner @skip(if: true) { id } } }', 2),
        ('mutation { cycleClose(input: { cycle: {id: "x"} }) { cycle { id } } }', MUTATION + 2),
        ("mutation { checkInRecordMany(input: { items: [{}, {}] }) { seq } }", MUTATION + 1 + 2),
        ("subscription { changes { deltas { progressBefore } } }", 1 + LIST),
    ),
)
def test_an_operation_costs_one_and_the_objects_that_it_may_answer_with(text: str, objects: int):
    assert cost(text) == 1 + objects


def test_a_number_that_no_float_holds_is_too_large_a_size():
    with pytest.raises(GraphQLError, match="may cost"):
        cost("query ($n: Int) { objectives(first: $n) { nodes { id } } }", n=10**400)


def test_sizes_are_those_of_the_variables():
    text = "query ($n: Int = 4) { objectives(first: $n) { nodes { id } } }"
    given: list[Any] = [9, 9.0, None, "nine", -3]
    assert [cost(text), *(cost(text, n=n) for n in given)] == [6, 11, 11, 6, 6, 2]
    assert (
        cost("query ($n: Int) { objectives(first: $n, last: 9) { nodes { id } } }", n=None)
        == 2 + DEFAULT_PAGE_SIZE
    )
    assert cost("{ objectives(first: null, last: 90) { nodes { id } } }") == 2 + 90
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(text, ids=["a"] * 5) == 1 + 5
    text = "mutation ($input: CheckInRecordManyInput!) { checkInRecordMany(input: $input) { seq } }"
    assert cost(text, input={"items": [{}] * 500}) == 1 + MUTATION + 1 + 500
    text = "mutation ($items: [X!]!) { checkInRecordMany(input: { items: $items }) { seq } }"
    assert cost(text, items=[{}] * 500) == 1 + MUTATION + 1 + 500


def test_costs_are_remembered_by_the_sizes_up_to_a_hundred():
    weighed = weight("query ($n: Int) { objectives(first: $n) { nodes { id } } }")
    for size in range(MAX_COSTS_CACHED):
        assert weighed.cost({"n": size, "other": size}) == 2 + size
    assert len(weighed.costs) == MAX_COSTS_CACHED
    weighed.cost({"n": MAX_COSTS_CACHED})
    assert len(weighed.costs) == 1


def test_what_multiplies_itself_is_weighed_at_once():
    bomb = '{ objective(id: "x") { ...F0 } } fragment F20 on Objective { id }' + "".join(
        f" fragment F{i} on Objective {{ a: children {{ ...F{i + 1} }} b: children {{ ...F{i + 1} }} }}"
        for i in range(20)
    )
    with pytest.raises(GraphQLError, match=r"costs [0-9]{10,}"):
        cost(bomb)


def test_selections_that_never_meet_again_are_not_weighed_for_ever():
    """Each level has one selection per subset of the levels above at which the path went through `a`."""
    on = "on Objective { a: children { id"
    ways = "".join(
        f" fragment L{i} {on} ...L{i + 1} ...S1 }} b: children {{ id ...L{i + 1} }} }}" for i in range(12)
    )
    seen = "".join(
        f" fragment S{i} {on} ...S{i + 1} }} b: children {{ id ...S{i + 1} }} }}" for i in range(1, 11)
    )
    ends = " fragment L12 on Objective { id } fragment S11 on Objective { id }"
    with pytest.raises(GraphQLError, match="selections"):
        weight(f'{{ objective(id: "x") {{ ...L0 }} }}{ways}{seen}{ends}')


def test_what_is_not_valid_is_weighed_all_the_same():
    assert cost("{ nothing { at { all } } }") == 1
    assert cost('{ objective(id: "x") { ...Gone } }') == 2
    with pytest.raises(GraphQLError, match="deeper"):
        cost('{ objective(id: "x") { ...F } } fragment F on Objective { children { ...F } }')


def test_introspection_by_graphiql_fits():
    assert 100 < cost(get_introspection_query(input_value_deprecation=True)) < MAX_COST // 5
    once = "fields { type { name } }"
    for _ in range(8):
        once = f"fields {{ type {{ {once} }} }}"
    with pytest.raises(GraphQLError, match="may cost"):
        cost(f"{{ __schema {{ types {{ {once} }} }} }}")


# ── Accepted at each limit and rejected beyond it, with the compiled executor and graphql-core ──


@pytest.fixture(scope="module", params=sorted({COMPILED, False}), ids="compiled={}".format)
async def house(
    request: pytest.FixtureRequest, server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme with the compiled executor and with graphql-core only; yield the server and Ann's token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), compiled=request.param) as running,
    ):
        yield running, acme_template[1].token


@pytest.fixture
def ann(house: tuple[Server, str]) -> Client:
    return house[0].client(house[1])


def of_depth(levels: int) -> str:
    """Return a document with this many levels."""
    return '{ cycle(id: "x") ' + "{ parent " * (levels - 2) + "{ id }" + " }" * (levels - 2) + " }"


LIMITS: dict[str, tuple[Callable[[int], str], int]] = {
    "deeper": (of_depth, MAX_DEPTH),
    "aliases": (lambda n: "{ viewer { " + " ".join(f"n{i}: name" for i in range(n)) + " } }", MAX_ALIASES),
    "directives": (lambda n: "{ seq " + "... @include(if: true) { seq } " * n + "}", MAX_DIRECTIVES),
    "root fields": (lambda n: "{ " + " ".join(f"n{i}: seq" for i in range(n)) + " }", MAX_ROOT_FIELDS),
    "costs": (
        lambda n: (
            f"{{ objectives(first: 100) {{ nodes {{ keyResults {{ checkIns(first: {n}) {{ nodes {{ id }} }} }} }} }} }}"
        ),
        (MAX_COST - 502) // 200,
    ),
}


@pytest.mark.parametrize(
    ("what", "of", "most"), [(what, *limit) for what, limit in LIMITS.items()], ids=LIMITS
)
async def test_at_a_limit_all_is_well_and_beyond_it_there_is_a_refusal(
    house: tuple[Server, str], ann: Client, what: str, of: Callable[[int], str], most: int
):
    assert "errors" not in await ann.answer(of(most))
    async with house[0].socket(house[1]) as socket:
        allowed = await (await socket.subscribe(of(most))).message()
        over_socket = await (await socket.subscribe(of(most + 1))).problem()
    assert "errors" not in allowed["payload"]
    over_http = await ann.answer(of(most + 1))
    assert list(over_http) == ["errors"]
    [error] = over_http["errors"]
    assert what in error["message"]
    assert error["extensions"] == {"code": "TOO_COMPLEX"}
    assert (over_socket["code"], over_socket["message"]) == ("TOO_COMPLEX", error["message"])


async def test_an_answer_tells_what_it_costs_over_http_and_sockets(house: tuple[Server, str], ann: Client):
    query = "query ($n: Int) { cycles(first: $n) { nodes { id } } }"
    told: dict[str, Any] = {"cost": {"requested": 2 + 8, "limit": MAX_COST}}
    first = await ann.answer(query, n=8)
    told["seq"] = first["extensions"]["seq"]
    assert first["extensions"] == told
    failed = await ann.answer("query ($n: Int) { seq cycles(first: $n) { nodes { id } } }", n=1000)
    assert failed["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert failed["extensions"]["cost"]["requested"] == 2 + 1000 + ROOT_FIELD_COST
    async with house[0].socket(house[1]) as socket:
        message = await (await socket.subscribe(query, n=8)).message()
    assert message["payload"]["extensions"] == told


async def test_a_subscription_is_weighed_and_its_events_are_not(house: tuple[Server, str]):
    begun = "subscription { changes(after: 0) { seq deltas { progressBefore } } }"
    deep = (
        "subscription { changes { node { ... on Cycle "
        + "{ parent " * MAX_DEPTH
        + "{ id }"
        + " }" * MAX_DEPTH
        + " } } }"
    )
    async with house[0].socket(house[1]) as socket:
        message = await (await socket.subscribe(begun)).message()
        problem = await (await socket.subscribe(deep)).problem()
    assert list(message["payload"]["extensions"]) == ["seq"]
    assert problem["code"] == "TOO_COMPLEX"


async def test_an_operation_ends_after_thirty_seconds(
    house: tuple[Server, str],
    ann: Client,
    acme_template: tuple[str, World],
    monkeypatch: pytest.MonkeyPatch,
):
    assert deadline.OPERATION_LIMIT_S == 30
    monkeypatch.setattr(deadline, "OPERATION_LIMIT_S", 0.3)
    running = house[0].app_services
    assert running
    once = {"name": "Late", "idempotencyKey": f"late {house[0].address}"}
    organization = acme_template[1].organization.id
    async with running.database.writing(organization) as connection:  # blocks writers
        await connection.fetch("select from feed_head where organization_id = $1 for update", organization)
        answer = await ann.answer(
            "mutation ($input: PersonCreateInput!) { personCreate(input: $input) { seq } }", input=once
        )
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["OUT_OF_TIME"]
    monkeypatch.undo()
    assert await ann.ask("{ seq }")
    done = await ann.do("personCreate", "person { name }", **once)
    assert (done["replayed"], done["person"]["name"]) == (False, "Late")
