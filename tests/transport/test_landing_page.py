"""`/` links to GraphiQL and the documentation, needs no token and reveals nothing about the data."""

import re

import pytest

from tests.serving import serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("graphiql", (True, False), ids="graphiql={}".format)
async def test_a_browser_is_shown_where_graphiql_and_the_docs_are(acme_url: str, graphiql: bool):
    async with serving(acme_url, graphiql=graphiql) as server:
        http = server.client(None).http
        answer = await http.get("/", headers={"Accept": BROWSER})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert ('<a href="graphql">' in answer.text) is graphiql
        assert "docs/api.md" in answer.text
        assert "Acme" not in answer.text
        for place in re.findall('href="([a-z/]+)"', answer.text):
            linked = await http.get(f"/{place}", headers={"Accept": BROWSER})
            assert linked.status_code == 200


async def test_a_program_is_told_the_same_as_json(acme_url: str):
    async with serving(acme_url, graphiql=True) as server:
        answer = await server.client(None).http.get("/")
        told = answer.json()
        assert (told["service"], told["graphql"], told["graphiql"]) == ("okr-api", "/graphql", "/graphql")
        assert "docs/api.md" in told["documentation"]
        assert "Acme" not in answer.text
        assert answer.headers["vary"] == "Accept"
        assert (await server.client(None).http.head("/")).status_code == 200


async def test_what_is_sent_to_it_still_needs_a_token(acme_url: str):
    async with serving(acme_url) as server:
        answer = await server.client(None).http.post("/", json={"query": "{ seq }"})
        assert answer.status_code == 401
