"""Statements of the names that summaries of changes say: of few types a small one, of many the one for all."""

from okr_api.okr.entity import NodeType
from okr_api.query_engine.change_summaries import MAX_TYPES_IN_NAME_STATEMENT, names_statement


def test_a_statement_for_few_types_reads_their_tables_alone():
    few = [str(one) for one in NodeType if one in (NodeType.CYCLE, NodeType.PERSON, NodeType.TEAM)]
    assert len(few) == MAX_TYPES_IN_NAME_STATEMENT
    statement = names_statement({*few})
    assert all(f"from {name} " in statement for name in ("cycle", "person", "team"))
    assert "from metric " not in statement
    assert names_statement({*few}) is statement


def test_with_one_type_more_it_is_the_one_for_all():
    some = list(NodeType)[: MAX_TYPES_IN_NAME_STATEMENT + 1]
    everything = names_statement({str(one) for one in NodeType})
    assert names_statement({str(one) for one in some}) is everything
    assert all(f"when '{one}' then" in everything for one in NodeType)
