"""Limits on a document, checked in one walk: operations, fragments, aliases, directives, literals."""

from collections.abc import Iterator
from typing import Any

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, Node, OperationDefinitionNode
from graphql.language import DirectiveNode, ListValueNode, ObjectValueNode

from okr_api.graphql.input_limits import MAX_INPUT_DEPTH, MAX_INPUT_OBJECT_FIELDS
from okr_api.graphql.query_cost import TooComplex

MAX_ALIASES = 100
MAX_DIRECTIVES = 100
MAX_OPERATIONS = 20
MAX_FRAGMENTS = 100
MAX_LITERAL_OBJECTS = 300


def check_document(document: DocumentNode) -> int:
    """Check the limits of a whole document in one linear walk; return its number of AST nodes.

    Raises:
        TooComplex: too many operations, fragments, aliases or directives, or a literal that is too large.
    """
    operations = sum(isinstance(one, OperationDefinitionNode) for one in document.definitions)
    fragments = sum(isinstance(one, FragmentDefinitionNode) for one in document.definitions)
    aliases = directives = objects = nodes = 0
    work: list[tuple[Node, int]] = [(document, 0)]
    while work:
        node, depth = work.pop()
        nodes += 1
        if isinstance(node, FieldNode):
            aliases += node.alias is not None
        elif isinstance(node, DirectiveNode):
            directives += 1
        elif isinstance(node, ListValueNode | ObjectValueNode):
            depth += 1
            if depth > MAX_INPUT_DEPTH:
                raise TooComplex(f"A value nests lists and objects deeper than {MAX_INPUT_DEPTH} levels")
            if isinstance(node, ObjectValueNode):
                objects += 1
                _check(len(node.fields), MAX_INPUT_OBJECT_FIELDS, "fields in one input object")
        work.extend((child, depth) for child in _children(node))
    _check(operations, MAX_OPERATIONS, "operations")
    _check(fragments, MAX_FRAGMENTS, "fragments")
    _check(objects, MAX_LITERAL_OBJECTS, "input objects")
    _check(aliases, MAX_ALIASES, "aliases")
    _check(directives, MAX_DIRECTIVES, "directives")
    return nodes


def _children(node: Any) -> Iterator[Node]:
    """Yield the child nodes of a node, except names."""
    for name in (
        "definitions",
        "variable_definitions",
        "selections",
        "arguments",
        "directives",
        "values",
        "fields",
    ):
        yield from getattr(node, name, None) or ()
    for name in ("selection_set", "value", "default_value"):
        child = getattr(node, name, None)
        if isinstance(child, Node):
            yield child


def _check(found: int, most: int, what: str) -> None:
    if found > most:
        raise TooComplex(f"The document has {found} {what}; at most {most} are allowed")
