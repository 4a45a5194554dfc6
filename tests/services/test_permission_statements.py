"""What checking permissions costs: no statement where roles decide, one for a mutation or a group where teams do."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, Role
from okr_api.services import objectives, organization, teams
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.relation_statements import ROLES_IN_TEAMS
from tests.acme import Acme, World, node, said
from tests.services.test_group_commit import all_held_up
from tests.store.statements import one_connection

CHECK = " ".join(ROLES_IN_TEAMS.split())


@pytest.fixture
async def logged(acme_url: str, acme_template: tuple[str, World]) -> AsyncIterator[tuple[Acme, list[str]]]:
    async with one_connection(acme_url) as (database, wakeups, sent):
        yield Acme(database, wakeups, acme_template[1]), sent


def actor_of(acme: Acme, person: UUID, role: Role = Role.MEMBER) -> Actor:
    author = Author("Someone", person)
    return Actor(acme.organization.id, acme.organization.id, author, frozenset({Scope.ADMIN}), role)


async def edited_by(acme: Acme, editing: Editing) -> None:
    await acme.done(organization.edit_organization, edits={"editing": editing})


async def leads(acme: Acme, person: UUID, team: str = "platform") -> Actor:
    await acme.done(teams.add_member, team=team, person=person, role=TeamRole.LEAD)
    return actor_of(acme, person)


async def say(acme: Acme, actor: Actor, *items: object) -> MutationResult:
    return await acme.group_commit.check_in(actor, items)  # type: ignore[arg-type]


async def statements_of_check_ins(acme: Acme, sent: list[str], *actors: Actor) -> list[int]:
    """Return how many statements each actor's check-in takes beside notifications; all must succeed."""
    counts = []
    for place, actor in enumerate(actors):
        await acme.objective("An edit, so that no tree is kept")
        sent.clear()
        outcome = await say(acme, actor, said("uptime", 99 + place / 10))
        assert (outcome.errors, outcome.item_errors) == ((), ())
        counts.append(sum("notification" not in statement for statement in sent))
    return counts


async def test_a_check_in_takes_no_further_statement_where_no_team_decides(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    lead = await leads(acme, acme.ben)
    await acme.check_in("uptime", 98)  # types of parameters are looked up once for a connection
    await edited_by(acme, Editing.EVERYONE)
    everyone = await statements_of_check_ins(acme, sent, acme.actor, actor_of(acme, acme.ben), lead)
    await edited_by(acme, Editing.RESPONSIBLE)
    known = (acme.actor, actor_of(acme, acme.ann, Role.ADMIN), actor_of(acme, acme.cem))
    responsible = await statements_of_check_ins(acme, sent, *known)
    assert {*everyone, *responsible} == {everyone[0]}
    assert await statements_of_check_ins(acme, sent, lead) == [everyone[0] + 1]
    assert sent.count(CHECK) == 1


async def test_the_check_ins_of_many_people_in_a_group_take_one_statement_for_all(
    logged: tuple[Acme, list[str]],
):
    acme, sent = logged
    actors = [
        await leads(acme, person) for person in (acme.ben, await acme.person("A"), await acme.person("B"))
    ]
    sent.clear()
    outcomes = await asyncio.gather(
        *(say(acme, actors[number % 3], said("uptime", 99 + number / 100)) for number in range(100))
    )
    assert not any(outcome.errors or outcome.item_errors for outcome in outcomes)
    groups = sent.count("COMMIT;")
    assert groups < 5
    assert sent.count(CHECK) == groups


async def test_a_mutation_takes_at_most_one_further_statement(logged: tuple[Acme, list[str]]):
    acme, sent = logged
    lead, stranger = await leads(acme, acme.ben), await acme.person("Dora")

    async def sent_by(actor: Actor, *, code: Sequence[str] = ()) -> list[str]:
        await acme.objective("An edit, so that no tree is kept")
        sent.clear()
        outcome = await acme.do(
            objectives.edit_objective, by=actor, objective="never_down", edits={"title": "Up"}
        )
        assert [error.code() for error in outcome.errors] == list(code)
        return list(sent)

    for editing, expected in ((Editing.EVERYONE, (0, 0, 0)), (Editing.RESPONSIBLE, (0, 0, 1))):
        await edited_by(acme, editing)
        by = (actor_of(acme, acme.ann, Role.ADMIN), actor_of(acme, acme.cem), lead)
        assert tuple([(await sent_by(actor)).count(CHECK) for actor in by]) == expected
    assert (await sent_by(actor_of(acme, stranger), code=["FORBIDDEN"])).count(CHECK) == 1


async def test_a_lead_may_correct_what_others_record_in_the_same_group(acme: Acme):
    lead = await leads(acme, acme.ben)
    first, second = await all_held_up(
        acme,
        lambda: acme.say(said("uptime", 99.1, external_id="first")),
        lambda: say(acme, lead, said(None, 99.2, supersedes="first")),
    )
    assert isinstance(first, MutationResult)
    assert isinstance(second, MutationResult)
    assert (second.errors, second.item_errors) == ((), ())
    assert (await acme.row("check_in", node(second)))["value"] == 99.2


async def test_in_a_group_each_is_judged_by_their_own_relations(acme: Acme):
    lead, stranger = await leads(acme, acme.ben), actor_of(acme, await acme.person("Dora"))
    outcomes = await all_held_up(
        acme,
        lambda: say(acme, stranger, said("uptime", 1)),
        lambda: say(acme, lead, said("uptime", 2)),
        lambda: say(acme, stranger, said("uptime", 3)),
        lambda: say(acme, actor_of(acme, acme.cem), said("uptime", 4)),
    )
    codes = [[error.code for error in one.item_errors] for one in outcomes if isinstance(one, MutationResult)]
    assert codes == [["FORBIDDEN"], [], ["FORBIDDEN"], []]
