"""The registry: what is declared of an entity once is what holds for it everywhere."""

from dataclasses import fields

import pytest
from graphql import GraphQLObjectType

from okr_api.graphql.schema import schema
from okr_api.graphql.types.change import TYPE_NAMES
from okr_api.okr.entities import ENTITIES, PLAIN, ChangeKind, Entity, NodeType
from okr_api.okr.entity_fields import COMMON
from okr_api.query_engine.global_ids import PREFIXES
from okr_api.store.tables import metadata

named = pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.table)
plain = pytest.mark.parametrize("entity", PLAIN, ids=lambda entity: entity.table)


def referred(entity: Entity) -> dict[str, str]:
    """The columns of its table that hold the id of another entity, with the table of that."""
    return {
        constraint.columns.keys()[1]: constraint.referred_table.name
        for constraint in metadata.tables[entity.table].foreign_key_constraints
        if constraint.referred_table.name != "organization"
    }


def columns(table: str) -> set[str]:
    return set(metadata.tables[table].columns.keys()) - {"organization_id", "seq", "recorded_at"}


def test_every_type_of_node_is_declared_once():
    assert [entity.node_type for entity in ENTITIES] == list(NodeType)
    assert len({entity.prefix for entity in ENTITIES}) == len(ENTITIES)
    assert [PREFIXES.keys(), TYPE_NAMES.keys()] == [set(NodeType), set(NodeType)]


def test_entities_that_others_refer_to_come_first():
    place = {entity.node_type: number for number, entity in enumerate(ENTITIES)}
    for entity in ENTITIES:
        assert all(place[other] <= place[entity.node_type] for other in entity.references.values())


@named
def test_references_are_foreign_keys(entity: Entity):
    declared = {name: other.value.lower() for name, other in entity.references.items()}
    assert declared.items() <= referred(entity).items()
    assert declared == referred(entity) or not entity.is_plain


@named
def test_an_entity_has_a_table_of_versions_or_none(entity: Entity):
    assert (f"{entity.table}_version" in metadata.tables) == entity.is_versioned


@plain
def test_the_columns_of_a_plain_entity_are_its_fields(entity: Entity):
    names = {each.name for each in fields(entity.model)}
    assert columns(entity.table) == columns(f"{entity.table}_version") == names


@plain
def test_every_field_of_a_plain_entity_is_in_its_type(entity: Entity):
    type_name = schema._schema.type_map[entity.type_name]
    assert isinstance(type_name, GraphQLObjectType)
    names = {each.name.removesuffix("_id") for each in entity.fields}
    assert names | (COMMON - {"removed", "external_id"}) | {"externalId"} <= type_name.fields.keys()


@plain
def test_the_unique_fields_of_a_plain_entity_are_unique_in_its_table(entity: Entity):
    unique = [[*index.columns.keys()] for index in metadata.tables[entity.table].indexes if index.unique]
    assert not entity.unique or ["organization_id", *entity.unique] in unique


def test_a_change_is_an_entity_and_a_verb():
    nouns = {kind.rpartition("_")[0] for kind in ChangeKind if kind is not ChangeKind.IMPORTED}
    assert {noun for noun in nouns if not noun.startswith(tuple(NodeType))} == set()
