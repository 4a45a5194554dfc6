"""References within a group: what one caller, or one item, has recorded can be corrected by a later one."""

from tests.acme import Acme, days_ago, said
from tests.services.test_together import all_held_up, transactions


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
