"""Errors of experiments; each class is an error code."""

from .errors import Refused


class ExperimentEndsBeforeItStarts(Refused):
    """The last day of an experiment, or the day by which its effect is expected, is before its first."""


class ExperimentIsOver(Refused):
    """The experiment is concluded or abandoned already."""


class OutcomeRequired(Refused):
    """Concluding an experiment needs an outcome: CONFIRMED, REFUTED or INCONCLUSIVE."""
