"""A cursor is accepted by the list and the order that it comes from, and by no other."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from okr_api.query_engine.cursors import list_id
from okr_api.query_engine.field_sources import Ordering
from tests.acme import Acme
from tests.graphql.conftest import Stage
from tests.serving import Client

LISTS = {
    "people": "people(first: 1{}) {{ edges {{ cursor }} }}",
    "teams": "teams(first: 1{}) {{ edges {{ cursor }} }}",
    "cycles": "cycles(first: 1{}) {{ edges {{ cursor }} }}",
    "objectives": "objectives(first: 1{}) {{ edges {{ cursor }} }}",
    "objectives by title": "objectives(first: 1, orderBy: {{field: TITLE}}{}) {{ edges {{ cursor }} }}",
    "objectives by title, downwards": "objectives(first: 1, orderBy: {{field: TITLE, direction: DESC}}{}) {{ edges {{ cursor }} }}",
    "objectives by progress": "objectives(first: 1, orderBy: {{field: PROGRESS}}{}) {{ edges {{ cursor }} }}",
    "objectives by confidence": "objectives(first: 1, orderBy: {{field: CONFIDENCE}}{}) {{ edges {{ cursor }} }}",
    "key results": "keyResults(first: 1{}) {{ edges {{ cursor }} }}",
    "key results downwards": "keyResults(first: 1, orderBy: {{field: CREATED_AT, direction: DESC}}{}) {{ edges {{ cursor }} }}",
    "key results by title": "keyResults(first: 1, orderBy: {{field: TITLE}}{}) {{ edges {{ cursor }} }}",
}


@pytest.fixture(scope="module")
async def cursors(stage: Stage) -> dict[str, str]:
    """Return a cursor of each list."""
    found = {}
    for name, text in LISTS.items():
        page = await stage.client.one(f"{{ {text.format('')} }}")
        found[name] = page["edges"][0]["cursor"]
    return found


@pytest.mark.parametrize("field", ("after", "before"))
@pytest.mark.parametrize("of", LISTS)
async def test_a_cursor_of_another_list_or_order_is_refused(
    of: str, field: str, cursors: dict[str, str], stage: Stage
):
    for name, text in LISTS.items():
        asked = text.format(f", {field}: $c") if field == "after" else text.format(", before: $c")
        answer = await stage.client.answer(f"query ($c: String) {{ {asked} }}", c=cursors[of])
        if name == of:
            assert "errors" not in answer
            continue
        [error] = answer["errors"]
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("INVALID_INPUT", [field]), name


async def test_a_list_in_its_own_order_has_one_cursor_whether_that_is_said_or_not(stage: Stage):
    page = "{ edges { cursor } }"
    unsaid, said = [
        await stage.client.one(f"{{ objectives(first: 1{order}) {page} }}")
        for order in ("", ", orderBy: {field: CREATED_AT, direction: ASC}")
    ]
    assert unsaid == said


async def test_a_cursor_is_refused_also_where_only_the_rows_are_counted(
    cursors: dict[str, str], stage: Stage
):
    problem = await stage.client.problem(
        "query ($c: String) { objectives(after: $c) { totalCount } }", c=cursors["people"]
    )
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["after"])


async def test_a_nested_list_takes_the_cursors_of_its_own_parent_only(client: Client, acme: Acme):
    for name, value in (("macros", 1), ("macros", 2), ("backlog", 190), ("backlog", 180)):
        await acme.check_in(name, value)
    pages = "query ($k: String!, $c: String) { keyResult(externalId: $k) { checkIns(first: 1, after: $c) { nodes { value } edges { cursor } } } }"
    macros = await client.one(pages, k="macros")
    mine = macros["checkIns"]["edges"][0]["cursor"]
    assert (await client.one(pages, k="macros", c=mine))["checkIns"]["nodes"] == [{"value": 1.0}]
    problem = await client.problem(pages, k="backlog", c=mine)
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["after"])
    both = 'query ($c: String) { objective(externalId: "clear_backlog") { keyResults { checkIns(after: $c) { totalCount } } } }'
    assert (await client.problem(both, c=mine))["code"] == "INVALID_INPUT"


def raw(text: str) -> str:
    """Encode a text as a cursor."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


FORGED: tuple[Any, ...] = (
    "{0}", "[]", "[{0}]", "[{0},null]", "[{0},null,5]", "[{0},null,[1]]", "[{0},null,{{}}]", "[[],null,{1}]", "[{{}},null,{1}]",
    "[null,null,{1}]", "[{0},NaN,{1}]", "[{0},1e999,{1}]", "[{0},{{}},{1}]", "[{0},null,{1},1]", "[" * 5_000, '[{0},"\\ud800",{1}]',
    '[{0},{{"instant":"0001-01-01T00:00:00+23:59"}},{1}]', '[{0},{{"instant":"9999-12-31T23:59:59-23:59"}},{1}]',
)  # fmt: skip


@pytest.mark.parametrize("forged", FORGED, ids=lambda text: text[:30])
async def test_a_forged_cursor_is_the_same_error_over_every_transport_and_harms_nobody_else(
    forged: str, stage: Stage
):
    id = f'"{stage.acme.macros.hex}"'
    asked = {
        "objectives(after: $c)": list_id("ObjectiveConnection", Ordering()),
        "objectives(after: $c, orderBy: {field: TITLE})": list_id(
            "ObjectiveConnection", Ordering(name="TITLE")
        ),
        "keyResults(after: $c, orderBy: {field: DUE_ON})": list_id(
            "KeyResultConnection", Ordering(name="DUE_ON")
        ),
        'keyResult(externalId: "macros") { checkIns(after: $c)': list_id(
            "CheckInConnection", Ordering(descending=True, name="EFFECTIVE_AT"), stage.acme.macros
        ),
    }
    async with stage.served.socket(stage.acme.token) as socket:
        for field, of in asked.items():
            closed = "{ nodes { id } }" + (" }" if "{ checkIns" in field else "")
            text = f"query ($c: String) {{ {field} {closed} }}"
            given = raw(forged if forged.startswith("[[[") else forged.format(f'"{of}"', id))
            by_http = await stage.client.problem(text, c=given)
            by_socket = await (await socket.subscribe(text, c=given)).problem()
            assert (by_http["code"], by_http["path"]) == ("INVALID_INPUT", ["after"])
            assert by_socket == by_http
        assert await stage.client.ask("{ seq objectives(first: 1) { nodes { id } } }")
