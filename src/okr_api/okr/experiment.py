"""Experiment: a hypothesis about a key result, what is changed to try it, and what came of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxLength, camel
from .errors import InvalidInput, StateDoesNotFit
from .experiment_errors import ExperimentEndsBeforeItStarts, OutcomeRequired
from .objective import MAX_TEXT_LENGTH


class ExperimentState(StrEnum):
    """How far an experiment is; from CONCLUDED and ABANDONED nothing follows."""

    PLANNED = "PLANNED"
    RUNNING = "RUNNING"
    CONCLUDED = "CONCLUDED"
    ABANDONED = "ABANDONED"


class ExperimentOutcome(StrEnum):
    """What people concluded from an experiment."""

    CONFIRMED = "CONFIRMED"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"


DAYS = ("expected_by", "started_on", "ended_on")


@dataclass(frozen=True, slots=True)
class Experiment:
    """Experiment that is to move a key result; `expected_value` is in the unit of that.

    `started_on` is None while it is planned, `ended_on` until it is over, `outcome` unless it is concluded.
    `conclusion` of an abandoned one is why it was abandoned.
    """

    id: UUID
    external_id: str | None
    hypothesis: Annotated[str, MaxLength(MAX_TEXT_LENGTH)]
    key_result_id: Annotated[UUID, Fixed()]
    what_changes: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    expected_value: float | None = None
    expected_by: date | None = None
    owner_id: UUID | None = None
    state: Annotated[ExperimentState, Fixed()] = ExperimentState.PLANNED
    started_on: date | None = None
    ended_on: date | None = None
    outcome: ExperimentOutcome | None = None
    conclusion: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    version: int = 1
    removed: bool = False

    @property
    def is_over(self) -> bool:
        """Return whether it is concluded or abandoned."""
        return self.state in (ExperimentState.CONCLUDED, ExperimentState.ABANDONED)

    def checked(self, today: date) -> "Experiment":
        """Return the experiment.

        Raises:
            InvalidInput: a day is out of reach, or it starts or ends after `today`.
            ExperimentEndsBeforeItStarts: its last day is before its first.
            StateDoesNotFit: its state contradicts its days, its outcome or its conclusion.
            OutcomeRequired: it is concluded without an outcome.
        """
        for name in DAYS:
            if (day := getattr(self, name)) is not None:
                day_within_reach(day, camel(name))
        for name in DAYS[1:]:
            if (day := getattr(self, name)) is not None and day > today:
                raise InvalidInput(f"{camel(name)} lies ahead; today is {today}", path=[camel(name)])
        self._check_days()
        self._check_result()
        return self

    def check_expectation(self) -> None:
        """Check that the effect is not expected before the experiment starts.

        Only for what is edited: a file may contain what was accepted before there was this rule.

        Raises:
            ExperimentEndsBeforeItStarts: it starts after the day by which its effect is expected.
        """
        if (
            self.started_on is not None
            and self.expected_by is not None
            and self.expected_by < self.started_on
        ):
            raise ExperimentEndsBeforeItStarts(
                f"Its effect would be expected by {self.expected_by}, before it starts on {self.started_on}",
                path=["expectedBy"],
            )

    def _check_days(self) -> None:
        if self.state is ExperimentState.PLANNED and self.started_on is not None:
            raise StateDoesNotFit(
                "A planned experiment has not started; experimentStart starts it", path=["startedOn"]
            )
        if self.state in (ExperimentState.RUNNING, ExperimentState.CONCLUDED) and self.started_on is None:
            raise StateDoesNotFit("An experiment that has started has a first day", path=["startedOn"])
        if self.is_over != (self.ended_on is not None):
            raise StateDoesNotFit(
                "An experiment has a last day exactly if it is concluded or abandoned", path=["endedOn"]
            )
        if self.started_on is not None and self.ended_on is not None and self.ended_on < self.started_on:
            raise ExperimentEndsBeforeItStarts(
                f"It would end on {self.ended_on}, before it starts on {self.started_on}", path=["endedOn"]
            )

    def _check_result(self) -> None:
        is_concluded = self.state is ExperimentState.CONCLUDED
        if is_concluded and self.outcome is None:
            raise OutcomeRequired(
                "A concluded experiment has an outcome: CONFIRMED, REFUTED or INCONCLUSIVE", path=["outcome"]
            )
        if not is_concluded and self.outcome is not None:
            raise StateDoesNotFit("Only a concluded experiment has an outcome", path=["outcome"])
        if not self.is_over and self.conclusion is not None:
            raise StateDoesNotFit("An experiment that is not over has no conclusion", path=["conclusion"])
