"""Group commit: concurrent check-ins share transactions, and each is still a change of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

import asyncpg
import pytest

from okr_api.okr.check_in import MAX_CHECK_INS
from okr_api.services import group_commit as together_module
from okr_api.services import queued_check_ins
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import IdempotencyKey, MutationResult
from okr_api.services.queued_check_ins import MAX_RESULT_HOLD_S, Attempt, HeldResults, QueuedCheckIns
from tests.acme import Acme, Workplace, node, said
from tests.conftest import Server

WAITING_FOR_LOCK = (
    "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)
RAISES = """
    create function execute_on_note() returns trigger language plpgsql as $$
    begin
        if new.note = '{note}' then {does} end if;
        return new;
    end $$;
    create {kind} trigger execute_on_note after insert on check_in {when} for each row execute function execute_on_note()
"""


async def execute_on_note(acme: Acme, note: str, does: str, *, at_commit: bool = False) -> None:
    """Install a trigger that executes `does` when a check-in with the note is saved."""
    kind, when = ("constraint", "deferrable initially deferred") if at_commit else ("", "")
    async with acme.database.across() as connection:
        await connection.execute(RAISES.format(note=note, does=does, kind=kind, when=when))


async def all_held_up(
    acme: Acme, *calls: Callable[[], Coroutine[None, None, MutationResult]]
) -> list[MutationResult | BaseException]:
    """Start the calls while the organisation is locked, so that they share a group; return their results."""
    async with acme.work_elsewhere():
        first = asyncio.create_task(acme.say(said("backlog", 1)))
        while not await acme.fetch(WAITING_FOR_LOCK):
            pass
        tasks = [asyncio.create_task(call()) for call in calls]
        await asyncio.sleep(0)
    await first
    async with asyncio.timeout(20):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def transactions(acme: Acme) -> list[int]:
    """Return how many check-ins each transaction appended, in the order of the transactions."""
    rows = await acme.fetch(
        "select count(*) from check_in group by xmin, xmin::text::bigint order by min(seq)"
    )
    return [row["count"] for row in rows]


async def test_what_waits_is_committed_together_and_each_is_its_own_change(acme: Acme):
    start = await acme.seq()
    outcomes = await all_held_up(acme, *(lambda n=n: acme.say(said("macros", n)) for n in range(1, 9)))
    assert [outcome.seq - start for outcome in outcomes] == list(range(2, 10))  # type: ignore[union-attr]
    assert await transactions(acme) == [1, 8]
    changes = await acme.fetch(
        "select seq, check_in_ids, deltas::jsonb from change where seq > $1 order by seq", start + 1
    )
    assert [change["check_in_ids"] for change in changes] == [[node(o)] for o in outcomes]  # type: ignore[arg-type]
    progress = [(change["deltas"][0]["before"], change["deltas"][0]["after"]) for change in changes]
    assert progress == [(None, 0.1), *((n / 10, (n + 1) / 10) for n in range(1, 8))]
    assert await acme.verify() == []


async def test_concurrent_check_ins_on_siblings_lose_nothing(acme: Acme):
    leaves = [await acme.key_result(f"Leaf {n}", "clear_backlog") for n in range(6)]
    start = await acme.seq()
    others = [GroupCommit(acme.mutation_runner) for _ in range(3)]
    outcomes = await asyncio.gather(
        *(
            others[n % 3].check_in(acme.actor, [said(leaf, n)])
            for n in range(20)
            for leaf in leaves
        )
    )  # fmt: skip
    assert sorted(outcome.seq for outcome in outcomes) == list(range(start + 1, start + 121))
    assert len(await acme.fetch("select from check_in")) == 120
    assert await acme.verify() == []


async def test_a_refused_caller_leaves_the_group_and_the_others_stay(acme: Acme):
    start = await acme.seq()
    good, unknown, empty, last = await all_held_up(
        acme,
        lambda: acme.say(said("macros", 1)),
        lambda: acme.say(said("nobody", 2), said("macros", 9)),
        lambda: acme.say(),
        lambda: acme.say(said("macros", 3)),
    )
    assert isinstance(good, MutationResult)
    assert isinstance(unknown, MutationResult)
    assert isinstance(empty, MutationResult)
    assert isinstance(last, MutationResult)
    assert (good.seq, last.seq) == (start + 2, start + 3)
    assert ([e.code for e in unknown.item_errors], unknown.seq) == (["NOT_FOUND"], start + 2)
    assert ([e.code() for e in empty.errors], empty.seq) == (["INVALID_INPUT"], start + 2)
    assert await transactions(acme) == [1, 2]
    assert await acme.progress(acme.macros) == 0.3


async def test_callers_of_one_group_see_the_external_ids_and_corrections_of_those_before(acme: Acme):
    first = await acme.check_in("macros", 1)
    outcomes = await all_held_up(
        acme,
        lambda: acme.say(said("macros", 2, external_id="a")),
        lambda: acme.say(said("macros", 3, external_id="a")),
        lambda: acme.say(said(None, 4, supersedes=first)),
        lambda: acme.say(said(None, 5, supersedes=first)),
    )
    codes = [[e.code for e in outcome.item_errors] for outcome in outcomes]  # type: ignore[union-attr]
    assert codes == [[], ["EXTERNAL_ID_IS_TAKEN"], [], ["ALREADY_SUPERSEDED"]]
    assert await acme.verify() == []


async def test_the_same_key_at_once_is_applied_once_and_answers_the_same(acme: Acme):
    once = IdempotencyKey("key", b"input")
    outcomes = await all_held_up(acme, *(lambda: acme.say(said("macros", 5), once=once) for _ in range(6)))
    assert len({(outcome.seq, node(outcome)) for outcome in outcomes}) == 1  # type: ignore[union-attr, arg-type]
    assert [outcome.replayed for outcome in outcomes] == [False] + [True] * 5  # type: ignore[union-attr]
    assert len(await acme.fetch("select from check_in")) == 2


async def test_the_same_key_in_two_processes_at_once_is_applied_once(acme: Acme):
    once = IdempotencyKey("key", b"input")
    others = [GroupCommit(acme.mutation_runner) for _ in range(6)]
    outcomes = await asyncio.gather(
        *(other.check_in(acme.actor, [said("macros", 5)], once=once) for other in others)
    )
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * 5
    assert len(await acme.fetch("select from check_in")) == 1


async def test_a_group_takes_up_to_a_thousand_items(acme: Acme):
    outcomes = await all_held_up(
        acme, *(lambda n=n: acme.say(*(said("macros", n) for _ in range(400))) for n in range(4))
    )
    assert all(isinstance(outcome, MutationResult) and not outcome.errors for outcome in outcomes)
    assert await transactions(acme) == [1, 2 * 400, 2 * 400]
    assert MAX_CHECK_INS == 1000


async def test_a_constraint_that_one_caller_violates_is_that_ones_fault_alone(acme: Acme):
    await execute_on_note(acme, "bad", "raise check_violation;")
    start = await acme.seq()
    outcomes = await all_held_up(
        acme,
        lambda: acme.say(said("macros", 1)),
        lambda: acme.say(said("macros", 2, note="bad")),
        lambda: acme.say(said("macros", 3)),
    )
    first, fault, last = outcomes
    assert isinstance(fault, asyncpg.CheckViolationError)
    assert [first.seq, last.seq] == [start + 2, start + 3]  # type: ignore[union-attr]
    assert await transactions(acme) == [1, 1, 1]
    assert await acme.progress(acme.macros) == 0.3
    assert await acme.verify() == []


@pytest.mark.parametrize("at_commit", (False, True))
async def test_a_connection_killed_under_a_group_costs_nobody_their_check_in(acme: Acme, at_commit: bool):
    await acme.fetch("create sequence times")
    await execute_on_note(
        acme, "kill", "if nextval('times') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;",
        at_commit=at_commit,
    )  # fmt: skip
    start = await acme.seq()
    outcomes = await all_held_up(
        acme,
        lambda: acme.say(said("macros", 1)),
        lambda: acme.say(said("macros", 2, note="kill")),
        lambda: acme.say(said("macros", 3)),
    )
    assert [outcome.seq for outcome in outcomes] == [start + 2, start + 3, start + 4]  # type: ignore[union-attr]
    assert len(await acme.fetch("select from check_in")) == 4
    assert await acme.verify() == []


async def test_a_commit_whose_answer_was_lost_is_not_applied_again(acme: Acme, server: Server):
    if server.embedded is None:
        pytest.skip("needs to reconfigure the server")
    admin = await asyncpg.connect(server.embedded.admin_dsn)
    try:
        [name] = await acme.fetch("select current_database() as name")
        await admin.execute(f"alter database {name['name']} set synchronous_commit = on")
        await acme.database.pool.expire_connections()
        # A commit now waits for a standby that does not exist: it is done locally, and its response never comes.
        await admin.execute("alter system set synchronous_standby_names = 'nobody'")
        await admin.execute("select pg_reload_conf()")
        start = await acme.seq()
        waiting = asyncio.create_task(acme.say(said("macros", 5)))
        while not (
            stuck := await admin.fetch("select pid from pg_stat_activity where wait_event = 'SyncRep'")
        ):
            pass
        await admin.execute("select pg_terminate_backend($1)", stuck[0]["pid"])
        await admin.execute("alter system reset synchronous_standby_names")
        await admin.execute("select pg_reload_conf()")
        async with asyncio.timeout(20):
            outcome = await waiting
    finally:
        await admin.execute("alter system reset synchronous_standby_names")
        await admin.execute("select pg_reload_conf()")
        await admin.close()
    assert (outcome.errors, outcome.seq) == ((), start + 1)
    assert await acme.seq() == start + 1
    assert [row["id"] for row in await acme.fetch("select id from check_in")] == [node(outcome)]


async def test_a_fault_of_our_own_is_one_callers_answer_and_holds_up_nobody(acme: Acme):
    outcomes = await all_held_up(
        acme,
        lambda: acme.say(said("macros", 1)),
        lambda: acme.say(said("macros", "five")),  # type: ignore[arg-type]
        lambda: acme.say(said("macros", 3)),
    )
    first, fault, last = outcomes
    assert isinstance(fault, TypeError)
    assert isinstance(first, MutationResult)
    assert isinstance(last, MutationResult)
    assert await acme.progress(acme.macros) == 0.3
    async with asyncio.timeout(20):
        await acme.check_in("macros", 4)


async def test_a_caller_who_gives_up_before_its_turn_is_passed_over_and_holds_up_nobody(acme: Acme):
    async with acme.work_elsewhere():
        gone = asyncio.create_task(acme.say(said("macros", 1)))
        stays = asyncio.create_task(acme.say(said("macros", 2)))
        await asyncio.sleep(0.01)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
    async with asyncio.timeout(20):
        assert not (await stays).errors
    assert [row["value"] for row in await acme.fetch("select value from check_in")] == [2]


async def test_held_results_are_set_before_the_next_group_is_saved(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queued_check_ins, "MAX_RESULT_HOLD_S", 3_600)
    await execute_on_note(acme, "slow", "perform pg_sleep(0.5);")
    async with acme.work_elsewhere():
        first = asyncio.create_task(acme.say(said("backlog", 1)))
        while not await acme.fetch(WAITING_FOR_LOCK):
            pass
        next_group = asyncio.create_task(acme.say(said("macros", 1, note="slow")))
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        assert not (await first).errors
        assert not next_group.done(), "it is being saved"
        assert not (await next_group).errors
    assert await transactions(acme) == [1, 1]


async def test_a_result_is_held_for_10_ms_if_no_group_is_applied(acme: Acme):
    loop = asyncio.get_running_loop()
    caller = QueuedCheckIns(acme.actor, [], True, None, loop.create_future())
    result, begun = MutationResult(seq=1), loop.time()
    HeldResults().hold(Attempt([(caller, result)]))
    assert not caller.answer.done()
    async with asyncio.timeout(20):
        assert await caller.outcome() is result
    assert loop.time() - begun > MAX_RESULT_HOLD_S / 2
    assert MAX_RESULT_HOLD_S == 0.01


async def test_two_organisations_do_not_wait_for_one_another(acme: Acme):
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    await beta.cycle("Quarter")
    key_result = await beta.key_result("K", await beta.objective("O"))
    async with acme.work_elsewhere():
        held = asyncio.create_task(acme.group_commit.check_in(acme.actor, [said("macros", 1)]))
        async with asyncio.timeout(20):
            await acme.group_commit.check_in(beta.actor, [said(key_result, 1)])
        assert not held.done()
    assert not (await held).errors


async def test_more_check_ins_than_may_wait_are_refused(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(together_module, "MAX_WAITING_CHECK_INS", 3)
    *taken, refused = await all_held_up(
        acme, *(lambda n=n: acme.group_commit.check_in(acme.actor, [said("macros", n)]) for n in range(1, 5))
    )
    assert [outcome.errors for outcome in taken] == [()] * 3  # type: ignore[union-attr]
    assert [error.code() for error in refused.errors] == ["BUSY"]  # type: ignore[union-attr]


async def test_nothing_is_left_behind_when_all_have_been_answered(acme: Acme):
    await asyncio.gather(*(acme.say(said("macros", n)) for n in range(5)))
    assert (dict(acme.group_commit._waiting), acme.group_commit._running) == ({}, {})
