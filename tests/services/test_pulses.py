"""Pulses: their life, and that nothing in the database, a file or the feed links a person with an answer."""

import json
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.policy import Role
from okr_api.okr.pulse import MAX_PULSE_QUESTIONS, MAX_PULSE_SCORE, MIN_PULSE_ANSWERS
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.services.pulses import add_pulse, answer_pulse, close_pulse, delete_pulse, edit_pulse, open_pulse
from tests.acme import Acme
from tests.services.import_export.files import bring, exported

QUESTIONS = ["Do you know what matters?", "Do you get help?"]
# Everybody answers in another way, so that each answer could be recognised.
ANSWERS = ([1, 5], [2, 4], [3, 3], [4, 2], [5, 1], [5, 5])


async def asked(acme: Acme, **more: Any) -> UUID:
    pulse = await acme.done(add_pulse, cycle="quarter", questions=QUESTIONS, external_id="asked", **more)
    await acme.done(open_pulse, pulse=pulse)
    return pulse


async def people(acme: Acme, count: int) -> list[Actor]:
    """Return so many actors that are members."""
    ids = [await acme.person(f"P{number}", role=Role.MEMBER) for number in range(count)]
    return [acme.as_person(id, f"P{number}") for number, id in enumerate(ids)]


async def test_results_are_there_once_it_is_closed_and_who_answered_is_forgotten(acme: Acme):
    pulse = await asked(acme)
    for actor, answers in zip(await people(acme, len(ANSWERS)), ANSWERS, strict=True):
        await acme.done(answer_pulse, pulse=pulse, answers=answers, by=actor)
    assert (await acme.row("pulse", pulse))["counts"] == []
    await acme.done(close_pulse, pulse=pulse)
    row = await acme.row("pulse", pulse)
    assert (row["state"], row["counts"]) == ("CLOSED", [1, 1, 1, 1, 2, 1, 1, 1, 1, 2])
    assert await acme.fetch("select * from pulse_ballot") == []
    assert [each["counts"] for each in await acme.versions("pulse", pulse)] == [[], [], row["counts"]]
    assert (await acme.change())["fields"] == ["state"]
    for again in (open_pulse, close_pulse):
        assert (await acme.refused(again, pulse=pulse)).path == ("id",)


async def test_below_five_answers_nothing_is_kept_and_nothing_said(acme: Acme):
    pulse = await asked(acme)
    for actor in await people(acme, MIN_PULSE_ANSWERS - 1):
        await acme.done(answer_pulse, pulse=pulse, answers=[1, 2], by=actor)
    await acme.done(close_pulse, pulse=pulse)
    assert (await acme.row("pulse", pulse))["counts"] == []
    assert await acme.fetch("select * from pulse_ballot") == []


async def test_nothing_links_a_person_with_an_answer(acme: Acme):
    pulse, actors = await asked(acme), await people(acme, len(ANSWERS))
    before, file = await acme.tables(), await exported(acme)
    seq = await acme.seq()
    for actor, answers in zip(actors, ANSWERS, strict=True):
        result = await acme.do(answer_pulse, pulse=pulse, answers=answers, by=actor, once=None)
        assert (result.errors, result.seq, result.is_unchanged) == ((), seq, True)
    after = await acme.tables()
    # One row is all that is written: no change, no key, no version, no notification, no time.
    assert {name for name in after if after[name] != before[name]} == {"pulse_ballot"}
    [ballot] = await acme.fetch("select * from pulse_ballot")
    assert set(ballot) == {"organization_id", "pulse_id", "secret", "marks", "counts"}
    assert ballot["counts"] == [1, 1, 1, 1, 2, 1, 1, 1, 1, 2]
    text = str(ballot["secret"].hex() + ballot["marks"].hex())
    for actor in actors:
        assert actor.author.person_id is not None
        assert actor.author.person_id.hex not in text
    # Of all rows of the database, one alone has anything of the answers, and it has been written once.
    [written] = await acme.fetch(
        "select count(distinct xmin::text) as times, count(*) as rows from pulse_ballot"
    )
    assert written == {"times": 1, "rows": 1}
    # A file is the same as before anybody answered, and then has the results alone.
    assert await exported(acme) == file
    marks, secret = ballot["marks"], ballot["secret"]
    await acme.done(close_pulse, pulse=pulse)
    after = await acme.tables()
    everything = "\n".join(row for rows in after.values() for row in rows)
    assert secret.hex() not in everything
    assert not any(marks[at : at + 16].hex() in everything for at in range(0, len(marks), 16))
    [row] = json.loads(await exported(acme))["pulses"]
    assert row["counts"] == [1, 1, 1, 1, 2, 1, 1, 1, 1, 2]
    assert await acme.seq() == seq + 1


async def test_the_same_answers_in_another_order_leave_the_same_rows(acme: Acme):
    pulse, actors = await asked(acme), await people(acme, len(ANSWERS))
    given = list(zip(actors, ANSWERS, strict=True))
    rows = []
    for order in (given, given[::-1]):
        for actor, answers in order:
            await acme.done(answer_pulse, pulse=pulse, answers=answers, by=actor)
        rows += await acme.fetch("select marks, counts from pulse_ballot")
        await acme.fetch("update pulse_ballot set marks = '', counts = array_fill(0, array[10])")
    assert rows[0] == rows[1]


async def test_a_person_answers_once_whatever_their_token(acme: Acme):
    pulse = await asked(acme)
    [actor] = await people(acme, 1)
    await acme.done(answer_pulse, pulse=pulse, answers=[1, 2], by=actor)
    refusal = await acme.refused(answer_pulse, pulse=pulse, answers=[5, 5], by=actor)
    assert (refusal.code(), refusal.path) == ("ALREADY_ANSWERED", ("id",))
    assert (await acme.refused(answer_pulse, pulse=pulse, answers=[1, 2])).code() == "PEOPLE_ONLY"


async def test_a_pulse_has_at_most_five_questions_and_scores_from_one_to_five(acme: Acme):
    most = [f"Question {number}" for number in range(MAX_PULSE_QUESTIONS)]
    refusal = await acme.refused(add_pulse, cycle="quarter", questions=[*most, "Another"])
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("questions",))
    pulse = await acme.done(add_pulse, cycle="quarter", questions=most)
    await acme.done(open_pulse, pulse=pulse)
    [actor] = await people(acme, 1)
    for score in (0, MAX_PULSE_SCORE + 1):
        answers = [1, 2, 3, score, MAX_PULSE_SCORE]
        refusal = await acme.refused(answer_pulse, pulse=pulse, answers=answers, by=actor)
        assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("answers", "3"))
    await acme.done(answer_pulse, pulse=pulse, answers=[1, 2, 3, 4, MAX_PULSE_SCORE], by=actor)


async def test_a_deleted_pulse_takes_its_answers_along_and_makes_room_for_another(acme: Acme):
    pulse = await asked(acme)
    [actor] = await people(acme, 1)
    await acme.done(answer_pulse, pulse=pulse, answers=[1, 2], by=actor)
    await acme.done(delete_pulse, pulse=pulse)
    assert await acme.fetch("select * from pulse_ballot") == []
    assert (await acme.refused(answer_pulse, pulse=pulse, answers=[1, 2], by=actor)).code() == "NOT_FOUND"
    other = await asked(acme)
    once = IdempotencyKey("once", b"other")
    questions: dict[str, Any] = {"questions": QUESTIONS, "external_id": "again"}
    result = await acme.do(edit_pulse, pulse=other, edits=questions, once=once)
    assert not result.errors


async def test_a_file_brings_results_and_does_not_end_what_is_open(acme: Acme):
    pulse = await asked(acme)
    [actor] = await people(acme, 1)
    await acme.done(answer_pulse, pulse=pulse, answers=[1, 2], by=actor)
    counts = [5, 0, 0, 0, 0, 0, 0, 0, 0, 5]
    row: dict[str, Any] = {"id": "asked", "cycle_id": "quarter", "questions": QUESTIONS, "state": "OPEN"}
    for more, code in (
        ({"state": "CLOSED", "counts": counts}, "STATE_DOES_NOT_FIT"),
        ({"removed": True}, "STATE_DOES_NOT_FIT"),
        ({"questions": ["Other?"]}, "PULSE_HAS_BEGUN"),
        ({"counts": [-1]}, "ROW_IS_UNCLEAR"),
    ):
        report = await bring(acme, {"ids": "full", "pulses": [row | more]})
        assert [error.code for error in report.errors] == [code], more
    assert len(await acme.fetch("select * from pulse_ballot")) == 1
    closed = {"id": "closed", "cycle_id": "year", "state": "CLOSED", "counts": counts, "questions": QUESTIONS}
    report = await bring(acme, {"ids": "full", "pulses": [row, closed]})
    assert not report.errors
    [found] = await acme.fetch("select counts from pulse where external_id = 'closed'")
    assert found == {"counts": counts}
