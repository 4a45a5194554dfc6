"""Planning time: it grows with the document, not with how often its fragments are spread."""

from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, NameNode, OperationDefinitionNode, parse

from okr_api.graphql.schema import schema
from okr_api.query_engine.selection import Selection


def nested(levels: int) -> str:
    """Return a document in which each fragment selects one field twice, each time with the next fragment."""
    fragments = "".join(
        f" fragment F{i} on Cycle {{ id parent {{ ...F{i + 1} }} parent {{ ...F{i + 1} }} }}"
        for i in range(levels)
    )
    return f'{{ cycle(id: "x") {{ ...F0 }} }}{fragments} fragment F{levels} on Cycle {{ id }}'


def test_a_fragment_is_visited_once_for_a_selection_set():
    document = parse(nested(12))
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    [operation] = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    variables: Any = None
    selection = Selection(schema._schema, fragments, variables)
    nodes: tuple[FieldNode, ...] = (
        FieldNode(name=NameNode(value="query"), selection_set=operation.selection_set),
    )
    type_name, most = "Query", 0
    while nodes:
        asked = [one for one in selection.fields(type_name, nodes) if one.nodes[0].selection_set]
        nodes = asked[0].nodes if asked else ()
        type_name, most = "Cycle", max(most, len(nodes))
    assert most == 2
