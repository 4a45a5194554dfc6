"""Tools by the SDK's own client, over a real server: what they return, reject and count once."""

import asyncio
from typing import Any

import orjson
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from okr_api.auth.actor import Scope
from okr_api.graphql.schema import schema
from okr_api.transport.mcp.search_results import MAX_EXCERPT_CHARACTERS, MAX_SEARCH_WORDS
from okr_api.transport.mcp.tool_catalog import TITLES, load_tools
from okr_api.transport.mcp.tool_results import MAX_TOOL_RESULT_BYTES, result_of
from tests.acme import MORE_OBJECTIVES, TODAY, Acme
from tests.mcp_client import ERAS, mcp_client
from tests.serving import Server, serving

TOOLS = load_tools(schema._schema)
MACROS = {"externalId": "macros"}
BACKLOG = {"externalId": "clear_backlog"}
PERIOD = {"since": f"{TODAY.year}-01-01T00:00:00Z", "until": f"{TODAY.year}-01-02T00:00:00Z"}
# Arguments with which each tool does something at Acme; None: from the answers of others.
ARGUMENTS: dict[str, Any] = {
    "get_viewer": {},
    "search": {"query": "down"},
    "fetch": None,
    "list_cycles": {},
    "list_teams": {"name": "plat"},
    "list_people": {},
    "list_objectives": None,
    "get_objective_tree": {"cycleExternalId": "quarter"},
    "get_objective": {"externalId": "never_down"},
    "get_key_result": {"externalId": "macros"},
    "explain_progress": None,
    "get_my_work": {"personExternalId": "ben"},
    "get_check_in_agenda": {"teamExternalId": "platform"},
    "get_digest": {"scope": {"organization": True}, **PERIOD},
    "get_cycle_summary": {"externalId": "quarter"},
    "search_lessons": {"search": "servers"},
    "coach_objective": {"draft": {"title": "Improve things", "keyResults": [{"title": "Launch"}]}},
    "record_check_in": {"keyResult": MACROS, "value": 5, "confidence": 0.5, "note": "Half of them"},
    "draft_check_in": {"for": {"keyResult": MACROS}, "value": 6},
    "create_comment": {"on": {"objective": {"externalId": "never_down"}}, "text": "Well done"},
    "create_roadblock": {"on": {"keyResult": MACROS}, "title": "No writer"},
    "resolve_roadblock": None,
    "create_objective": {"title": "Write it down", "cycle": {"externalId": "quarter"}, "owner": {"externalId": "ben"}},
    "create_key_result": {"objective": {"externalId": "never_down"}, "title": "Pages", "measure": "INCREASE", "startValue": 0, "targetValue": 9},
    "update_objective": {"objective": {"externalId": "never_down"}, "title": "Never go down again"},
}  # fmt: skip


def data_of(result: CallToolResult) -> Any:
    """Return the data of a result, which is the same as text and structured."""
    assert not result.is_error, result.content[0].text
    assert orjson.loads(result.content[0].text) == result.structured_content
    return result.structured_content


def error_of(result: CallToolResult) -> dict[str, Any]:
    """Return the only error of a result, which its text says as well."""
    assert result.is_error
    [error] = result.structured_content["errors"]
    assert result.content[0].text.startswith(f"{error['code']}: {error['message']}")
    return error


async def token_of(acme: Acme, *scopes: Scope) -> str:
    return await acme.tokens.create(acme.organization.id, name="assistant", scopes=scopes)


async def check_ins(acme: Acme) -> int:
    [row] = await acme.fetch("select count(*) as number from check_in")
    return row["number"]


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_does_what_it_says(served: Server, acme: Acme, era: str):
    async with mcp_client(served, acme.token, era) as client:

        async def call(name: str, /, **arguments: Any) -> Any:
            return data_of(await client.call_tool(name, arguments))

        answers = {name: await call(name, **given) for name, given in ARGUMENTS.items() if given is not None}
        roadblock = answers["create_roadblock"]["roadblockCreate"]["roadblock"]["id"]
        found = {one["title"]: one["id"] for one in answers["search"]["results"]}
        later = {
            "fetch": {"id": found["Never go down"]},
            "list_objectives": {"cycleId": answers["get_viewer"]["currentCycle"]["id"]},
            "explain_progress": {"id": found["Never go down"]},
            "resolve_roadblock": {"roadblock": {"id": roadblock}, "resolution": "Hired"},
        }
        answers |= {name: await call(name, **given) for name, given in later.items()}
    assert set(answers) == set(TITLES)
    assert answers["get_viewer"]["currentCycle"]["name"] == "Quarter"
    assert answers["record_check_in"]["checkInRecord"]["checkIn"]["keyResult"]["progress"] == 0.5
    assert answers["list_teams"]["teams"]["nodes"][0]["name"] == "Platform"
    assert {row["objective"]["title"] for row in answers["get_objective_tree"]["objectiveTree"]["rows"]} == {
        "Answer fast",
        "Never go down",
        "Clear the backlog",
    }
    assert answers["fetch"]["title"] == "Never go down again"
    assert answers["fetch"]["metadata"] == {"type": "Objective"}
    assert len(answers["list_objectives"]["objectives"]["nodes"]) == 4
    assert answers["explain_progress"]["node"]["explain"]["progress"]["rule"]
    assert answers["create_objective"]["objectiveCreate"]["objective"]["state"] == "DRAFT"
    assert answers["resolve_roadblock"]["roadblockResolve"]["roadblock"]["state"] == "RESOLVED"
    assert answers["coach_objective"]["coach"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_check_in_that_is_retried_counts_once(served: Server, acme: Acme, era: str):
    arguments = {"keyResult": MACROS, "value": 5}
    async with mcp_client(served, await token_of(acme, Scope.CHECK_IN), era) as client:
        first = await client.call_tool("record_check_in", arguments)
    async with mcp_client(served, await token_of(acme, Scope.READ), era) as other:
        assert error_of(await other.call_tool("record_check_in", arguments))["code"] == "FORBIDDEN"
    recorded = data_of(first)["checkInRecord"]
    assert recorded["replayed"] is False
    assert await check_ins(acme) == 1
    assert await acme.progress(acme.macros) == 0.5


async def test_a_retry_is_answered_as_the_first_call_and_says_so(served: Server, acme: Acme):
    arguments = {"value": 5, "keyResult": MACROS}
    async with mcp_client(served, acme.token) as client:
        first = await client.call_tool("record_check_in", arguments)
        again = await client.call_tool("record_check_in", dict(reversed(arguments.items())))
        other = await client.call_tool("record_check_in", {**arguments, "value": 6})
    [before, after, more] = [data_of(one)["checkInRecord"] for one in (first, again, other)]
    assert [before["replayed"], after["replayed"], more["replayed"]] == [False, True, False]
    assert before["checkIn"] == after["checkIn"]
    assert len(first.content) == 1
    assert "counted once" in again.content[1].text
    assert await check_ins(acme) == 2


NOON = {"keyResult": MACROS, "value": 5, "effectiveAt": f"{TODAY.year}-01-01T12:00:00Z"}
SAME: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a whole number": ("record_check_in", {"keyResult": MACROS, "value": 5}, {"keyResult": MACROS, "value": 5.0}),
    "an instant": ("record_check_in", NOON, {**NOON, "effectiveAt": f"{TODAY.year}-01-01T13:00:00+01:00"}),
    "no key": ("create_roadblock", {"on": {"keyResult": MACROS}, "title": "No writer"}, {"on": {"keyResult": MACROS}, "title": "No writer", "idempotencyKey": None}),
    "a default": ("create_roadblock", {"on": {"keyResult": MACROS}, "title": "No writer"}, {"on": {"keyResult": MACROS}, "title": "No writer", "type": "OTHER"}),
}  # fmt: skip


@pytest.mark.parametrize("same", SAME)
async def test_one_value_written_in_two_ways_is_the_same_call(served: Server, acme: Acme, same: str):
    name, first, again = SAME[same]
    async with mcp_client(served, acme.token) as client:
        results = [data_of(await client.call_tool(name, arguments)) for arguments in (first, again)]
    assert [root["replayed"] for result in results for root in result.values()] == [False, True]


async def test_calls_at_the_same_time_count_once_over_several_servers(
    served: Server, acme: Acme, acme_url: str
):
    arguments = {"keyResult": MACROS, "value": 5}
    async with (
        serving(acme_url, mcp=True) as second,
        mcp_client(served, acme.token) as one,
        mcp_client(second, acme.token, "legacy") as another,
    ):
        results = await asyncio.gather(
            *(client.call_tool("record_check_in", arguments) for client in (one, another) for _ in range(10))
        )
    replayed = sorted(data_of(result)["checkInRecord"]["replayed"] for result in results)
    assert replayed == [False] + [True] * 19
    assert await check_ins(acme) == 1


async def test_a_key_of_the_clients_own_decides_what_is_the_same(served: Server, acme: Acme):
    arguments = {"keyResult": MACROS, "value": 5}
    async with mcp_client(served, acme.token) as client:
        for key in ("a", "b", "a"):
            data_of(await client.call_tool("record_check_in", {**arguments, "idempotencyKey": key}))
        differs = await client.call_tool("record_check_in", {**arguments, "value": 6, "idempotencyKey": "a"})
    assert error_of(differs)["code"] == "IDEMPOTENCY_MISMATCH"
    assert await check_ins(acme) == 2


async def test_a_rejected_call_may_be_repeated_with_success(served: Server, acme: Acme):
    arguments = {"keyResult": {"externalId": "pages"}, "value": 5}
    async with mcp_client(served, acme.token) as client:
        assert error_of(await client.call_tool("record_check_in", arguments))["code"] == "NOT_FOUND"
        made = {**ARGUMENTS["create_key_result"], "title": "Pages"}
        id = data_of(await client.call_tool("create_key_result", made))["keyResultCreate"]["keyResult"]["id"]
        await served.client(acme.token).do("keyResultUpdate", keyResult={"id": id}, externalId="pages")
        assert (
            data_of(await client.call_tool("record_check_in", arguments))["checkInRecord"]["replayed"]
            is False
        )


@pytest.mark.parametrize("name", [name for name, tool in TOOLS.items() if tool.writes])
async def test_a_token_without_the_scope_is_told_which_it_has_and_needs(
    served: Server, acme: Acme, name: str
):
    needed = TOOLS[name].scope
    less = list(Scope)[list(Scope).index(needed) - 1]
    roadblock = await served.client(acme.token).make(
        "roadblockCreate", on={"keyResult": MACROS}, title="No writer"
    )
    arguments = ARGUMENTS[name] or {"roadblock": {"id": roadblock}}
    before = await acme.tables("token", "idempotency")
    async with mcp_client(served, await token_of(acme, less)) as client:
        result = await client.call_tool(name, arguments)
    assert error_of(result)["message"] == f"This needs a token with the scope {needed}"
    assert result.structured_content["scopes"] == {"held": [less], "needed": needed}
    assert result.content[0].text.endswith(f"Scope needed: {needed}. Scopes of this token: {less}.")
    assert await acme.tables("token", "idempotency") == before
    async with mcp_client(served, await token_of(acme, needed)) as client:
        data_of(await client.call_tool(name, arguments))


WRONG: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "an unknown argument": ("get_objective", {"name": "x"}, "BAD_USER_INPUT", "get_objective has no argument 'name'; its arguments: externalId, id"),
    "an unknown argument of a long name": ("get_viewer", {"x" * 10_000: 1}, "BAD_USER_INPUT", f"get_viewer has no argument '{'x' * 100}'; its arguments: none"),
    "no words to find": ("search", {"query": 5}, "BAD_USER_INPUT", "$query"),
    "nothing to find": ("search", {"query": " "}, "INVALID_INPUT", "1 to 500 characters"),
    "a variable that is no argument": ("search", {"query": "x", "people": {"name": {"contains": ""}}}, "BAD_USER_INPUT", "search has no argument 'people'; its arguments: query"),
    "text for a number": ("record_check_in", {"keyResult": MACROS, "value": "5"}, "BAD_USER_INPUT", "Float cannot represent '5'"),
    "a number beyond all bounds": ("record_check_in", {"keyResult": MACROS, "value": 10**30}, "INVALID_INPUT", ""),
    "an unknown enum value": ("record_check_in", {"keyResult": MACROS, "status": "GREEN"}, "BAD_USER_INPUT", "GREEN"),
    "two ways to name one thing": ("record_check_in", {"keyResult": {"id": "x", "externalId": "y"}, "value": 5}, "BAD_USER_INPUT", "EntityRef"),
    "nothing that is required": ("create_comment", {"text": "x"}, "BAD_USER_INPUT", "$on"),
    "an id of nothing": ("get_objective", {"id": "obj_00000000000000000000000000000000"}, "NOT_FOUND", "this token may not see it"),
    "an id that is none": ("get_objective", {"id": "x"}, "NOT_FOUND", ""),
    "no id at all": ("get_objective", {}, "INVALID_INPUT", ""),
    "an empty key": ("record_check_in", {"keyResult": MACROS, "value": 5, "idempotencyKey": ""}, "INVALID_INPUT", "idempotencyKey has 1 to 200 characters"),
    "too many at once": ("list_cycles", {"first": 101}, "INVALID_INPUT", "100"),
    "a period that ends before it begins": ("get_digest", {"scope": {"organization": True}, "since": PERIOD["until"], "until": PERIOD["since"]}, "INVALID_INPUT", ""),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("era", ERAS)
async def test_wrong_arguments_are_a_result_that_says_what_is_wrong(
    tools: tuple[Server, str], wrong: str, era: str
):
    name, arguments, code, message = WRONG[wrong]
    async with mcp_client(*tools, era) as client:
        error = error_of(await client.call_tool(name, arguments))
    assert (error["code"], message in error["message"]) == (code, True), error


@pytest.mark.parametrize("era", ERAS)
async def test_a_tool_that_there_is_not_is_an_error_of_the_protocol(tools: tuple[Server, str], era: str):
    async with mcp_client(*tools, era) as client:
        with pytest.raises(MCPError, match="There is no tool 'delete_everything'"):
            await client.call_tool("delete_everything", {})


async def test_a_result_has_at_most_128_kib(served: Server, acme: Acme):
    await acme.fetch(MORE_OBJECTIVES, acme.never_down, 600)
    tree = {"cycleExternalId": "quarter"}
    async with mcp_client(served, acme.token) as client:
        error = error_of(await client.call_tool("get_objective_tree", tree))
        found = data_of(await client.call_tool("get_objective", {"externalId": "answer_fast"}))["objective"]
        part = data_of(await client.call_tool("get_objective_tree", {"rootId": found["id"]}))
    assert (error["code"], "more than 131072 bytes" in error["message"]) == ("TOO_LARGE", True)
    assert len(part["objectiveTree"]["rows"]) == 2


@pytest.mark.parametrize(("more", "is_error"), ((0, False), (1, True)))
def test_a_result_at_the_limit_is_returned(acme: Acme, more: int, is_error: bool):
    size = MAX_TOOL_RESULT_BYTES + more - len('{"data":{"objective":""}}')
    body = orjson.dumps({"data": {"objective": "x" * size}})
    assert result_of(TOOLS["get_objective"], acme.actor, body).is_error is is_error


async def test_what_a_token_may_not_see_is_not_found(served: Server, acme: Acme):
    await served.client(acme.token).do(
        "objectiveUpdate", objective={"externalId": "never_down"}, visibility="PRIVATE"
    )
    async with (
        mcp_client(served, acme.token) as owner,
        mcp_client(served, await token_of(acme, Scope.READ)) as other,
    ):
        everything = [
            one["title"] for one in data_of(await owner.call_tool("search", {"query": "e"}))["results"]
        ]
        seen = [one["title"] for one in data_of(await other.call_tool("search", {"query": "e"}))["results"]]
        error = error_of(await other.call_tool("get_objective", {"externalId": "never_down"}))
    assert "Never go down" in everything
    assert "Never go down" not in seen
    assert error["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("query", "titles"),
    (
        ("down go NEVER", {"Never go down"}),
        ("down backlog", set()),
        ("down " * 10 + "backlog", {"Never go down"}),  # further words are not looked for
        ("100%_", set()),
    ),
)
async def test_what_is_found_contains_all_of_up_to_ten_words(
    tools: tuple[Server, str], query: str, titles: set[str]
):
    assert MAX_SEARCH_WORDS == 10
    async with mcp_client(*tools) as client:
        found = {
            one["title"] for one in data_of(await client.call_tool("search", {"query": query}))["results"]
        }
    assert found == titles


async def test_the_text_of_a_found_lesson_has_at_most_200_characters(served: Server, acme: Acme):
    text = "Servers " + "x" * 500
    about = {"keyResult": {"externalId": "uptime"}}
    await served.client(acme.token).do("lessonCreate", title="Redundancy", text=text, source=about)
    async with mcp_client(served, acme.token) as client:
        [found] = data_of(await client.call_tool("search", {"query": "servers"}))["results"]
        fetched = data_of(await client.call_tool("fetch", {"id": found["id"]}))
    assert (found["title"], found["text"]) == ("Redundancy", f"Lesson: {text}"[:MAX_EXCERPT_CHARACTERS])
    assert fetched["title"] == "Redundancy"
    assert orjson.loads(fetched["text"])["text"] == text
