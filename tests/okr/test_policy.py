"""The policy is what the tables of docs/policy.md say, for every role, scope, relation and action."""

from collections.abc import Mapping
from itertools import combinations, product
from uuid import uuid4

import pytest

from okr_api.okr.policy import (
    CREATE,
    CREATE_FOR_TEAM,
    RECORD_RELATIONS,
    SCOPE_OF_ROLE,
    SCOPES,
    VISIBLE_TO,
    Action,
    Editing,
    ObjectiveVisibility,
    Principal,
    Relation,
    Role,
    Scope,
    is_permitted,
)
from okr_api.okr.relations import relations_to_organization
from tests.docs.policy_tables import permits, table

RANK = {scope: rank for rank, scope in enumerate(Scope)}
ACTIONS = {editing: table(editing.value) for editing in Editing}
# Relations to a record have no columns: they permit to edit it, and otherwise what NONE does.
IN_TABLES = [relation for relation in Relation if relation not in RECORD_RELATIONS]


def cell(row: Mapping[str, str], relation: Relation) -> str:
    """Return what a row says of a relation."""
    return row[relation if relation in IN_TABLES else Relation.NONE]


def person(role: Role, scope: Scope = Scope.ADMIN) -> Principal:
    return Principal(uuid4(), role, frozenset({scope}))


def service(scope: Scope) -> Principal:
    return Principal(None, None, frozenset({scope}))


def test_the_tables_have_a_row_for_each_action_role_relation_and_visibility():
    for rows in ACTIONS.values():
        assert list(rows) == [str(action) for action in Action]
        assert [list(row) for row in rows.values()] == [["scope", *map(str, IN_TABLES), "a service"]] * len(
            rows
        )
    assert set(table("Roles")) == set(Role)
    assert list(table("Relations")) == list(Relation)
    assert list(table("Who sees an objective")) == list(ObjectiveVisibility)


def test_a_role_allows_at_most_the_scope_in_the_table():
    assert {role: row["at most the scope"] for role, row in table("Roles").items()} == SCOPE_OF_ROLE
    for role, scope, asked in product(Role, Scope, Scope):
        least = min(RANK[scope], RANK[Scope(table("Roles")[role]["at most the scope"])])
        assert person(role, scope).may(asked) is (RANK[asked] <= least)


def test_an_objective_is_seen_by_the_relations_in_the_table():
    rows = table("Who sees an objective")
    for visibility, relation in product(ObjectiveVisibility, Relation):
        assert (relation in VISIBLE_TO[visibility]) is permits(cell(rows[visibility], relation))


@pytest.mark.parametrize("editing", Editing)
@pytest.mark.parametrize("role", Role)
def test_a_person_may_do_what_their_relation_their_role_and_their_scope_allow(editing: Editing, role: Role):
    highest = RANK[Scope(table("Roles")[role]["at most the scope"])]
    for action, relation, scope in product(Action, Relation, Scope):
        row = ACTIONS[editing][action]
        told = permits(cell(row, relation)) or (action is Action.EDIT_RECORD and relation in RECORD_RELATIONS)
        expected = told and RANK[Scope(row["scope"])] <= min(RANK[scope], highest)
        assert is_permitted(person(role, scope), editing, action, {relation}) is expected, (action, relation)


@pytest.mark.parametrize("editing", Editing)
def test_a_service_may_do_what_its_scopes_allow(editing: Editing):
    for action, scope in product(Action, Scope):
        actor = service(scope)
        expected = RANK[Scope(ACTIONS[editing][action]["a service"])] <= RANK[scope]
        relations = relations_to_organization(actor)
        assert is_permitted(actor, editing, action, relations) is expected, (action, scope)


@pytest.mark.parametrize("editing", Editing)
def test_one_relation_that_permits_is_enough(editing: Editing):
    actor = person(Role.MEMBER)
    for action, pair in product(Action, combinations(Relation, 2)):
        both = is_permitted(actor, editing, action, set(pair))
        assert both is any(is_permitted(actor, editing, action, {one}) for one in pair)


def test_what_an_action_needs_of_the_scope_does_not_depend_on_who_edits():
    for editing, action in product(Editing, Action):
        assert ACTIONS[editing][action]["scope"] == SCOPES[action]


def test_an_objective_is_created_by_those_in_the_table():
    own = {
        "its owner": {Relation.OWNER},
        "a contributor": {Relation.CONTRIBUTOR},
        "neither": set(),
        "an admin or a service": {Relation.ADMIN},
    }
    of_team = {
        "without a team": None,
        "for a team that they lead": {Relation.TEAM_LEAD},
        "for a team that they are in": {Relation.TEAM_MEMBER},
        "for another team": set(),
    }
    rows = table("Creating an objective")
    assert rows.keys() == own.keys()
    for (who, relations), (where, team) in product(own.items(), of_team.items()):
        everything = relations | (team or set())
        may = not everything.isdisjoint(CREATE) and (
            team is None or not everything.isdisjoint(CREATE_FOR_TEAM)
        )
        assert permits(rows[who][where]) is may, (who, where)
