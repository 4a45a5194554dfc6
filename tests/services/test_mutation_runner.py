"""Mutation runner: a mutation is applied once, if its actor may, or rejected without a trace."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.services import objectives, organization
from okr_api.services.key_results import edit_key_result
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.services.objectives import draft_objective
from okr_api.services.references import Ref
from tests.acme import Acme, node, said

ONCE = IdempotencyKey("key", b"input")


async def actor_with(acme: Acme, scope: Scope, person: str | None = None) -> Actor:
    token = await acme.tokens.create(acme.organization.id, name=scope, scopes=[scope], person=person)
    actor = await acme.tokens.actor(token)
    assert actor is not None
    return actor


async def test_a_mutation_with_the_same_key_and_input_is_applied_once(acme: Acme):
    first = await acme.do(organization.add_person, once=ONCE, name="Dana")
    before = await acme.tables()
    again = await acme.do(organization.add_person, once=ONCE, name="Dana")
    assert (again.seq, again.ids, again.replayed, again.errors) == (first.seq, first.ids, True, ())
    assert await acme.tables() == before
    assert not first.replayed


async def test_the_replay_answers_the_first_seq_also_after_others_have_moved_on(acme: Acme):
    first = await acme.do(organization.add_person, once=ONCE, name="Dana")
    await acme.person("Eve")
    assert (await acme.do(organization.add_person, once=ONCE, name="Dana")).seq == first.seq
    assert await acme.seq() == first.seq + 1


async def test_a_replayed_bulk_names_each_item_and_each_error_as_the_first_time(acme: Acme):
    items = [said("macros", 1), said("nobody", 2), said("failover", 3), said("macros", 4)]
    first = await acme.say(*items, atomic=False, once=ONCE)
    before = await acme.tables()
    again = await acme.say(*items, atomic=False, once=ONCE)
    assert first.ids["items"][1:3] == [None, None]
    assert [(e.index, e.code, e.path) for e in first.item_errors] == [
        (1, "NOT_FOUND", ("id",)),
        (2, "INVALID_INPUT", ("value",)),
    ]
    assert (again.seq, again.ids, again.item_errors, again.replayed) == (
        first.seq, first.ids, first.item_errors, True,
    )  # fmt: skip
    assert await acme.tables() == before


async def test_the_same_key_with_other_input_is_a_mismatch(acme: Acme):
    await acme.do(organization.add_person, once=ONCE, name="Dana")
    before = await acme.tables()
    other = await acme.do(organization.add_person, once=IdempotencyKey("key", b"other"), name="Eve")
    said_so = await acme.say(said("macros", 1), once=IdempotencyKey("key", b"other"))
    for outcome in (other, said_so):
        assert [(e.code(), e.path) for e in outcome.errors] == [("IDEMPOTENCY_MISMATCH", ("idempotencyKey",))]
    assert await acme.tables() == before


async def test_the_key_is_looked_up_before_any_other_check(acme: Acme):
    first = await acme.do(objectives.drop_objective, once=ONCE, objective="never_down", reason="No")
    again = await acme.do(
        objectives.drop_objective, once=ONCE, objective="never_down", reason="No", expected_version=99
    )
    assert (again.ids, again.seq, again.replayed) == (first.ids, first.seq, True)


async def test_a_refusal_is_not_kept_so_the_same_key_may_be_tried_again(acme: Acme):
    refused = await acme.do(organization.add_person, once=ONCE, name="  ")
    assert [e.code() for e in refused.errors] == ["INVALID_INPUT"]
    assert (
        await acme.do(organization.add_person, once=IdempotencyKey("key", b"better"), name="Dana")
    ).errors == ()
    half = await acme.say(said("macros", 1), said("nobody", 1), once=IdempotencyKey("second", b"a"))
    assert [e.index for e in half.item_errors] == [1]
    assert (await acme.say(said("macros", 1), once=IdempotencyKey("second", b"b"))).item_errors == ()
    none = await acme.say(said("nobody", 1), atomic=False, once=IdempotencyKey("third", b"a"))
    assert [e.index for e in none.item_errors] == [0]
    assert await acme.fetch("select key from idempotency where key = 'third'") == []


async def test_a_key_belongs_to_its_owner_whichever_of_their_tokens_is_used(acme: Acme):
    one = await actor_with(acme, Scope.WRITE, person="ann")
    two = await actor_with(acme, Scope.ADMIN, person="ann@acme.example")
    ben = await actor_with(acme, Scope.WRITE, person="ben")
    fix = partial(acme.do, edit_key_result, once=ONCE, key_result="macros", measure={})
    first = await fix(by=one, edits={"title": "M"})
    assert (await fix(by=two, edits={"title": "M"})).replayed
    other = await fix(by=ben, edits={"title": "Ma"})
    service = await fix(edits={"title": "Mac"})
    assert len({first.seq, other.seq, service.seq}) == 3


async def test_a_key_is_kept_for_seven_days(acme: Acme):
    first = await acme.do(organization.add_person, once=ONCE, name="Dana")
    await acme.fetch(
        "update idempotency set recorded_at = recorded_at - $1::interval", timedelta(days=6, hours=23)
    )
    assert (await acme.do(organization.add_person, once=ONCE, name="Dana")).replayed
    await acme.fetch("update idempotency set recorded_at = recorded_at - $1::interval", timedelta(hours=2))
    second = await acme.do(organization.add_person, once=IdempotencyKey("key", b"other"), name="Eve")
    assert (second.errors, second.replayed, second.seq) == ((), False, first.seq + 1)
    assert (
        await acme.do(organization.add_person, once=IdempotencyKey("key", b"other"), name="Eve")
    ).ids == second.ids


@pytest.mark.parametrize("key", ("", "x" * 201, "NUL \0", "lone \ud800"))
async def test_a_key_that_cannot_be_kept_is_refused(resting: Acme, key: str):
    for outcome in (
        await resting.do(organization.add_person, once=IdempotencyKey(key, b""), name="Dana"),
        await resting.say(said("macros", 1), once=IdempotencyKey(key, b"")),
    ):
        assert [(e.code(), e.path) for e in outcome.errors] == [("INVALID_INPUT", ("idempotencyKey",))]


async def test_a_key_of_200_characters_and_any_script_is_kept(acme: Acme):
    once = IdempotencyKey("漢" * 200, b"\x00")
    assert not (await acme.do(organization.add_person, once=once, name="Dana")).replayed
    assert (await acme.do(organization.add_person, once=once, name="Dana")).replayed


@pytest.mark.parametrize(
    ("held", "may_check_in", "may_write"),
    (
        (Scope.READ, False, False),
        (Scope.CHECK_IN, True, False),
        (Scope.WRITE, True, True),
        (Scope.ADMIN, True, True),
    ),
)
async def test_each_scope_includes_the_ones_before_it(
    acme: Acme, held: Scope, may_check_in: bool, may_write: bool
):
    actor = await actor_with(acme, held)
    before = await acme.tables()
    wrote = await acme.do(draft_objective, by=actor, title="Write it down", cycle="quarter")
    checked_in = await acme.group_commit.check_in(actor, [said("macros", 1)])
    assert [e.code() for e in wrote.errors] == ([] if may_write else ["FORBIDDEN"])
    assert [e.code() for e in checked_in.errors] == ([] if may_check_in else ["FORBIDDEN"])
    assert (await acme.tables() == before) is not may_check_in


async def test_a_refusal_answers_the_feeds_present_position(resting: Acme):
    seq = await resting.seq()
    refused = await resting.do(organization.add_person, name="")
    assert (refused.seq, dict(refused.ids), refused.item_errors) == (seq, {}, ())


async def test_another_organisations_id_is_not_found_and_changes_nothing(acme: Acme):
    from tests.acme import Workplace

    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    before = await acme.tables()
    for outcome in (
        await beta.do(objectives.pause_objective, objective=acme.never_down, reason="Theirs"),
        await beta.do(organization.remove_person, person=acme.ann),
        await beta.do(draft_objective, cycle=acme.quarter, title="Mine"),
        await beta.do(draft_objective, cycle="quarter", title="Mine"),
    ):
        assert [e.code() for e in outcome.errors] == ["NOT_FOUND"]
    recorded = await beta.say(said(acme.macros, 1))
    assert [e.code for e in recorded.item_errors] == ["NOT_FOUND"]
    assert await acme.tables() == before


async def test_an_id_and_its_absence_are_told_in_the_same_words(resting: Acme):
    nobody = UUID(int=1)
    refusal = await resting.refused(objectives.pause_objective, objective=nobody, reason="None")
    assert (refusal.code(), refusal.message, refusal.path) == (
        "NOT_FOUND",
        "There is no such objective",
        ("id",),
    )
    refusal = await resting.refused(
        draft_objective, cycle=resting.quarter, title="T", owner=Ref(nobody, path=("ownerId",))
    )
    assert (refusal.code(), refusal.message, refusal.path) == (
        "NOT_FOUND",
        "There is no such person",
        ("ownerId",),
    )


async def test_a_database_fault_is_raised_and_leaves_nothing(acme: Acme):
    await acme.fetch("alter table person add constraint no_dana check (name <> 'Dana')")
    before = await acme.tables()
    with pytest.raises(asyncpg.CheckViolationError):
        await acme.do(organization.add_person, once=ONCE, name="Dana")
    assert await acme.tables() == before
    assert (await acme.do(organization.add_person, once=ONCE, name="Eve")).errors == ()


async def test_the_same_key_at_the_same_time_is_applied_once(acme: Acme):
    outcomes = await asyncio.gather(
        *(acme.do(organization.add_person, once=ONCE, name="Dana") for _ in range(8))
    )
    assert len({node(outcome) for outcome in outcomes}) == len({outcome.seq for outcome in outcomes}) == 1
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * 7
    assert len(await acme.fetch("select from person where name = 'Dana'")) == 1
