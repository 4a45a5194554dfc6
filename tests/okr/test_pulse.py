"""Ballots and results of pulses: sums alone, marks without an order, nothing below five answers."""

from itertools import permutations
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.errors import Refused
from okr_api.okr.pulse import (
    MARK_BYTES,
    MIN_PULSE_ANSWERS,
    Ballot,
    Pulse,
    PulseState,
    answer_count,
    pulse_results,
)
from tests.scoring.tables import DOCUMENT, NOTHING, Row, tables

[EXAMPLES] = (table for table in tables(DOCUMENT.with_name("review.md")) if table.heading == "Pulse")
OPEN = Pulse(uuid4(), None, uuid4(), ("Clear?", "Done?"), PulseState.OPEN)
SECRET = b"s" * 32


def answered(*answers: tuple[UUID, list[int]]) -> Ballot:
    ballot = Ballot(SECRET, b"", Ballot.empty(OPEN).counts)
    for person, scores in answers:
        ballot = ballot.answered(person, scores)
    return ballot


@pytest.mark.parametrize("row", EXAMPLES.rows, ids=lambda row: row["answers"])
def test_a_worked_example_is_true(row: Row):
    pulse = Pulse(uuid4(), None, uuid4(), ("Clear?",), PulseState.OPEN)
    ballot = Ballot.empty(pulse)
    for answer in row["answers"].split(", "):
        ballot = ballot.answered(uuid4(), [int(answer)])
    found = pulse_results(pulse.questions, pulse.closed(ballot).counts)
    mean, distribution = NOTHING, NOTHING
    if found is not None:
        mean, distribution = f"{found[0].mean:.4g}", ", ".join(map(str, found[0].distribution))
    assert (mean, distribution) == (row["→ mean"], row["→ distribution"])


def test_the_order_of_answers_leaves_no_trace():
    answers = [(uuid4(), [1, 5]), (uuid4(), [2, 4]), (uuid4(), [3, 3]), (uuid4(), [5, 1])]
    assert len({answered(*order) for order in permutations(answers)}) == 1


@given(st.lists(st.uuids(), unique=True, max_size=30), st.uuids())
def test_a_ballot_knows_who_has_answered_and_counts_everybody_once(people: list[UUID], other: UUID):
    ballot = answered(*((person, [3, 4]) for person in people))
    assert all(ballot.has_answered(person) for person in people)
    assert ballot.has_answered(other) is (other in people)
    marks = [ballot.marks[at : at + MARK_BYTES] for at in range(0, len(ballot.marks), MARK_BYTES)]
    assert marks == sorted(set(marks))
    assert answer_count(ballot.counts) == len(marks) == len(people)
    assert not any(person.bytes in ballot.marks or person.hex.encode() in ballot.marks for person in people)


def test_each_ballot_has_a_secret_of_its_own():
    person = uuid4()
    first, second = (Ballot.empty(OPEN).answered(person, [1, 1]) for _ in range(2))
    assert first.marks != second.marks


def test_a_closed_pulse_has_counts_exactly_if_enough_people_answered():
    for count in (0, MIN_PULSE_ANSWERS - 1, MIN_PULSE_ANSWERS):
        closed = OPEN.closed(answered(*((uuid4(), [5, 1]) for _ in range(count))))
        assert closed.state is PulseState.CLOSED
        assert bool(closed.counts) is (count >= MIN_PULSE_ANSWERS)
        assert closed.checked() == closed
    assert OPEN.closed(None).counts == ()


@pytest.mark.parametrize(
    ("state", "counts"),
    (
        (PulseState.OPEN, (5, 0, 0, 0, 0) * 2),
        (PulseState.CLOSED, (5, 0, 0, 0, 0)),
        (PulseState.CLOSED, (5, 0, 0, 0, 0, 6, 0, 0, 0, 0)),
        (PulseState.CLOSED, (4, 0, 0, 0, 0) * 2),
    ),
)
def test_counts_of_anything_else_are_refused(state: PulseState, counts: tuple[int, ...]):
    with pytest.raises(Refused) as refusal:
        Pulse(uuid4(), None, uuid4(), OPEN.questions, state, counts).checked()
    assert (refusal.value.code(), refusal.value.path) == ("STATE_DOES_NOT_FIT", ("counts",))
