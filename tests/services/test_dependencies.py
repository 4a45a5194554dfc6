"""Dependencies: what objectives and key results need of other teams, without loops."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.dependency import Dependency, DependencyGraph, DependencyState
from okr_api.okr.entity import NodeType
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, Role
from okr_api.services import key_results, objectives, organization, teams
from okr_api.services.dependencies import add_dependency, delete_dependency, edit_dependency
from okr_api.services.references import Ref
from okr_api.store.dependency_lookup import objective_needs
from okr_api.store.entity_lookup import all_entities
from okr_api.store.tree_loader import load_everything
from okr_api.store.unit_of_work import unlocked_work
from tests.acme import TODAY, Acme, measured, ref

WRITTEN = {"change": 1, "feed_head": 1, "dependency": 1, "dependency_version": 1}


def objective(name: UUID | str) -> Ref:
    return measured(name, NodeType.OBJECTIVE)


NEVER_DOWN = objective("never_down")
NEED: Mapping[str, Any] = {"needing": NEVER_DOWN, "giving_team": "support", "description": "Help"}


async def needs(acme: Acme, needing: Ref, giving: Ref | None, team: str = "") -> UUID:
    """Add a dependency on another team than the needing objective's."""
    team = team or str(await acme.team("Another"))
    given = ref(UUID(team)) if len(team) == 36 else ref(team)
    return await acme.done(
        add_dependency, needing=needing, giving=giving, giving_team=given, description="Help"
    )


async def test_a_dependency_is_added_edited_and_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        add_dependency,
        needing=measured("uptime"),
        giving_team="support",
        giving=objective("answer_fast"),
        description=" A *list* ",
        owner="ben",
        needed_by=TODAY,
        external_id="list",
    )
    assert await acme.written(before) == WRITTEN
    made = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "list",
        "description": "A *list*",
        "giving_team_id": acme.support,
        "needing_objective_id": None,
        "needing_key_result_id": acme.uptime,
        "giving_objective_id": acme.answer_fast,
        "giving_key_result_id": None,
        "owner_id": acme.ben,
        "needed_by": TODAY,
        "state": "OPEN",
        "version": 1,
        "removed": False,
    }
    assert await acme.row("dependency", id) == made
    edits = {"state": DependencyState.AGREED, "giving": measured("macros")}
    await acme.done(edit_dependency, dependency="list", edits=edits, expected_version=1)
    assert (await acme.change())["fields"] == ["giving_key_result_id", "giving_objective_id", "state"]
    await acme.done(edit_dependency, dependency="list", edits={"giving": None})
    await acme.done(delete_dependency, dependency=id, expected_version=3)
    ended = {
        "giving_objective_id": None,
        "state": "AGREED",
        "version": 4,
        "removed": True,
        "external_id": None,
    }
    assert await acme.row("dependency", id) == made | ended
    versions = await acme.versions("dependency", id)
    assert [row["giving_key_result_id"] for row in versions] == [None, acme.macros, None, None]
    kinds = await acme.fetch("select distinct kind from change where node_type = 'DEPENDENCY' order by kind")
    assert [row["kind"] for row in kinds] == [
        "DEPENDENCY_CREATED",
        "DEPENDENCY_DELETED",
        "DEPENDENCY_UPDATED",
    ]
    assert (await acme.refused(delete_dependency, dependency=id)).code() == "NOT_FOUND"
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("inputs", "code", "path"),
    (
        ({"description": " "}, "INVALID_INPUT", ("description",)),
        ({"description": "x" * 10_001}, "INVALID_INPUT", ("description",)),
        ({"needed_by": date(2201, 1, 1)}, "INVALID_INPUT", ("neededBy",)),
        ({"owner": "nobody"}, "NOT_FOUND", ("id",)),
        ({"giving_team": "nobody"}, "NOT_FOUND", ("id",)),
        ({"giving_team": "platform"}, "TEAM_NEEDS_ITSELF", ("id",)),
        ({"giving": objective("nobody")}, "NOT_FOUND", ("id",)),
        ({"giving": measured("uptime")}, "DEPENDENCY_LOOPS", ("id",)),
        ({"giving": NEVER_DOWN}, "DEPENDENCY_LOOPS", ("id",)),
        ({"external_id": "known"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
    ),
)
async def test_what_is_wrong_is_refused_where_it_stands(
    inputs: Mapping[str, Any], code: str, path: tuple[str, ...], acme: Acme
):
    await acme.done(add_dependency, **{**NEED, "external_id": "known"})
    refusal = await acme.refused(add_dependency, **{**NEED, **inputs})
    assert (refusal.code(), refusal.path) == (code, path)
    other = await acme.done(add_dependency, **NEED)
    edits = {
        name: ref(value) if name in ("owner", "giving_team") else value for name, value in inputs.items()
    }
    refusal = await acme.refused(edit_dependency, dependency=other, edits=edits)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_a_loop_of_any_length_is_refused_also_through_key_results(acme: Acme):
    chain = [await acme.objective(f"Link {n}", external_id=f"link{n}") for n in range(5)]
    parts = [await acme.key_result(f"Part {n}", link) for n, link in enumerate(chain)]
    made = [
        await needs(acme, objective(chain[0]), objective(chain[1])),
        await needs(acme, measured(parts[1]), objective(chain[2])),
        await needs(acme, objective(chain[2]), measured(parts[3])),
        await needs(acme, measured(parts[3]), measured(parts[4])),
    ]
    last: dict[str, Any] = {"giving_team": "support", "description": "Help"}
    for needing in (objective(chain[4]), measured(parts[4])):
        for giving in (objective(chain[0]), measured(parts[0]), measured(parts[2]), objective(chain[4])):
            refusal = await acme.refused(add_dependency, needing=needing, giving=giving, **last)
            assert refusal.code() == "DEPENDENCY_LOOPS"
    free = await needs(acme, objective(chain[4]), None)
    refusal = await acme.refused(edit_dependency, dependency=free, edits={"giving": measured(parts[1])})
    assert refusal.code() == "DEPENDENCY_LOOPS"
    await needs(acme, objective(chain[0]), measured(parts[4]))  # twice is no loop
    await acme.done(delete_dependency, dependency=made[3])
    await acme.done(edit_dependency, dependency=free, edits={"giving": measured(parts[1])})


async def test_a_dependency_can_be_turned_round(acme: Acme):
    """Its own edge is left out where its new giving side is checked."""
    made = await needs(acme, NEVER_DOWN, objective("answer_fast"))
    edits = {"giving": objective("clear_backlog")}
    await acme.done(edit_dependency, dependency=made, edits=edits)
    await needs(acme, objective("answer_fast"), NEVER_DOWN)
    edits = {"giving": objective("answer_fast")}
    assert (await acme.refused(edit_dependency, dependency=made, edits=edits)).code() == "DEPENDENCY_LOOPS"


async def test_a_key_result_is_not_moved_into_a_loop(acme: Acme):
    first, second = [await acme.objective(name, external_id=name) for name in ("first", "second")]
    moving = await acme.key_result("Moving", "clear_backlog")
    await needs(acme, objective(first), measured(moving))
    await needs(acme, measured(moving), objective(second))
    for to in (first, second):
        refusal = await acme.refused(key_results.move_key_result, key_result=moving, objective=to)
        assert (refusal.code(), refusal.path) == ("DEPENDENCY_LOOPS", ("id",))
    await acme.done(key_results.move_key_result, key_result=moving, objective="never_down")


@pytest.mark.parametrize("seed", range(3))
async def test_what_needs_what_is_the_same_in_sql_and_on_objects(seed: int, acme: Acme):
    random = Random(seed)
    nodes: list[Ref] = []
    for n in range(6):
        made = await acme.objective(f"O{n}")
        nodes += [objective(made), measured(await acme.key_result(f"K{n}", made))]
    refused = 0
    for _ in range(16):
        needing, giving = random.sample(nodes, 2)
        done = await acme.do(
            add_dependency, needing=needing, giving=giving, giving_team="support", description="Help"
        )
        refused += [each.code() for each in done.errors] == ["DEPENDENCY_LOOPS"]
        assert len(done.errors) <= 1
    assert refused
    ids = [node.id for node in nodes if node.node_type is NodeType.OBJECTIVE and node.id]
    parts = [node.id for node in nodes if node.node_type is NodeType.KEY_RESULT and node.id]
    async with unlocked_work(acme.database, acme.organization.id) as work:
        await load_everything(work.connection, work.tree)
        graph = DependencyGraph(work.tree)
        for each in await all_entities(work.connection, acme.organization.id, Dependency):
            graph.put(each)
        key_result = random.choice(parts)
        known = work.tree.key_results[key_result]
        to = random.choice([id for id in ids if id != known.objective_id])
        for moved in (None, (key_result, to)):
            if moved:
                work.tree.put_key_result(replace(known, objective_id=to))
            for start in ids:
                for target in ids:
                    found = await objective_needs(
                        work.connection, acme.organization.id, start, target, moved=moved
                    )
                    assert found is graph.needs(start, target)


async def test_nothing_is_added_to_a_dropped_objective_or_in_a_closed_cycle(acme: Acme):
    made = await acme.done(add_dependency, **NEED)
    await acme.done(objectives.drop_objective, objective="clear_backlog", reason="Later")
    dropped = {**NEED, "needing": measured("macros")}
    assert (await acme.refused(add_dependency, **dropped)).code() == "STATE_DOES_NOT_FIT"
    await acme.fetch("update cycle set state = 'CLOSED' where id = $1 returning id", acme.quarter)
    for service, inputs in (
        (add_dependency, NEED),
        (edit_dependency, {"dependency": made, "edits": {"state": DependencyState.FAILED}}),
        (delete_dependency, {"dependency": made}),
    ):
        assert (await acme.refused(service, **inputs)).code() == "CYCLE_IS_CLOSED"


async def test_who_may_edit_what_of_a_dependency(acme: Acme):
    """Cem owns the needing objective, Lea leads its team; Gil leads the giving one, Ben answers for it there."""
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    people = {name: getattr(acme, name) for name in ("ann", "ben", "cem")}
    people |= {
        name: await acme.person(name.capitalize(), external_id=name) for name in ("lea", "gil", "moe", "top")
    }
    above = await acme.team("Care")
    await acme.done(teams.edit_team, team="support", edits={"parent": ref(above)})
    for team, person, role in (
        ("platform", "lea", TeamRole.LEAD),
        ("support", "gil", TeamRole.LEAD),
        ("support", "moe", TeamRole.MEMBER),
        (above, "top", TeamRole.LEAD),
    ):
        await acme.done(teams.add_member, team=team, person=person, role=role)
    made = await acme.done(add_dependency, **NEED, owner="ben")
    organization_id, scopes = acme.organization.id, frozenset({Scope.WRITE})
    actors = {
        name: Actor(
            organization_id, id, Author(name, id), scopes, Role.ADMIN if name == "ann" else Role.MEMBER
        )
        for name, id in people.items()
    }
    actors["service"] = Actor(organization_id, organization_id, Author("Bot"), scopes)
    actors["viewer"] = Actor(organization_id, acme.ben, Author("ben", acme.ben), scopes, Role.VIEWER)

    async def may(service: Any, **inputs: Any) -> set[str]:
        able = set()
        for name, actor in actors.items():

            async def do(work: Any, actor: Actor = actor) -> Any:
                return await service(work, actor, **inputs)

            done = await acme.mutation_runner.perform(actor, Scope.WRITE, None, do)
            codes = [each.code() for each in done.errors]
            assert codes in ([], ["FORBIDDEN"], ["VERSION_CONFLICT"])
            able |= {name} if codes != ["FORBIDDEN"] else set()
        return able

    stale: dict[str, Any] = {"dependency": ref(made), "expected_version": 999}
    responsible, giving = {"ann", "cem", "lea", "service"}, {"ben", "gil", "top"}
    added = {**NEED, "giving_team": ref("support")}
    assert await may(add_dependency, **added) == responsible
    agreed = {"state": DependencyState.AGREED}
    assert await may(edit_dependency, **stale, edits=agreed) == responsible | giving
    assert await may(edit_dependency, **stale, edits=agreed | {"owner": ref("moe")}) == responsible | giving
    giving_objective = Ref(acme.answer_fast, node_type=NodeType.OBJECTIVE)
    for edits in ({"description": "More"}, agreed | {"needed_by": TODAY}, {"giving": giving_objective}):
        assert await may(edit_dependency, **stale, edits=edits) == responsible
    sent_back = agreed | {"needed_by": None, "giving": None}  # as they are
    assert await may(edit_dependency, **stale, edits=sent_back) == responsible | giving
    assert await may(delete_dependency, **stale) == responsible
