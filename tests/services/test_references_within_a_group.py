"""References within a group: a later caller or item may correct what an earlier one recorded."""

from random import Random

import pytest

from okr_api.services.check_in_lookup import CheckInRequest
from tests.acme import ZONE, Acme, Workplace, days_ago, decrease, found_with_service, increase, said
from tests.services.test_group_commit import all_held_up, transactions


async def test_a_caller_of_a_group_may_correct_what_an_earlier_one_recorded_by_its_external_id(acme: Acme):
    await acme.check_in("macros", 1, effective_at=days_ago(3))
    await acme.check_in("macros", 2, effective_at=days_ago(2))
    outcomes = await all_held_up(
        acme,
        lambda: acme.say(said("macros", 6, external_id="a")),
        lambda: acme.say(said(None, 7, supersedes="a", external_id="b")),
        lambda: acme.say(said("macros", 8, supersedes="a")),
        lambda: acme.say(said("backlog", 8, supersedes="b")),
        lambda: acme.say(said(None, supersedes="b", retraction_reason="Typing error")),
        lambda: acme.say(said(None, supersedes="b", retraction_reason="Once more")),
    )
    codes = [[e.code for e in outcome.item_errors] for outcome in outcomes]  # type: ignore[union-attr]
    assert codes == [[], [], ["ALREADY_SUPERSEDED"], ["INVALID_INPUT"], [], ["ALREADY_SUPERSEDED"]]
    assert await acme.progress(acme.macros) == 0.2
    assert await acme.verify() == []
    assert await transactions(acme) == [1, 1, 1, 3]


async def test_an_item_of_a_bulk_may_correct_an_earlier_one_by_its_external_id(acme: Acme):
    await acme.check_in("macros", 1, effective_at=days_ago(3))
    outcome = await acme.say(
        said("macros", 6, external_id="a"),
        said(None, 7, supersedes="a", external_id="b"),
        said(None, 8, supersedes="a"),
        said(None, supersedes="b", retraction_reason="Typing error"),
        said(None, 9, supersedes="c"),
        said("macros", 9, external_id="c"),
        atomic=False,
    )
    assert [(e.index, e.code) for e in outcome.item_errors] == [(2, "ALREADY_SUPERSEDED"), (4, "NOT_FOUND")]
    assert await acme.progress(acme.macros) == 0.9
    assert await acme.verify() == []
    await acme.retract("c")
    assert await acme.progress(acme.macros) == 0.1
    assert await acme.verify() == []


async def test_what_a_refused_caller_named_is_not_there_for_those_after(acme: Acme):
    outcomes = await all_held_up(
        acme,
        lambda: acme.say(said("macros", 6, external_id="a"), said("nobody", 1)),
        lambda: acme.say(said(None, 7, supersedes="a")),
        lambda: acme.say(said("macros", 8, external_id="a")),
    )
    codes = [[e.code for e in outcome.item_errors] for outcome in outcomes]  # type: ignore[union-attr]
    assert codes == [["NOT_FOUND"], ["NOT_FOUND"], []]
    assert await acme.progress(acme.macros) == 0.8


def any_item(random: Random) -> CheckInRequest:
    """Return a random check-in, correction or retraction, which may refer to others by external id."""
    names = ("a", "b", "c", "d")
    effective_at = days_ago(random.randint(1, 20))
    supersedes = random.choice(names) if random.random() < 0.5 else None
    if supersedes and random.random() < 0.3:
        return said(None, supersedes=supersedes, retraction_reason="Typing error")
    key_result = random.choice(("macros", "backlog")) if not supersedes or random.random() < 0.3 else None
    external_id = random.choice(names) if random.random() < 0.7 else None
    value = float(random.randint(1, 9))
    return said(key_result, value, supersedes=supersedes, external_id=external_id, effective_at=effective_at)


@pytest.mark.parametrize("seed", range(8))
async def test_a_group_answers_and_counts_as_its_callers_would_one_after_the_other(acme: Acme, seed: int):
    random = Random(seed)
    calls = [[any_item(random) for _ in range(random.choice((1, 1, 3)))] for _ in range(25)]
    alone = Workplace(acme.database, acme.notifier, *await found_with_service(acme.database, "Alone", ZONE))
    await alone.cycle("Quarter")
    objective = await alone.objective("O")
    for name, measure in (("backlog", decrease(200, 0)), ("macros", increase(0, 10))):
        await alone.key_result(name, objective, measure, external_id=name)
    await alone.check_in("backlog", 1)  # as the group's first caller does
    one_by_one = [await alone.say(*items, atomic=False) for items in calls]
    grouped = await all_held_up(
        acme, *(lambda items=items: acme.say(*items, atomic=False) for items in calls)
    )
    codes = [
        [[(e.index, e.code) for e in outcome.item_errors] for outcome in outcomes]  # type: ignore[union-attr]
        for outcomes in (grouped, one_by_one)
    ]
    assert codes[0] == codes[1]
    rows = "select progress from key_result where organization_id = $1 and external_id = any($2) order by external_id"
    numbers = [
        await acme.fetch(rows, place.organization.id, ["backlog", "macros"]) for place in (acme, alone)
    ]
    assert numbers[0] == numbers[1]
    assert await acme.verify() == []
