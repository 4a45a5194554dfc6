"""JSON Schema of a tool's arguments, derived from the variables of its GraphQL operation."""

from collections.abc import Collection
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
    value_from_ast_untyped,
    visit,
)

JsonSchema = dict[str, Any]

SCALARS: dict[str, JsonSchema] = {
    "ID": {"type": "string"},
    "String": {"type": "string"},
    "Int": {"type": "integer"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "Date": {"type": "string", "format": "date"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Seq": {"type": "integer"},
}


class RecursiveInput(ValueError):
    """Input type that contains itself: its schema would need references, which some clients do not read."""


def input_schema_of(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    schema: GraphQLSchema,
    derived: Collection[str] = (),
) -> JsonSchema:
    """Return the JSON Schema of an operation's variables, without those that are derived from others.

    A variable is described by its own description in the document, else by that of the argument or input
    field it is used for. A variable without a default is required if its type is non-null. Null is not in the
    schema: to leave a variable out is enough, and unions of types confuse some clients.

    Raises:
        RecursiveInput: an input type contains itself.
    """
    used = _descriptions_of_use(document, schema)
    properties: JsonSchema = {}
    required = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in derived:
            continue
        kind = type_from_ast(schema, definition.type)
        described: JsonSchema = {"description": _described(definition, used)}
        if definition.default_value is not None:
            described["default"] = value_from_ast_untyped(definition.default_value)
        elif is_non_null_type(kind):
            required.append(name)
        properties[name] = schema_of_type(kind) | {key: one for key, one in described.items() if one != ""}
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _described(definition: VariableDefinitionNode, used: dict[str, str]) -> str:
    own = definition.description
    return own.value if own else used.get(definition.variable.name.value, "")


def schema_of_type(kind: Any, inside: tuple[str, ...] = ()) -> JsonSchema:
    """Return the JSON Schema of a GraphQL input type; `inside` names the input types around it.

    Raises:
        RecursiveInput: an input type contains itself.
    """
    if isinstance(kind, GraphQLNonNull):
        return schema_of_type(kind.of_type, inside)
    if isinstance(kind, GraphQLList):
        return {"type": "array", "items": schema_of_type(kind.of_type, inside)}
    if isinstance(kind, GraphQLEnumType):
        return {"type": "string", "enum": list(kind.values)}
    if isinstance(kind, GraphQLInputObjectType):
        return _schema_of_object(kind, inside)
    return dict(SCALARS[kind.name])


def _schema_of_object(kind: GraphQLInputObjectType, inside: tuple[str, ...]) -> JsonSchema:
    if kind.name in inside:
        raise RecursiveInput(" in ".join((kind.name, *reversed(inside))))
    fields = {}
    for name, field in kind.fields.items():
        fields[name] = schema_of_type(field.type, (*inside, kind.name))
        if field.description:
            fields[name]["description"] = field.description
    required = [name for name, field in kind.fields.items() if is_required_input_field(field)]
    return {
        "type": "object",
        "properties": fields,
        **({"required": required} if required else {}),
        **({"minProperties": 1, "maxProperties": 1} if kind.is_one_of else {}),
        "additionalProperties": False,
    }


class _Uses(Visitor):
    """Visitor that collects the description of the argument or input field that each variable is used for."""

    def __init__(self, type_info: TypeInfo) -> None:
        super().__init__()
        self.type_info = type_info
        self.found: dict[str, str] = {}

    def enter_variable(self, node: VariableNode, _: Any, parent: Any, *__: Any) -> None:
        """Note the description of what the variable is used for."""
        target: Any = None
        if isinstance(parent, ArgumentNode):
            target = self.type_info.get_argument()
        elif isinstance(parent, ObjectFieldNode):
            owner = get_named_type(self.type_info.get_parent_input_type())
            target = (
                owner.fields.get(parent.name.value) if isinstance(owner, GraphQLInputObjectType) else None
            )
        if target is not None and target.description:
            self.found.setdefault(node.name.value, target.description)


def _descriptions_of_use(document: DocumentNode, schema: GraphQLSchema) -> dict[str, str]:
    type_info = TypeInfo(schema)
    uses = _Uses(type_info)
    visit(document, TypeInfoVisitor(type_info, uses))
    return uses.found
