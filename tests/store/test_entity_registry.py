"""The registry: what is declared of an entity once is what holds for it everywhere."""

import json
from dataclasses import fields

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType

from okr_api.graphql.schema import schema
from okr_api.okr.belonging import MEASURED_TYPES
from okr_api.okr.change_kind import CLOCK_KINDS, ChangeKind
from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entities import ENTITIES, PLAIN
from okr_api.okr.entity import Entity, NodeType
from okr_api.okr.entity_fields import EntityField, all_fields_of, camel
from okr_api.okr.follow import FOLLOWED
from okr_api.okr.notification import BELONGS_BY
from okr_api.okr.told_entities import ASSIGNED_BY, DISCUSSED_PARTS, FOLLOWED_KINDS
from okr_api.query_engine.global_ids import PREFIXES, TYPE_NAMES
from okr_api.services.import_export.json_schema import BASE, interchange_schema
from okr_api.store.tables import metadata

named = pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.table)
plain = pytest.mark.parametrize("entity", PLAIN, ids=lambda entity: entity.table)
VERSIONED = [entity for entity in ENTITIES if entity.is_versioned]
versioned = pytest.mark.parametrize("entity", VERSIONED, ids=lambda entity: entity.table)
# Fields that clients do not see by their names.
UNSEEN = {"coaching_rules_off", "notifications_daily", "notifications_off", "author_name", "author_person_id", "parent_id",
          "is_dropped_draft", "imported_fields", "definition", "counts",
          "formula_function", "formula_part_ids"}  # fmt: skip
UPDATES = {"TeamMembership": "TeamMemberUpdateInput"}
# What updates take beside the declared fields: the entity itself, and the parts of a measure.
MEASURE = {"measure", "unit", "start_value", "target_value", "lower_bound", "upper_bound", "commit_value",
           "stretch_value", "milestones", "judged_by", "formula", "reason"}  # fmt: skip
GIVING = {"giving"}  # of a dependency: an objective or a key result, in two fields
NOT_EDITED = {"Reaction", "Follow"}  # they are added and removed, or chosen anew
BESIDE = {"idempotency_key", "expected_version", "external_id"}


def own_fields(entity: Entity) -> list[EntityField]:
    """The fields that are columns of the same name."""
    return [field for field in entity.fields if not field.is_part]


def type_of(name: str) -> GraphQLObjectType | GraphQLInputObjectType:
    found = schema._schema.type_map[name]
    assert isinstance(found, GraphQLObjectType | GraphQLInputObjectType)
    return found


def referred(entity: Entity) -> dict[str, str]:
    """The columns of its table that hold the id of another entity, with the table of that."""
    return {
        constraint.columns.keys()[1]: constraint.referred_table.name
        for constraint in metadata.tables[entity.table].foreign_key_constraints
        if constraint.referred_table.name != "organization"
    }


def columns(table: str) -> set[str]:
    """The columns of a table that are not computed, without those that all tables have."""
    written = {column.name for column in metadata.tables[table].columns if column.computed is None}
    return written - {"organization_id", "seq", "recorded_at"}


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
    lists = {field.name for field in entity.fields if field.is_list}  # arrays have no foreign keys
    declared = {name: other.value.lower() for name, other in entity.references.items() if name not in lists}
    assert declared.items() <= referred(entity).items()
    assert declared == referred(entity) or not entity.is_plain


@named
def test_an_entity_has_a_table_of_versions_or_none(entity: Entity):
    assert (f"{entity.table}_version" in metadata.tables) == entity.is_versioned


@plain
def test_the_columns_of_a_plain_entity_are_its_fields(entity: Entity):
    names = {each.name for each in fields(entity.model)}
    derived = {field.name for field in all_fields_of(entity.model) if field.is_derived}
    assert columns(entity.table) == names
    assert columns(f"{entity.table}_version") == names - derived


@versioned
def test_every_field_is_a_column_of_the_row_and_of_its_versions_and_null_where_it_may_be_none(entity: Entity):
    for table in (entity.table, f"{entity.table}_version"):
        found = {column.name: column.nullable for column in metadata.tables[table].columns}
        assert {field.name: not field.is_required for field in own_fields(entity)}.items() <= found.items()


@named
def test_every_id_says_what_it_refers_to(entity: Entity):
    ids = {field.name for field in entity.fields if field.type.__name__ == "UUID"}
    assert ids == set(entity.references)


@versioned
def test_every_field_is_in_its_type_under_its_name_in_inputs(entity: Entity):
    names = {camel(field.input_name) for field in own_fields(entity) if field.name not in UNSEEN}
    assert names | {"id", "version"} <= type_of(entity.type_name).fields.keys()


@versioned
def test_an_update_takes_the_fields_that_are_edited_and_no_others(entity: Entity):
    if entity.type_name in NOT_EDITED:
        assert not any(field.is_edited for field in entity.fields)
        return
    given = set(type_of(UPDATES.get(entity.type_name, f"{entity.type_name}UpdateInput")).fields)
    edited = {camel(field.input_name) for field in entity.fields if field.is_edited}
    besides = BESIDE | {entity.table} | (MEASURE if entity.type_name == "KeyResult" else set())
    besides |= GIVING if entity.type_name == "Dependency" else set()
    assert edited <= given
    assert given - edited <= {camel(name) for name in besides}


@versioned
def test_files_have_every_field_and_the_base_of_their_schema_says_none_of_them_again(entity: Entity):
    written, base = json.loads(interchange_schema()), json.loads(BASE.read_bytes())
    if not entity.section:
        return  # the organisation's row has no id
    properties = written["$defs"][entity.table]["properties"]
    assert {field.file_name for field in entity.fields} <= properties.keys()
    again = base["$defs"].get(entity.table, {}).get("properties", {})
    for field in own_fields(entity):
        if field.name != "imported_fields":
            assert again.get(field.file_name, {}).keys() <= {"description", "minimum"}


@plain
def test_the_unique_fields_of_a_plain_entity_are_unique_in_its_table(entity: Entity):
    unique = [[*index.columns.keys()] for index in metadata.tables[entity.table].indexes if index.unique]
    assert not entity.unique or ["organization_id", *entity.unique] in unique


# Of many nodes; of a person, as webhooks are no nodes.
OTHERS = {ChangeKind.IMPORTED, ChangeKind.STATUS_TURNED, ChangeKind.WEBHOOK_DISABLED}


def test_a_change_is_an_entity_and_a_verb():
    nouns = {kind.rpartition("_")[0] for kind in ChangeKind if kind not in OTHERS}
    assert {noun for noun in nouns if not noun.startswith(tuple(NodeType))} == set()


# References to people that give them nothing to see to.
NOT_ASSIGNED = {"author_person_id", "mention_ids", "shared_with_ids", "attendee_ids", "person_id"}
# What followers are not told of, or only of single kinds of changes.
UNTOLD = {"Metric", "CheckInDraft", "Comment", "Reaction", "Follow"}
GIVEN = {"giving_objective_id", "giving_key_result_id"}  # a dependency is seen with what needs it


@named
def test_whoever_gets_something_to_see_to_is_told_and_of_what_it_belongs_to(entity: Entity):
    people = {name for name, other in entity.references.items() if other is NodeType.PERSON}
    assigned = set(ASSIGNED_BY.get(entity.model, ()))
    assert people - assigned <= NOT_ASSIGNED
    belonging = {name for name, other in entity.references.items() if other in MEASURED_TYPES}
    if assigned and entity.node_type not in MEASURED_TYPES:
        assert belonging - GIVEN <= set(BELONGS_BY)


@named
def test_followers_are_told_of_all_that_belongs_to_what_they_follow(entity: Entity):
    kinds = {kind for kind in ChangeKind if kind.entity is entity and kind not in CLOCK_KINDS}
    if not {entity.node_type, *entity.references.values()}.isdisjoint(FOLLOWED):
        assert kinds <= FOLLOWED_KINDS or entity.type_name in UNTOLD


def test_what_is_discussed_is_an_objective_or_key_result_or_belongs_to_one():
    assert {*MEASURED_TYPES, *(part.node_type for part in DISCUSSED_PARTS)} == set(DISCUSSED)
    for part in DISCUSSED_PARTS:
        assert part.holders
        assert set(part.holders) <= {"objective_id", "key_result_id"}
