"""The named world of the tests is as its description says."""

from tests.acme import Acme


async def test_half_the_way_is_half(acme: Acme):
    await acme.check_in(acme.macros, 5)
    assert acme.named(await acme.moved()) == {
        "macros": (None, 0.5),
        "clear_backlog": (0.0, 0.25),
        "answer_fast": (0.0, 0.25),
        "customers_stay": (0.0, 0.0625),
    }


async def test_acme_is_found_as_it_was_founded(acme: Acme):
    assert await acme.verify() == []
    assert await acme.progress(acme.customers_stay) == 0.0
