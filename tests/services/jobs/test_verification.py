"""The verification job finds stored numbers that do not follow from the facts, a bounded part at a time."""

import logging

import pytest

from okr_api.services.jobs import verification
from okr_api.services.jobs.verification import verify_next
from tests.acme import Acme, Workplace, said


@pytest.fixture
async def counted(acme: Acme) -> Acme:
    """Acme with something measured, beside an organisation without objectives and one with one."""
    await acme.say(said("backlog", 150), said("macros", 5), said("load", 50), said("failover", 1))
    await Workplace.found(acme.database, acme.notifier, "Empty")
    beta = await Workplace.found(acme.database, acme.notifier, "Beta", "Asia/Tokyo")
    await beta.cycle("Quarter")
    await beta.check_in(await beta.key_result("Sales", await beta.objective("Sell")), 40)
    return acme


async def test_right_numbers_are_found_right(counted: Acme, caplog: pytest.LogCaptureFixture):
    outcome = await verify_next(counted.database, None)
    assert (outcome.items, outcome.position) == (0, None)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("plant", "node", "field"),
    (
        ("update objective set progress = 0.99 where external_id = 'answer_fast'", "answer_fast", "progress"),
        ("update key_result set progress = 0.99 where external_id = 'macros'", "macros", "progress"),
        ("update key_result set current_value = 7 where external_id = 'load'", "load", "current_value"),
        (
            "update cycle set starts_at = starts_at + interval '1 hour' where external_id = 'quarter'",
            "quarter",
            "starts_at",
        ),
    ),
)
async def test_a_planted_number_is_logged_with_its_ids(
    plant: str, node: str, field: str, counted: Acme, caplog: pytest.LogCaptureFixture
):
    await counted.fetch(plant)
    outcome = await verify_next(counted.database, None)
    assert outcome.items >= 1
    messages = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(messages) == outcome.items
    named = [message for message in messages if str(getattr(counted, node)) in message]
    assert any(f": {field} of" in message for message in named)
    assert all(str(counted.organization.id) in message for message in messages)


async def test_a_wrong_number_beneath_is_no_fault_of_what_lies_above(counted: Acme):
    """A sample takes the numbers beneath its objectives as they are stored."""
    await counted.fetch("update objective set progress = 0.99 where external_id = 'clear_backlog'")
    assert {each.title for each in await counted.verify()} >= {"Clear the backlog"}
    outcome = await verify_next(counted.database, None)
    assert outcome.items >= 1


async def test_a_run_verifies_a_bounded_sample_and_the_next_one_what_follows(
    counted: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(verification, "MAX_OBJECTIVES_VERIFIED", 2)
    monkeypatch.setattr(verification, "VERIFICATION_BATCH_SIZE", 1)
    await counted.fetch("update objective set outcome = 'ACHIEVED'")
    found, position = [], None
    for _ in range(3):
        outcome = await verify_next(counted.database, position)
        found.append(outcome.items)
        position = outcome.position
    assert found == [2, 2, 1]
    assert position is None


async def test_so_many_differences_are_logged(
    counted: Acme, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(verification, "MAX_DIFFERENCES_LOGGED", 3)
    await counted.fetch("update objective set outcome = 'ACHIEVED'")
    assert (await verify_next(counted.database, None)).items == 5
    assert len(caplog.records) == 3


async def test_an_organisation_that_cannot_be_verified_does_not_hide_the_next(
    counted: Acme, caplog: pytest.LogCaptureFixture
):
    await counted.fetch(
        "update organization set time_zone = 'Nowhere/Land' where id = $1", counted.organization.id
    )
    await counted.fetch("update objective set progress = 0.99 where title = 'Sell'")
    outcome = await verify_next(counted.database, None)
    assert (outcome.failures, outcome.position) == (1, None)
    assert outcome.items >= 1
    assert str(counted.organization.id) in caplog.text


async def test_a_wrong_cycle_is_counted_once_in_a_run(counted: Acme, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verification, "VERIFICATION_BATCH_SIZE", 1)
    await counted.fetch(
        "update cycle set starts_at = starts_at + interval '1 hour' where external_id = 'quarter'"
    )
    assert (await verify_next(counted.database, None)).items == 1
