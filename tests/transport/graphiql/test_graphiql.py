"""The packaged GraphiQL: complete, within its size limit, and independent of other hosts."""

import re
from html.parser import HTMLParser

import httpx2
import pytest
from graphql import parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from okr_api.graphql.schema import schema
from okr_api.transport.graphiql import STATIC, graphiql_routes, page
from tests.house.tree import ROOT

SHORTEST_LICENCE = 500  # characters: more than the name of a licence, fewer than any licence text
LARGEST_BUNDLE = 2_000_000  # bytes of all files in the folder; 1.6 million when this limit was set


async def _page(_: Request) -> Response:
    return page("/graphql")


TYPES = {"script": "javascript", "link": "css"}
ROUTES = [Route("/graphql", _page), *graphiql_routes("/graphql")]


@pytest.fixture
async def browser():
    app = Starlette(routes=[*ROUTES, Mount("/behind/a/prefix", routes=ROUTES)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://okr.test") as client:
        yield client


class Elements(HTMLParser):
    """HTML parser that collects the addresses a page references and the text of its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: dict[str, str] = {}
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._in_script = tag == "script"
        self.addresses |= {value: tag for name, value in attrs if name in {"src", "href"}}

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        if self._in_script:
            self.scripts.append(data)


def files(*suffixes):
    return [file for file in STATIC.iterdir() if file.suffix in suffixes]


async def test_the_page_names_only_files_beside_it(browser):
    addresses = Elements((await browser.get("/graphql")).text).addresses
    assert sorted(addresses.values()) == ["link", "link", "script"]
    allowed = re.compile(r"graphql/static/graphiql-\w+\.(js|css)|data:,")
    assert [address for address in addresses if not allowed.fullmatch(address)] == []


async def test_the_page_has_its_title_and_may_load_only_from_its_own_host(browser):
    answer = await browser.get("/graphql")
    assert "<title>OKR API</title>" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "http" not in answer.headers["content-security-policy"]
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("operation", ("tree", "nothing-yet", "changes"))
def test_what_the_page_opens_with_is_right_by_the_schema(operation):
    query = (ROOT / "graphiql" / "src" / f"{operation}.graphql").read_text("utf-8")
    assert validate(schema._schema, parse(query)) == []
    [script] = files(".js")
    [line] = re.findall(r"^(?:query|subscription) .*$", query, re.MULTILINE)
    assert line in script.read_text("utf-8")


@pytest.mark.parametrize("prefix", ("", "/behind/a/prefix"))
async def test_what_the_page_names_is_served_with_its_type_and_for_good(browser, prefix):
    for address, tag in Elements((await browser.get(f"{prefix}/graphql")).text).addresses.items():
        if address == "data:,":  # an empty icon, so that browsers do not request one
            continue
        answer = await browser.get(f"{prefix}/{address}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"text/{TYPES[tag]}; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_else_is_served(browser):
    for name in ("index.html", "__init__.py", "..%2F__init__.py", "nothing.js", ""):
        answer = await browser.get(f"/graphql/static/{name}")
        assert answer.status_code == 404
    licences = await browser.get("/graphql/static/LICENSES.txt")
    assert licences.headers["cache-control"] == "no-cache"


def test_the_script_brings_everything_along():
    [script] = files(".js")
    text = script.read_text("utf-8")
    assert re.findall(r"\bimport\s*\(|\bimportScripts\b|sourceMappingURL", text) == []
    assert re.findall(r"(?:\bfrom|\bimport|fetch\(|\bsrc\s*[=:]|new \w+\()\s*[\"'`](?:\w+:)?//", text) == []
    assert re.findall(r"unpkg|jsdelivr|cdnjs|esm\.sh|skypack|googleapis|gstatic", text) == []


def test_the_styles_bring_everything_along():
    [styles] = files(".css")
    text = styles.read_text("utf-8")
    assert "@import" not in text
    assert "@font-face" not in text
    assert all(target.startswith("data:") for target in re.findall(r"url\([\"']?([^)]*)", text))


def test_the_licences_lie_beside_the_bundle():
    text = (STATIC / "LICENSES.txt").read_text("utf-8")
    for package in ("graphiql", "graphql", "graphql-ws", "react", "react-dom", "codemirror"):
        assert re.search(rf"^{package} \d\S* \(MIT\)", text, re.MULTILINE)
    parts = text.split("=" * 80)[1:]
    assert [part.strip() for part in parts if len(part) < SHORTEST_LICENCE] == []


def test_the_bundle_stays_small():
    assert sum(file.stat().st_size for file in STATIC.iterdir()) < LARGEST_BUNDLE
