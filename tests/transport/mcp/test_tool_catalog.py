"""The documents of the tools: valid, in the catalogue, and said to clients as they are."""

import jsonschema
import pytest
from graphql import parse, validate

from okr_api.graphql.schema import schema
from okr_api.transport.mcp.input_schemas import RecursiveInput, schema_of_type
from okr_api.transport.mcp.tool_catalog import DOCUMENTS, IDEMPOTENCY_KEY, MAX_TOOLS, TITLES, load_tools
from tests.docs.named import rows_of
from tests.mcp_client import ERAS, mcp_client
from tests.serving import Server

TOOLS = load_tools(schema._schema)
SDL = schema._schema
ENTITY = {
    "type": "object",
    "properties": {"id", "externalId"},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}


def test_the_catalogue_has_every_document_and_no_more_tools_than_a_model_chooses_well_among():
    assert {path.stem for path in DOCUMENTS.iterdir()} == set(TITLES)
    assert len(TITLES) <= MAX_TOOLS


@pytest.mark.parametrize("name", TITLES)
def test_a_document_is_valid_and_its_operation_has_the_name_of_the_tool(name: str):
    document = parse(TOOLS[name].text)
    assert validate(SDL, document) == []
    assert document.definitions[0].name.value == name


@pytest.mark.parametrize("name", TITLES)
def test_every_argument_is_described_by_a_valid_schema(name: str):
    described = TOOLS[name].input_schema
    jsonschema.Draft202012Validator.check_schema(described)
    assert [key for key, one in described["properties"].items() if not one.get("description")] == []


def test_writes_take_an_idempotency_key_that_may_be_left_out():
    writes = [tool for tool in TOOLS.values() if tool.writes]
    assert len(writes) == 8
    assert [tool.name for tool in writes if IDEMPOTENCY_KEY not in tool.arguments] == []
    assert [tool.name for tool in writes if IDEMPOTENCY_KEY in tool.input_schema.get("required", ())] == []


def test_the_schema_of_arguments_follows_from_the_variables():
    described = TOOLS["create_roadblock"].input_schema
    assert described["required"] == ["on", "title"]
    assert described["additionalProperties"] is False
    on, kind, due = (described["properties"][name] for name in ("on", "type", "dueOn"))
    assert on["description"] == "Objective or key result that it stands in the way of."
    assert (on["minProperties"], on["maxProperties"], list(on["properties"])) == (
        1,
        1,
        ["objective", "keyResult"],
    )
    assert {**on["properties"]["objective"], "description": "", "properties": {"id", "externalId"}} == {
        **ENTITY,
        "description": "",
    }
    assert kind["type"] == "string"
    assert kind["default"] == "OTHER"
    assert "DEPENDENCY" in kind["enum"]
    assert (due["type"], due["format"]) == ("string", "date")
    assert TOOLS["list_objectives"].input_schema["properties"]["first"] == {
        "type": "integer",
        "default": 50,
        "description": SDL.query_type.fields["objectives"].args["first"].description,
    }


def test_the_page_lists_every_tool_with_its_scope_and_what_it_does():
    listed = [row for row in rows_of("docs/mcp.md") if len(row) == 3]
    assert listed == [
        [f"`{tool.name}`", f"`{tool.scope}`", tool.description.partition(". ")[0].rstrip(".")]
        for tool in TOOLS.values()
    ]


def test_an_input_type_that_contains_itself_has_no_schema():
    with pytest.raises(RecursiveInput, match="ObjectiveFilter in ObjectiveFilter"):
        schema_of_type(SDL.type_map["ObjectiveFilter"])


@pytest.mark.parametrize("era", ERAS)
async def test_clients_are_told_what_a_tool_does(tools: tuple[Server, str], era: str):
    async with mcp_client(*tools, era) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert "get_viewer" in (client.instructions or "")
    assert list(listed) == list(TITLES)
    hints = {
        name: (
            tool.annotations.read_only_hint,
            tool.annotations.destructive_hint,
            tool.annotations.idempotent_hint,
        )
        for name, tool in listed.items()
        if tool.annotations
    }
    assert hints["get_objective"] == (True, False, True)
    assert hints["record_check_in"] == (False, False, True)
    assert hints["update_objective"] == (False, True, True)
    assert {name for name, (reads, *_) in hints.items() if not reads} == {
        name for name, tool in TOOLS.items() if tool.writes
    }
    assert listed["record_check_in"].input_schema == TOOLS["record_check_in"].input_schema
