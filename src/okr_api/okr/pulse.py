"""Pulse: a few questions that people answer anonymously about a cycle; ballot, and results once closed.

Nothing here keeps an answer by itself: a ballot has sums, and marks of who has answered that have no order.
"""

import hmac
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from secrets import token_bytes
from typing import Annotated
from uuid import UUID

from .entity_fields import Fixed, MaxItems, MaxLength
from .errors import InvalidInput, StateDoesNotFit
from .objective import MAX_TITLE_LENGTH
from .pulse_errors import AnswersMissing

MAX_PULSE_QUESTIONS = 5
MAX_PULSE_SCORE = 5  # the least is 1
MIN_PULSE_ANSWERS = 5  # of which results are shown
SECRET_BYTES = 32
MARK_BYTES = 16


class PulseState(StrEnum):
    """How far a pulse is; one state follows the other, and none comes back."""

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Pulse:
    """Questions about a cycle, one pulse for each.

    `counts` are how often each score was given: five numbers for each question, one after the other. They are
    empty until the pulse is closed, and afterwards too if fewer than `MIN_PULSE_ANSWERS` people answered.
    """

    id: UUID
    external_id: str | None
    cycle_id: Annotated[UUID, Fixed()]
    questions: Annotated[tuple[str, ...], MaxLength(MAX_TITLE_LENGTH), MaxItems(MAX_PULSE_QUESTIONS)] = ()
    state: Annotated[PulseState, Fixed()] = PulseState.DRAFT
    counts: Annotated[tuple[int, ...], Fixed(), MaxItems(MAX_PULSE_QUESTIONS * MAX_PULSE_SCORE)] = ()
    version: int = 1
    removed: bool = False

    def checked(self) -> "Pulse":
        """Return the pulse.

        Raises:
            InvalidInput: it has no question.
            StateDoesNotFit: its counts are not those of a closed pulse that enough people answered.
        """
        if not self.questions:
            raise InvalidInput(f"A pulse has 1 to {MAX_PULSE_QUESTIONS} questions", path=["questions"])
        if self.counts and not self._are_whole():
            raise StateDoesNotFit(
                f"Only a closed pulse has counts: {MAX_PULSE_SCORE} for each question, of the same number of "
                f"answers, at least {MIN_PULSE_ANSWERS}",
                path=["counts"],
            )
        return self

    def _are_whole(self) -> bool:
        sums = {sum(each) for each in distributions(self.counts)}
        return (
            self.state is PulseState.CLOSED
            and len(self.counts) == len(self.questions) * MAX_PULSE_SCORE
            and len(sums) == 1
            and min(sums) >= MIN_PULSE_ANSWERS
        )

    def closed(self, ballot: "Ballot | None") -> "Pulse":
        """Return the pulse closed, with the counts of a ballot if enough people answered."""
        is_shown = ballot is not None and answer_count(ballot.counts) >= MIN_PULSE_ANSWERS
        counts = ballot.counts if ballot is not None and is_shown else ()
        return replace(self, state=PulseState.CLOSED, counts=counts, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Ballot:
    """Answers to an open pulse: `counts` as those of the pulse, and `marks` of who has answered.

    A mark is a keyed hash of a person by the ballot's `secret`. Marks are sorted, so that their order says
    nothing of when they came.
    """

    secret: bytes
    marks: bytes
    counts: tuple[int, ...]

    @classmethod
    def empty(cls, pulse: Pulse) -> "Ballot":
        """Return the ballot of a pulse that nobody has answered."""
        return cls(token_bytes(SECRET_BYTES), b"", (0,) * (len(pulse.questions) * MAX_PULSE_SCORE))

    def has_answered(self, person_id: UUID) -> bool:
        """Return whether a person has answered."""
        mark = self._mark(person_id)
        place = self._place(mark)
        return self.marks[place : place + MARK_BYTES] == mark

    def answered(self, person_id: UUID, answers: Sequence[int]) -> "Ballot":
        """Return the ballot with the answers of a person who had not answered, one score a question."""
        mark, counts = self._mark(person_id), list(self.counts)
        for number, score in enumerate(answers):
            counts[number * MAX_PULSE_SCORE + score - 1] += 1
        place = self._place(mark)
        return Ballot(self.secret, self.marks[:place] + mark + self.marks[place:], tuple(counts))

    def _mark(self, person_id: UUID) -> bytes:
        return hmac.digest(self.secret, person_id.bytes, sha256)[:MARK_BYTES]

    def _place(self, mark: bytes) -> int:
        """Return where a mark is among the sorted ones, or would be."""
        numbers = range(len(self.marks) // MARK_BYTES)

        def at(number: int) -> bytes:
            return self.marks[number * MARK_BYTES : (number + 1) * MARK_BYTES]

        return bisect_left(numbers, mark, key=at) * MARK_BYTES


@dataclass(frozen=True, slots=True)
class PulseResult:
    """What came of a question: how often each score was given, from 1 to 5, and their mean."""

    question: str
    mean: float
    distribution: tuple[int, ...]


def checked_answers(pulse: Pulse, answers: Sequence[int]) -> Sequence[int]:
    """Return the answers to a pulse.

    Raises:
        AnswersMissing: there is not one for each question.
        InvalidInput: one is out of the scale.
    """
    if len(answers) != len(pulse.questions):
        raise AnswersMissing(
            f"Give one answer to each question. Questions: {len(pulse.questions)}, answers: {len(answers)}",
            path=["answers"],
        )
    for place, score in enumerate(answers):
        if not 1 <= score <= MAX_PULSE_SCORE:
            raise InvalidInput(f"An answer is a score from 1 to {MAX_PULSE_SCORE}", path=["answers", place])
    return answers


def distributions(counts: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the counts of each question."""
    return [
        tuple(counts[start : start + MAX_PULSE_SCORE]) for start in range(0, len(counts), MAX_PULSE_SCORE)
    ]


def answer_count(counts: Sequence[int]) -> int:
    """Return how many people have answered; everybody answers each question."""
    return sum(counts[:MAX_PULSE_SCORE])


def pulse_results(questions: Sequence[str], counts: Sequence[int]) -> list[PulseResult] | None:
    """Return what came of each question; None if nothing is shown."""
    if not counts:
        return None
    return [
        PulseResult(question, _mean(distribution), distribution)
        for question, distribution in zip(questions, distributions(counts), strict=True)
    ]


def _mean(distribution: Sequence[int]) -> float:
    return sum(score * count for score, count in enumerate(distribution, start=1)) / sum(distribution)
