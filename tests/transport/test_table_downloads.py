"""`/export/{table}.csv`: what an admin downloads is what GraphQL answers; everybody else is rejected."""

import csv
import io
from contextlib import asynccontextmanager

import asyncpg
import httpx2
import pytest

from okr_api.auth.tokens import TokenStore
from okr_api.graphql.exported_tables import MAX_EXPORT_PAGE_ROWS
from okr_api.okr.policy import Role, Scope
from okr_api.transport import table_downloads
from okr_api.transport.table_downloads import MAX_EXPORTS, MAX_EXPORTS_PER_TOKEN
from tests.acme import Acme, Workplace
from tests.cli.test_table_exports import MOVING, all_answers, as_text, fill
from tests.serving import Server, serving


@pytest.fixture
async def api(acme_url: str):
    async with serving(acme_url) as running:
        yield running


def rows_of(text: str) -> list[dict[str, str | None]]:
    return [
        {key: value or None for key, value in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


@asynccontextmanager
async def locked(url: str, table: str):
    """Hold a lock that keeps pages of the table from being read."""
    holder = await asyncpg.connect(url)
    try:
        async with holder.transaction():
            await holder.execute(f"lock table {table} in access exclusive mode")
            yield
    finally:
        await holder.close()


@asynccontextmanager
async def begun(api: Server, token: str, name: str = "teams"):
    """Begin a download; yield the response and its chunks once the first, the header, has come."""
    async with api.client(token).http.stream("GET", f"/export/{name}.csv") as response:
        chunks = response.aiter_bytes()
        if response.status_code == 200:
            assert (await anext(chunks)).startswith(b"id,externalId")
        yield response, chunks


async def test_every_table_that_an_admin_downloads_is_what_graphql_answers(acme: Acme, api: Server):
    client = api.client(acme.token)
    await fill(client)
    before = await all_answers(client)
    for name, rows in before.items():
        response = await client.http.get(f"/export/{name}.csv")
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert response.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
        assert response.headers["cache-control"] == "no-store"
        found = rows_of(response.text)
        assert len(found) == len(rows)
        for row, expected in zip(found, rows, strict=True):
            told = {key: as_text(value) for key, value in expected.items()}
            if expected.get(MOVING) is not None:
                assert float(row[MOVING] or 0) >= expected[MOVING]
                row[MOVING] = told[MOVING]
            assert row == told


async def test_a_download_that_has_ended_is_not_counted_any_more(acme: Acme, api: Server):
    http = api.client(acme.token).http
    assert [(await http.get("/export/teams.csv")).status_code for _ in range(30)] == [200] * 30


async def test_only_an_admin_downloads_and_nobody_without_a_token(acme: Acme, api: Server):
    for scope, token in acme.world.tokens.items():
        response = await api.client(token).http.get("/export/objectives.csv")
        if scope is Scope.ADMIN:
            assert response.status_code == 200
            continue
        assert response.status_code == 403, scope
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert error["message"] == "This needs a token with the scope admin"
    await acme.person("Ben the member", external_id="ben-member")
    token = await TokenStore(acme.database).create(
        acme.organization.id, name="Ben", scopes=[Scope.ADMIN], person="ben-member"
    )
    response = await api.client(token).http.get("/export/objectives.csv")
    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        403,
        f"This needs the role {Role.ADMIN}; yours is {Role.MEMBER}",
    )
    for nobody in (None, "okr_unknown"):
        response = await api.client(nobody).http.get("/export/objectives.csv")
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
            401,
            "NOT_AUTHENTICATED",
        )


async def test_an_admin_of_another_organisation_gets_their_own_rows(acme: Acme, api: Server, wakeups):
    other = await Workplace.found(acme.database, wakeups, "Other", "UTC")
    await other.person("Only here")
    token = await TokenStore(acme.database).create(other.organization.id, name="x", scopes=[Scope.ADMIN])
    client = api.client(token)
    assert [row["name"] for row in rows_of((await client.http.get("/export/people.csv")).text)] == [
        "Only here"
    ]
    assert rows_of((await client.http.get("/export/objectives.csv")).text) == []


async def test_a_service_without_the_right_to_see_what_is_private_does_not_export_it(acme: Acme, api: Server):
    ann = api.client(acme.token)
    await ann.do("objectiveUpdate", objective={"externalId": "answer_fast"}, visibility="PRIVATE")
    of_ann, of_service = [
        {
            row["externalId"]
            for row in rows_of((await api.client(token).http.get("/export/objectives.csv")).text)
        }
        for token in (acme.token, acme.world.tokens[Scope.ADMIN])
    ]
    assert of_ann - of_service == {"answer_fast"}


async def test_other_tables_and_methods_are_rejected(acme: Acme, api: Server):
    http = api.client(acme.token).http
    for path in ("/export/tokens.csv", "/export/objectives.xlsx", "/export/"):
        response = await http.get(path)
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
            404,
            "NOT_FOUND",
        )
    assert "cycles, teams, people" in (await http.get("/export/tokens.csv")).json()["errors"][0]["message"]
    assert (await http.post("/export/people.csv")).status_code == 405
    head = await http.head("/export/people.csv")
    assert (head.status_code, head.content, head.headers["content-type"]) == (
        200,
        b"",
        "text/csv; charset=utf-8",
    )


async def test_a_token_has_one_download_at_a_time_and_a_process_four(acme: Acme, acme_url: str, api: Server):
    assert (MAX_EXPORTS_PER_TOKEN, MAX_EXPORTS) == (1, 4)
    store = TokenStore(acme.database)
    tokens = [
        await store.create(acme.organization.id, name=f"t{n}", scopes=[Scope.ADMIN])
        for n in range(MAX_EXPORTS + 1)
    ]
    async with locked(acme_url, "team"):
        first = begun(api, tokens[0])
        _, chunks = await first.__aenter__()
        again = await api.client(tokens[0]).http.get("/export/cycles.csv")
        assert (again.status_code, again.headers["retry-after"]) == (429, "5")
        assert again.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}
        assert not again.headers["ratelimit"].endswith(";t=5")  # of the budget, which is hardly touched
        others = [begun(api, token) for token in tokens[1:MAX_EXPORTS]]
        opened = [await other.__aenter__() for other in others]
        assert [response.status_code for response, _ in opened] == [200] * (MAX_EXPORTS - 1)
        assert (await api.client(tokens[-1]).http.get("/export/cycles.csv")).status_code == 429
    assert b"Support" in b"".join([chunk async for chunk in chunks])
    for other, (_, rest) in zip(others, opened, strict=True):
        assert b"Support" in b"".join([chunk async for chunk in rest])
        await other.__aexit__(None, None, None)
    await first.__aexit__(None, None, None)
    assert (await api.client(tokens[0]).http.get("/export/teams.csv")).status_code == 200


async def test_a_client_that_leaves_makes_room(acme: Acme, acme_url: str, api: Server):
    async with locked(acme_url, "team"), begun(api, acme.token):
        pass
    async with begun(api, acme.token) as (response, chunks):
        assert response.status_code == 200
        assert b"Support" in b"".join([chunk async for chunk in chunks])


async def test_a_download_that_takes_too_long_is_cut_visibly(
    acme: Acme, acme_url: str, api: Server, monkeypatch
):
    assert table_downloads.EXPORT_TIMEOUT_S == 600
    monkeypatch.setattr(table_downloads, "EXPORT_TIMEOUT_S", 0.05)
    async with locked(acme_url, "team"), begun(api, acme.token) as (_, chunks):
        with pytest.raises(httpx2.RemoteProtocolError):
            await anext(chunks)


async def test_a_token_that_is_revoked_meanwhile_ends_the_download(acme: Acme, acme_url: str, api: Server):
    for place in range(MAX_EXPORT_PAGE_ROWS):
        await acme.team(f"Team {place}")
    store = TokenStore(acme.database)
    token = await store.create(acme.organization.id, name="gone", scopes=[Scope.ADMIN])
    async with begun(api, token) as (response, chunks):
        assert response.status_code == 200
        whole = b"".join([chunk async for chunk in chunks])
        assert whole.count(b"\r\n") > MAX_EXPORT_PAGE_ROWS
    async with locked(acme_url, "team"):
        cut = begun(api, token)
        _, chunks = await cut.__aenter__()
        [found] = [each for each in await store.all(acme.organization.id) if each.name == "gone"]
        await api.app_services.tokens.revoke(acme.organization.id, found.id)
    with pytest.raises(httpx2.RemoteProtocolError):
        [chunk async for chunk in chunks]
    await cut.__aexit__(None, None, None)
