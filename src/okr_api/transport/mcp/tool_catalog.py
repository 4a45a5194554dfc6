"""Catalogue of the MCP tools: each is a GraphQL document of this package, with a title and its scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, OperationDefinitionNode, OperationType, parse
from graphql.execution.values import get_variable_values

from okr_api.auth.actor import Scope
from okr_api.transport.mcp.input_schemas import JsonSchema, input_schema_of
from okr_api.transport.mcp.search_results import FILTERED

DOCUMENTS = Path(__file__).parent / "documents"
MAX_TOOLS = 25  # more of them crowd the context of a model, and it chooses worse
IDEMPOTENCY_KEY = "idempotencyKey"

# Title and required scope by name, in the order in which clients list them.
TITLES: Mapping[str, tuple[str, Scope]] = {
    "get_viewer": ("Whose token this is", Scope.READ),
    "search": ("Search", Scope.READ),
    "fetch": ("Fetch a search result", Scope.READ),
    "list_cycles": ("List cycles", Scope.READ),
    "list_teams": ("List teams", Scope.READ),
    "list_people": ("List people", Scope.READ),
    "list_objectives": ("List objectives", Scope.READ),
    "get_objective_tree": ("Objectives as a tree", Scope.READ),
    "get_objective": ("Read an objective", Scope.READ),
    "get_key_result": ("Read a key result", Scope.READ),
    "explain_progress": ("Explain progress", Scope.READ),
    "get_my_work": ("What a person owes", Scope.READ),
    "get_check_in_agenda": ("Agenda of a check-in meeting", Scope.READ),
    "get_digest": ("What happened in a period", Scope.READ),
    "get_cycle_summary": ("Result of a cycle", Scope.READ),
    "search_lessons": ("Search lessons", Scope.READ),
    "coach_objective": ("Advise on a draft", Scope.READ),
    "record_check_in": ("Record a check-in", Scope.CHECK_IN),
    "draft_check_in": ("Prepare a check-in", Scope.CHECK_IN),
    "create_comment": ("Comment", Scope.CHECK_IN),
    "create_roadblock": ("Open a roadblock", Scope.CHECK_IN),
    "resolve_roadblock": ("Resolve a roadblock", Scope.WRITE),
    "create_objective": ("Create an objective", Scope.WRITE),
    "create_key_result": ("Add a key result", Scope.WRITE),
    "update_objective": ("Change an objective", Scope.WRITE),
}
# Tools that overwrite what is there; the others only add to it.
DESTRUCTIVE = frozenset({"update_objective", "resolve_roadblock"})
# Variables that the service sets from the arguments.
DERIVED: Mapping[str, frozenset[str]] = {"search": frozenset(FILTERED)}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its document, what clients are told about it, and the scope that it needs."""

    name: str
    title: str
    description: str
    text: str
    scope: Scope
    writes: bool
    is_destructive: bool
    input_schema: JsonSchema
    operation: OperationDefinitionNode

    @property
    def arguments(self) -> frozenset[str]:
        """Return the names of its arguments."""
        return frozenset(self.input_schema["properties"])

    def coerce(self, schema: GraphQLSchema, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Return the values of the variables, with defaults; None if one is invalid."""
        declared = self.operation.variable_definitions or ()
        values = get_variable_values(schema, declared, variables, max_errors=1)
        return None if isinstance(values, list) else values.coerced


def load_tools(schema: GraphQLSchema) -> dict[str, Tool]:
    """Return all tools by name, in the catalogue's order."""
    return {name: _load(name, title, scope, schema) for name, (title, scope) in TITLES.items()}


def _load(name: str, title: str, scope: Scope, schema: GraphQLSchema) -> Tool:
    text = (DOCUMENTS / f"{name}.graphql").read_text()
    document = parse(text)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    assert operation.description, name
    return Tool(
        name=name,
        title=title,
        description=" ".join(operation.description.value.split()),
        text=text,
        scope=scope,
        writes=operation.operation is OperationType.MUTATION,
        is_destructive=name in DESTRUCTIVE,
        input_schema=input_schema_of(document, operation, schema, DERIVED.get(name, frozenset())),
        operation=operation,
    )
