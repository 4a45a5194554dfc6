"""Operation deadline: waiting mutations are cancelled, committing ones reported, none is applied twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from okr_api.graphql import deadline
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving

LIMIT_S = 0.5
LONGER_S = LIMIT_S + 0.25  # after it began to commit
CHECK_IN = (
    'mutation { checkInRecord(input: {keyResult: {externalId: "macros"}, value: 3}) { seq errors { code } } }'
)
MANY = (
    "mutation { checkInRecordMany(input: {items: ["
    '{keyResult: {externalId: "macros"}, value: 3}, {keyResult: {externalId: "backlog"}, value: 9}]}) { seq } }'
)
PERSON = 'mutation { personCreate(input: {name: "Dana"}) { seq person { name } } }'
KEYED = PERSON.replace('name: "Dana"', 'name: "Dana", idempotencyKey: "dana"').replace(
    "seq ", "seq replayed "
)
SEVERAL = (
    'mutation { a: teamCreate(input: {name: "A"}) { seq } b: teamCreate(input: {name: " "}) { errors { code } } '
    f"c: {CHECK_IN.removeprefix('mutation {').removesuffix('}')} "
    'd: teamCreate(input: {name: "D"}) { seq } }'
)
FAR = (
    'mutation { checkInRecord(input: {keyResult: {externalId: "uptime"}, value: 3}) '
    "{ seq checkIn { keyResult { objective { team { name } } } } } }"
)
WITH_INITIATIVES = FAR.replace("objective { team { name } }", "initiatives { nodes { title } }")
COUNTED = """
    select (select count(*) from check_in) as check_ins, (select count(*) from person where name = 'Dana') as danas,
        (select count(*) from team where name in ('A', 'D')) as teams
"""
AT_COMMIT = """
    create function wait_for_the_test() returns trigger language plpgsql as
        'begin perform pg_advisory_xact_lock(1); return null; end';
    create constraint trigger waits after insert on change deferrable initially deferred for each row
        when (new.kind not in ('TEAM_CREATED')) execute function wait_for_the_test();
"""
WAITS = "select pid from pg_locks where not granted and locktype = $1"

Ask = Callable[[Server, str, str], Coroutine[Any, Any, dict[str, Any]]]
Asked = Callable[[str], "asyncio.Task[dict[str, Any]]"]


async def over_http(served: Server, token: str, query: str) -> dict[str, Any]:
    """Send an operation by POST."""
    return await served.client(token).answer(query)


async def over_a_socket(served: Server, token: str, query: str) -> dict[str, Any]:
    """Send an operation over a WebSocket."""
    async with served.socket(token) as socket:
        message = await (await socket.subscribe(query)).message()
    payload = message["payload"]
    return payload if message["type"] == "next" else {"errors": payload}


async def by_an_event_stream(served: Server, token: str, query: str) -> dict[str, Any]:
    """Send an operation as an event stream and return its only event."""
    client = served.client(token).http
    headers = {"Accept": "text/event-stream"}
    async with client.stream("POST", "/graphql", json={"query": query}, headers=headers) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return told
    raise AssertionError("no event came")


WAYS: dict[str, tuple[Ask, bool]] = {
    "HTTP": (over_http, True),
    "HTTP by graphql-core": (over_http, False),
    "socket": (over_a_socket, True),
    "socket by graphql-core": (over_a_socket, False),
    "event stream": (by_an_event_stream, True),
}


@pytest.fixture(params=WAYS)
async def asked(
    request: pytest.FixtureRequest, acme: Acme, acme_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Asked]:
    """Yield a function that sends Ann's mutation over a transport; operations have half a second."""
    assert deadline.OPERATION_LIMIT_S == 30
    monkeypatch.setattr(deadline, "OPERATION_LIMIT_S", LIMIT_S)
    ask, compiled = WAYS[request.param]
    async with serving(acme_url, compiled=compiled) as served:
        assert await ask(served, acme.token, "{ seq }")
        yield lambda query: asyncio.create_task(ask(served, acme.token, query))


@asynccontextmanager
async def held(acme_url: str, statement: str, *values: Any) -> AsyncIterator[None]:
    """Hold the locks of a statement in another session."""
    connection = await asyncpg.connect(acme_url)
    try:
        async with connection.transaction():
            await connection.execute(statement, *values)
            yield
    finally:
        await connection.close()


@asynccontextmanager
async def held_at_commit(acme: Acme, acme_url: str) -> AsyncIterator[None]:
    """Block commits, except those of new teams, until the end of the context."""
    await acme.fetch(AT_COMMIT.split(";\n    create constraint")[0])
    await acme.fetch("create constraint" + AT_COMMIT.split("create constraint")[1])
    async with held(acme_url, "select pg_advisory_xact_lock(1)"):
        yield


async def somebody_waits(acme: Acme, locktype: str) -> int:
    """Wait until a session waits for a lock of this type; return its process id."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await acme.fetch(WAITS, locktype)):  # noqa: ASYNC110  it is another process
            await asyncio.sleep(0)
    pid: int = found[0]["pid"]
    return pid


async def counted(acme: Acme) -> dict[str, int]:
    """Return the non-zero counts of what the mutations create."""
    [row] = await acme.fetch(COUNTED)
    return {name: number for name, number in row.items() if number}


def out_of_time(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the extensions of the only error, OUT_OF_TIME, which list the applied mutations."""
    [error] = answer["errors"]
    assert error["extensions"].pop("code") == "OUT_OF_TIME", error
    assert error["message"]
    assert not answer.get("data")
    extensions: dict[str, Any] = error["extensions"]
    return extensions


@pytest.mark.parametrize("mutation", (CHECK_IN, MANY, PERSON, SEVERAL))
async def test_what_waits_for_its_turn_is_given_up_and_never_done(
    asked: Asked, acme: Acme, acme_url: str, mutation: str
) -> None:
    begun_at = await acme.seq()
    async with held(acme_url, "select from feed_head for update"):
        answer = await asked(mutation)
    assert out_of_time(answer) == {}
    assert not (await asked(CHECK_IN)).get("errors")  # everything queued before it has been processed
    assert await counted(acme) == {"check_ins": 1}
    assert await acme.seq() == begun_at + 1


@pytest.mark.parametrize(
    ("mutation", "made", "applied"),
    (
        (CHECK_IN, {"check_ins": 1}, {"checkInRecord": 1}),
        (MANY, {"check_ins": 2}, {"checkInRecordMany": 1}),
        (PERSON, {"danas": 1}, {"personCreate": 1}),
        (SEVERAL, {"check_ins": 1, "teams": 1}, {"a": 1, "c": 2}),
    ),
)
async def test_what_is_being_committed_is_waited_for_and_reported(
    asked: Asked,
    acme: Acme,
    acme_url: str,
    mutation: str,
    made: dict[str, int],
    applied: dict[str, int],
) -> None:
    begun_at = await acme.seq()
    async with held_at_commit(acme, acme_url):
        asking = asked(mutation)
        await somebody_waits(acme, "advisory")
        await asyncio.wait({asking}, timeout=LONGER_S)
        assert not asking.done(), asking.result()
    told = out_of_time(await asking)
    assert told == {"applied": {key: begun_at + place for key, place in applied.items()}}
    assert not (await asked('mutation { teamCreate(input: {name: "E"}) { seq } }')).get("errors")
    assert await counted(acme) == made


async def test_what_has_its_turn_and_a_key_goes_on_and_is_answered_to_a_retry(
    asked: Asked, acme: Acme, acme_url: str
) -> None:
    begun_at = await acme.seq()
    async with held(acme_url, "lock table person in share mode"):  # allows reads and blocks writes
        first, again = await asked(KEYED), await asked(KEYED)
        assert await counted(acme) == {}
    assert out_of_time(first) == out_of_time(again) == {"pending": ["personCreate"]}
    done = (await asked(KEYED))["data"]["personCreate"]
    assert (done["seq"], done["replayed"]) == (begun_at + 1, True)
    assert await counted(acme) == {"danas": 1}


async def test_what_has_its_turn_and_no_key_is_given_up_and_never_done(
    asked: Asked, acme: Acme, acme_url: str
) -> None:
    begun_at = await acme.seq()
    async with held(acme_url, "lock table person in share mode"):
        answer = await asked(PERSON)
    assert out_of_time(answer) == {}
    assert not (await asked(CHECK_IN)).get("errors")
    assert await counted(acme) == {"check_ins": 1}
    assert await acme.seq() == begun_at + 1


async def test_a_server_that_stops_gives_up_what_goes_on(acme: Acme, acme_url: str, monkeypatch) -> None:
    monkeypatch.setattr(deadline, "OPERATION_LIMIT_S", LIMIT_S)
    async with held(acme_url, "lock table person in share mode"), serving(acme_url) as served:
        assert out_of_time(await over_http(served, acme.token, KEYED)) == {"pending": ["personCreate"]}
    assert await counted(acme) == {}


async def test_what_was_done_is_reported_where_its_payload_cannot_be_read_in_time(
    asked: Asked, acme: Acme, acme_url: str
) -> None:
    begun_at = await acme.seq()
    async with held(acme_url, "lock table initiative in access exclusive mode"):
        answer = await asked(WITH_INITIATIVES)
    assert out_of_time(answer) == {"applied": {"checkInRecord": begun_at + 1}}
    assert await counted(acme) == {"check_ins": 1}


async def test_a_mutation_is_not_done_again_where_its_payload_cannot_be_read(
    asked: Asked, acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "OPERATION_LIMIT_S", PATIENCE_S)
    await acme.fetch("alter table team rename column name to secret")
    answer = await asked(FAR)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]
    await acme.fetch("alter table team rename column secret to name")
    assert await counted(acme) == {"check_ins": 1}


@pytest.mark.parametrize(("mutation", "made"), ((CHECK_IN, {"check_ins": 1}), (PERSON, {})))
async def test_a_mutation_whose_connection_is_lost_in_its_commit_is_done_once_or_not_at_all(
    asked: Asked,
    acme: Acme,
    acme_url: str,
    monkeypatch: pytest.MonkeyPatch,
    mutation: str,
    made: dict[str, int],
) -> None:
    monkeypatch.setattr(deadline, "OPERATION_LIMIT_S", PATIENCE_S)
    async with held_at_commit(acme, acme_url):
        asking = asked(mutation)
        pid = await somebody_waits(acme, "advisory")
        await acme.fetch("select pg_terminate_backend($1)", pid)
        if made:
            await somebody_waits(acme, "advisory")
    answer = await asking
    assert bool(answer.get("errors")) is not bool(made)
    assert await counted(acme) == made


async def test_a_query_ends_with_its_time(asked: Asked, acme: Acme, acme_url: str) -> None:
    async with held(acme_url, "lock table team in access exclusive mode"):
        answer = await asked("{ teams { nodes { name } } }")
    assert out_of_time(answer) == {}
