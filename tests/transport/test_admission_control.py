"""Admission control: a token's operations in flight are bounded; the rest queues, and others are served."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from graphql import get_introspection_query

from okr_api.auth import admission_control
from okr_api.auth.actor import Actor, Scope
from okr_api.auth.admission_control import Overloaded
from okr_api.graphql.app_services import AppServices
from okr_api.okr.author import Author
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.bootstrap import found_organization
from okr_api.store import read_pool
from okr_api.store.read_limit import LimitedConnection
from okr_api.transport import body_limits
from tests.acme import MORE_OBJECTIVES, Acme
from tests.serving import COMPILED, PATIENCE_S, Server, Socket, serving
from tests.transport.held_requests import HEAVY, Request, code_of, held_back, sent

MANY = 400
HEAVIES = admission_control.MAX_EXECUTING_WEIGHT_PER_TOKEN // admission_control.MAX_WEIGHT
INTROSPECTION = get_introspection_query()
EXECUTORS = sorted({COMPILED, False})


@pytest.fixture
async def served(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


@pytest.fixture
async def other(acme: Acme) -> str:
    """Return a token of another organisation."""
    organization = await found_organization(acme.database, name="Other", zone="UTC")
    return await acme.tokens.create(organization.id, name="other", scopes=[Scope.READ])


@pytest.fixture
async def large(acme: Acme) -> None:
    """Add 1,000 objectives to Acme."""
    async with acme.database.writing(acme.organization.id) as connection:
        await connection.execute(MORE_OBJECTIVES, acme.never_down, 1_000)


class Readers:
    """All read connections, taken by the test so that every admitted operation waits for one."""

    def __init__(self, served: Server) -> None:
        self.database = house_of(served).database
        self.taken: list[LimitedConnection] = []

    async def take(self) -> None:
        """Take all read connections."""
        for organization in itertools.cycle([uuid4(), uuid4()]):  # one alone may not take all
            if self.database.readers.places.in_use >= read_pool.MAX_READERS:
                return
            self.taken.append(await self.database.take_reader(organization))

    def give_back(self) -> None:
        """Release all read connections."""
        while self.taken:
            self.database.give_back(self.taken.pop())


@asynccontextmanager
async def readers_taken(served: Server) -> AsyncIterator[Readers]:
    """Hold all read connections inside the context, so that no operation proceeds."""
    made = Readers(served)
    await made.take()
    try:
        yield made
    finally:
        made.give_back()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let operations wait for a read connection as long as a test takes."""
    monkeypatch.setattr(read_pool, "READER_TIMEOUT_S", PATIENCE_S)


def cycle(acme: Acme) -> str:
    return encode_id(NodeType.CYCLE, acme.quarter)


def house_of(served: Server) -> AppServices:
    assert served.app_services
    return served.app_services


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition in this process is true."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.001)


def nothing_is_held(served: Server) -> bool:
    """Return whether all counters of resources in use are back at zero."""
    house = house_of(served)
    admission, places = house.admission, house.database.readers.places
    assert served.sockets
    limiters = served.sockets.executors.limiters
    lanes = (admission.held, admission.executing, admission.light)
    counted = (admission.waiting, admission.waiting_weight, *(lane.in_use + lane.waiting for lane in lanes))
    return not any(
        (*counted, places.in_use, places.waiting, limiters.bodies.held, *admission.unread_bytes.values())
    )


@pytest.mark.usefixtures("large")
async def test_of_400_trees_released_together_few_are_under_way_and_others_are_served(
    served: Server, acme: Acme, other: str
):
    admission, honest = house_of(served).admission, served.client(other)
    await honest.ask("{ seq }")
    held = [await held_back(served, acme.token, HEAVY, of=cycle(acme)) for _ in range(MANY)]
    done, most, between = Counter[str | None](), 0, list[int]()

    async def answer(request: Request) -> None:
        nonlocal most
        status, body = await request.answer()
        most = max(most, admission.executing.in_use)
        done[code_of(body)] += 1
        assert status in (200, 429, 503)

    answers = [asyncio.create_task(answer(one.release())) for one in held]
    while not all(task.done() for task in answers):
        before = done.total()
        await honest.ask("{ seq }")
        between.append(done.total() - before)
    await asyncio.gather(*answers)
    assert done.total() == MANY
    assert done[None] >= HEAVIES
    assert most <= admission_control.MAX_EXECUTING_WEIGHT_PER_TOKEN
    assert len(between) > 10
    assert sorted(between)[len(between) * 9 // 10] <= 3 * HEAVIES  # of 400 trees, during one small query
    await until(lambda: nothing_is_held(served))


@pytest.mark.usefixtures("large")
async def test_a_token_with_200_trees_does_not_hold_up_another_one_of_its_organisation(
    served: Server, acme: Acme
):
    second = await acme.tokens.create(acme.organization.id, name="second", scopes=[Scope.READ])
    house, blocked = house_of(served), Readers(served)
    await blocked.take()
    many = [(await held_back(served, acme.token, HEAVY, of=cycle(acme))).release() for _ in range(200)]
    await until(lambda: house.admission.waiting == 200 - HEAVIES)
    order = list[str]()

    async def answer(name: str, request: Request) -> None:
        status, _ = await request.answer()
        assert status == 200
        order.append(name)

    one = (await held_back(served, second, HEAVY, of=cycle(acme))).release()
    answers = [
        asyncio.create_task(answer(name, it)) for name, it in (*(("many", it) for it in many), ("one", one))
    ]
    await until(lambda: house.admission.held.in_use > admission_control.MAX_WEIGHT_PER_TOKEN)
    blocked.give_back()
    await asyncio.gather(*answers)
    assert order.index("one") <= 5 * HEAVIES  # of 200 trees


@pytest.mark.parametrize("cost", (5, 50))
async def test_many_small_operations_of_one_token_are_all_answered(served: Server, acme: Acme, cost: int):
    query = "query ($n: Int!) { objectives(first: $n) { nodes { id } } }"
    requests = [await held_back(served, acme.token, query, n=cost) for _ in range(300)]
    answers = [await one.answer() for one in [one.release() for one in requests]]
    assert Counter((status, code_of(body)) for status, body in answers) == {(200, None): 300}


async def test_check_ins_of_one_token_over_128_connections_are_all_recorded(served: Server, acme: Acme):
    mutation = (
        "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq errors { code } } }"
    )
    given = {"keyResult": {"externalId": "macros"}, "value": 5}
    requests = [await held_back(served, acme.token, mutation, input=given) for _ in range(128)]
    answers = [await one.answer() for one in [one.release() for one in requests]]
    assert {status for status, _ in answers} == {200}
    assert len({json.loads(body)["data"]["checkInRecord"]["seq"] for _, body in answers}) == 128


async def test_an_organisation_and_a_process_execute_so_much_at_a_time(
    served: Server, acme: Acme, other: str
):
    tokens = [
        await acme.tokens.create(acme.organization.id, name=f"t{number}", scopes=[Scope.READ])
        for number in range(3)
    ]
    organization = await found_organization(acme.database, name="Third", zone="UTC")
    third = await acme.tokens.create(organization.id, name="third", scopes=[Scope.READ])
    admission, requests = house_of(served).admission, list[Request]()

    async def ask(token: str) -> tuple[int, int]:
        asked = [await held_back(served, token, HEAVY, of=cycle(acme)) for _ in range(HEAVIES)]
        requests.extend(one.release() for one in asked)
        total = len(requests) * admission_control.MAX_WEIGHT
        await until(lambda: admission.executing.in_use + admission.waiting_weight == total)
        return admission.executing.in_use, admission.waiting

    async with readers_taken(served):
        assert await ask(tokens[0]) == (2_000, 0)
        assert await ask(tokens[1]) == (4_000, 0)
        assert await ask(tokens[2]) == (4_000, 2)
        assert await ask(other) == (6_000, 2)
        assert await ask(third) == (6_000, 4)
    assert {(await one.answer())[0] for one in requests} == {200}


async def test_what_is_unread_keeps_an_organisation_and_a_process_from_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(admission_control, "ADMISSION_TIMEOUT_S", 0.01)
    control, size = admission_control.AdmissionControl(), 4_000 * admission_control.BYTES_PER_WEIGHT

    def actor(organization: int) -> Actor:
        return Actor(UUID(int=organization), uuid4(), Author("somebody"), frozenset())

    with ExitStack() as stack:
        for _ in range(3):
            assert await control.admit(actor(1), 1_000) is not None
            stack.enter_context(control.unread(actor(1), size))
        with pytest.raises(Overloaded):
            await control.admit(actor(1), 1_000)
        ticket = await control.admit(actor(2), 1_000)
        assert ticket is not None
        stack.enter_context(control.unread(actor(2), size))
        with pytest.raises(Overloaded):
            await control.admit(actor(3), 1_000)
        assert await control.admit(actor(3), 1) is not None
        ticket.release()


# ── Rejections ──


@pytest.fixture
def short_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limit the queue of a token to three heavy operations."""
    monkeypatch.setattr(admission_control, "MAX_WAITING_WEIGHT_PER_TOKEN", 3 * admission_control.MAX_WEIGHT)


@pytest.mark.usefixtures("short_queue")
@pytest.mark.parametrize("compiled", EXECUTORS)
async def test_whoever_finds_the_queue_full_is_told_over_every_transport(
    acme: Acme, acme_url: str, compiled: bool
):
    async with serving(acme_url, compiled=compiled) as served, readers_taken(served):
        waiting = [
            (await held_back(served, acme.token, HEAVY, of=cycle(acme))).release() for _ in range(HEAVIES + 3)
        ]
        await until(lambda: house_of(served).admission.waiting == 3)
        variables = {"of": cycle(acme)}
        asked = {"query": HEAVY, "variables": variables}
        http = served.client(acme.token).http
        for accept in ("application/json", "application/graphql-response+json"):
            response = await http.post("/graphql", json=asked, headers={"Accept": accept})
            assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
            [error] = response.json()["errors"]
            assert error["extensions"] == {"code": "BUSY"}
            assert "Nothing was done" in error["message"]
        response = await http.get("/graphql", params={"query": HEAVY, "variables": json.dumps(variables)})
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        response = await http.post("/graphql", json={"query": INTROSPECTION})
        assert response.status_code == 503
        response = await http.post("/graphql", json=asked, headers={"Accept": "text/event-stream"})
        assert '"code":"BUSY","retryAfter":1' in response.text
        async with served.socket(acme.token) as socket:
            problem = await (await socket.subscribe(HEAVY, of=cycle(acme))).problem()
        assert (problem["code"], problem["retryAfter"]) == ("BUSY", 1)
        assert house_of(served).admission.refused == {"too much of the token": 6}
        for one in waiting:
            one.close()
        await until(lambda: not house_of(served).admission.waiting)


async def test_a_full_process_refuses_those_who_wait_already(
    served: Server, acme: Acme, other: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(admission_control, "MAX_WAITING_WEIGHT", 2 * admission_control.MAX_WEIGHT)
    second = await acme.tokens.create(acme.organization.id, name="second", scopes=[Scope.READ])
    admission = house_of(served).admission
    async with readers_taken(served):
        held = [
            (await held_back(served, acme.token, HEAVY, of=cycle(acme))).release() for _ in range(HEAVIES + 2)
        ]
        await until(lambda: admission.waiting == 2)
        status, body = await (await held_back(served, acme.token, HEAVY, of=cycle(acme))).release().answer()
        assert (status, code_of(body)) == (503, "BUSY")
        held += [
            (await held_back(served, second, HEAVY, of=cycle(acme))).release() for _ in range(HEAVIES + 1)
        ]
        await until(lambda: admission.waiting == 3)
        status, body = await (await held_back(served, second, HEAVY, of=cycle(acme))).release().answer()
        assert (status, code_of(body)) == (503, "BUSY")
    assert {(await one.answer())[0] for one in held} == {200}


async def test_a_turn_comes_in_time_or_never(acme: Acme, served: Server, monkeypatch: pytest.MonkeyPatch):
    assert admission_control.ADMISSION_TIMEOUT_S == 20
    monkeypatch.setattr(admission_control, "ADMISSION_TIMEOUT_S", 0.2)
    executing = house_of(served).admission.executing
    async with readers_taken(served):
        held = [
            (await held_back(served, acme.token, HEAVY, of=cycle(acme))).release() for _ in range(HEAVIES)
        ]
        await until(lambda: executing.in_use == admission_control.MAX_EXECUTING_WEIGHT_PER_TOKEN)
        status, body = await (await held_back(served, acme.token, HEAVY, of=cycle(acme))).release().answer()
        assert (status, code_of(body)) == (503, "BUSY")
    for one in held:
        one.close()


@pytest.mark.parametrize("compiled", EXECUTORS)
async def test_a_bucket_overflows_by_one_operation_however_many_come_together(
    acme: Acme, acme_url: str, compiled: bool
):
    async with serving(acme_url, compiled=compiled, rate_limit=100) as served:
        house_of(served).rate_limiter.most = 500
        async with served.socket(acme.token) as socket:
            asked = [await socket.subscribe(HEAVY, of=cycle(acme)) for _ in range(10)]
            messages = [await one.message() for one in asked]
    kinds = Counter(one["type"] for one in messages)
    assert kinds == {"next": 1, "error": 9}
    refused = [one["payload"][0]["extensions"] for one in messages if one["type"] == "error"]
    assert {one["code"] for one in refused} == {"RATE_LIMITED"}
    assert all(one["retryAfter"] >= 1 for one in refused)


# ── Release, however an operation ends ──


async def stop_on_socket(served: Server, acme: Acme, socket: Socket) -> None:
    """Start operations, some executing and some queued, and complete them from the client."""
    asked = [await socket.subscribe(HEAVY, of=cycle(acme)) for _ in range(HEAVIES)]
    for one in asked:
        await socket.complete(one)


@pytest.mark.parametrize("compiled", EXECUTORS)
async def test_nothing_is_left_under_way_however_operations_end(acme: Acme, acme_url: str, compiled: bool):
    async with serving(acme_url, compiled=compiled) as served, readers_taken(served) as blocked:
        admission, of = house_of(served).admission, cycle(acme)
        gone = [(await held_back(served, acme.token, HEAVY, of=of)).release() for _ in range(2 * HEAVIES)]
        await until(lambda: admission.waiting == HEAVIES)
        for one in gone[HEAVIES:]:  # queued: their places are freed at once
            one.close()
        await until(lambda: not admission.waiting)
        async with served.socket(acme.token) as socket:
            await stop_on_socket(served, acme, socket)
            for _ in range(HEAVIES):
                await socket.subscribe(HEAVY, of=of)
            await until(lambda: admission.waiting == HEAVIES)
            socket.kill()
        await until(lambda: not admission.waiting)
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {acme.token}"}
        async with httpx2.AsyncClient(base_url=served.address, headers=headers) as http:
            async with http.stream("POST", "/graphql", json={"query": HEAVY, "variables": {"of": of}}):
                await until(lambda: admission.waiting == 1)
            await until(lambda: not admission.waiting)
        for one in gone[:HEAVIES]:  # executing: they run to their end without their clients
            one.close()
        others = [await held_back(served, acme.token, HEAVY, of=of) for _ in range(10)]
        answers = [asyncio.create_task(one.release().answer()) for one in others]
        wrong = served.client(acme.token).answer(
            "{ objectives(first: 101) { nodes { keyResults { checkIns(first: 3) { nodes { id } } } } } }"
        )
        refused = asyncio.create_task(wrong)
        await until(lambda: admission.waiting > 10)
        blocked.give_back()
        assert {status for status, _ in await asyncio.gather(*answers)} == {200}
        assert (await refused)["errors"]
        await until(lambda: nothing_is_held(served))


@pytest.mark.parametrize("compiled", EXECUTORS)
async def test_an_operation_that_runs_out_of_time_gives_its_place_up(
    acme: Acme, acme_url: str, compiled: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("okr_api.graphql.deadline.OPERATION_LIMIT_S", 0.3)
    async with serving(acme_url, compiled=compiled) as served, readers_taken(served) as blocked:
        requests = [
            (await held_back(served, acme.token, HEAVY, of=cycle(acme))).release() for _ in range(2 * HEAVIES)
        ]
        codes = Counter(
            [
                code_of(body) or "OUT_OF_TIME" in str(body)
                for _, body in [await one.answer() for one in requests]
            ]
        )
        assert codes.total() == 2 * HEAVIES
        blocked.give_back()
        await until(lambda: nothing_is_held(served))


# ── Unread responses ──


LONG = "query ($n: Int!) { objectives(first: $n) { nodes { id description } } }"


async def fill(acme: Acme) -> None:
    """Add objectives whose descriptions total 1 MB in a page of 100."""
    async with acme.database.writing(acme.organization.id) as connection:
        await connection.execute("update objective set description = repeat('x', 10000)")
        await connection.execute(MORE_OBJECTIVES, acme.never_down, 100)


async def test_answers_that_nobody_reads_count_against_their_token(
    acme: Acme, acme_url: str, other: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(admission_control, "MAX_UNREAD_BYTES_PER_TOKEN", 2 * 2**20)
    monkeypatch.setattr(admission_control, "MAX_WEIGHT_PER_TOKEN", 300)
    monkeypatch.setattr(admission_control, "ADMISSION_TIMEOUT_S", 0.3)
    await fill(acme)
    async with serving(acme_url, send_buffer=2**14) as served:
        admission = house_of(served).admission
        unread = list[Request]()
        for _ in range(12):
            request = await held_back(served, acme.token, LONG, n=100)
            request.reader._limit = 2**14  # type: ignore[attr-defined]
            unread.append(request.release())
        await until(lambda: sum(admission.unread_bytes.values()) > 2 * 2**20 or admission.refused)
        await until(lambda: admission.refused)
        assert sum(admission.unread_bytes.values()) < 7 * 2**20
        problem = await served.client(acme.token).answer("{ seq }")
        assert problem["errors"][0]["extensions"]["code"] == "BUSY"  # small operations are limited too
        assert "seq" in await served.client(other).ask("{ seq }")
        for one in unread:
            one.close()
        await until(lambda: nothing_is_held(served))
        assert "seq" in await served.client(acme.token).ask("{ seq }")


async def test_an_answer_on_a_socket_counts_until_it_has_been_read(acme: Acme, acme_url: str):
    await fill(acme)
    async with serving(acme_url, send_buffer=2**14) as served:
        admission = house_of(served).admission
        async with served.connect() as connection:
            init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {acme.token}"}}
            await connection.send(json.dumps(init))
            await connection.recv()
            connection.transport.pause_reading()
            payload = {"query": LONG, "variables": {"n": 100}}
            await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            await until(lambda: admission.unread_bytes)
            await connection.send(json.dumps({"id": "1", "type": "complete"}))
            await connection.send(json.dumps({"type": "ping"}))
            await until(lambda: not next(iter(served.sockets.conversations)).operations)
            assert sum(admission.unread_bytes.values()) > 2**19
            connection.transport.resume_reading()
            assert len(await connection.recv()) > 2**19
            await until(lambda: nothing_is_held(served))


# ── Request bodies ──


async def test_a_token_holds_so_many_bytes_of_bodies(served: Server, acme: Acme, other: str):
    assert body_limits.MAX_BODY_BYTES_PER_TOKEN == 16 * 2**20
    part = b" " * (body_limits.MAX_BODY_BYTES - 1)
    held = [await sent(served, acme.token, part, b"x") for _ in range(16)]
    bodies = served.sockets.executors.limiters.bodies
    await until(lambda: bodies.held >= 16 * len(part))
    status, body = await (await sent(served, acme.token, part, b"x")).answer()
    assert (status, code_of(body)) == (429, "RATE_LIMITED")
    status, _ = await (await held_back(served, other, "{ seq }")).release().answer()
    assert status == 200
    for one in held:
        one.close()
    await until(lambda: not bodies.held)


async def test_small_bodies_are_not_counted(served: Server, acme: Acme):
    bodies = served.sockets.executors.limiters.bodies
    small = await sent(served, acme.token, b" " * body_limits.UNCOUNTED_BODY_BYTES, b"x")
    large = await sent(served, acme.token, b" " * (body_limits.UNCOUNTED_BODY_BYTES + 1), b"x")
    await until(lambda: bodies.held)
    assert bodies.held == body_limits.UNCOUNTED_BODY_BYTES + 1
    small.close()
    large.close()
    await until(lambda: not bodies.held)


async def test_all_together_hold_so_many_bytes_and_small_requests_come_through(
    served: Server, acme: Acme, other: str, monkeypatch: pytest.MonkeyPatch
):
    assert body_limits.MAX_BODY_BYTES_IN_FLIGHT == 64 * 2**20
    monkeypatch.setattr(body_limits, "MAX_BODY_BYTES_IN_FLIGHT", 4 * 2**20)
    part = b" " * (body_limits.MAX_BODY_BYTES - 1)
    held = [await sent(served, acme.token, part, b"x") for _ in range(4)]
    bodies = served.sockets.executors.limiters.bodies
    await until(lambda: bodies.held >= 4 * len(part))
    held += [await sent(served, other, part[:-100], b"x")]
    await until(lambda: bodies.held >= 4.9 * len(part))
    status, body = await (await sent(served, other, part, b"x")).answer()
    assert (status, code_of(body)) == (503, "BUSY")
    third = await acme.tokens.create(acme.organization.id, name="third", scopes=[Scope.READ])
    status, _ = await (await held_back(served, third, "{ seq }")).release().answer()
    assert status == 200
    for one in held:
        one.close()
    await until(lambda: not bodies.held)


# ── Read connections ──


async def test_slow_reads_of_one_token_leave_connections_to_others(
    served: Server, acme: Acme, other: str, acme_url: str
):
    locking = await asyncpg.connect(acme_url)
    await locking.execute("begin; lock table objective in access exclusive mode")
    small = "query ($n: Int!) { objectives(first: $n) { nodes { id } } }"
    slow = [(await held_back(served, acme.token, small, n=3)).release() for _ in range(40)]
    places = house_of(served).database.readers.places
    await until(lambda: places.waiting >= 20)
    for client, _ in itertools.product((served.client(other),), range(3)):
        assert "seq" in await client.ask("{ seq }")
    second = await acme.tokens.create(acme.organization.id, name="second", scopes=[Scope.READ])
    assert "viewer" in await served.client(second).ask("{ viewer { name } }")
    await locking.close()
    assert {(await one.answer())[0] for one in slow} == {200}
