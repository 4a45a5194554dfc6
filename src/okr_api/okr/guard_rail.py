"""Guard-rail: roles of key results; check role, measure, weight and budget; whether a budget is exceeded."""

from enum import StrEnum

from .errors import InvalidInput
from .measure import Measure
from .numbers import TOLERANCE, fraction


class KeyResultRole(StrEnum):
    """What a key result is for its objective: it drives progress, or it guards what must not be harmed."""

    DRIVER = "DRIVER"
    GUARD_RAIL = "GUARD_RAIL"


def check_role(
    role: KeyResultRole, measure: Measure, weight: float | None, broken_budget: float | None
) -> float:
    """Return the weight of a key result in that role: that given, by default 1; 0 for a guard-rail.

    Raises:
        InvalidInput: a guard-rail has a weight or is no limit, or another key result has a budget.
    """
    if role is KeyResultRole.DRIVER:
        if broken_budget is not None:
            raise InvalidInput("Only a guard-rail has a brokenBudget", path=["brokenBudget"])
        return 1.0 if weight is None else weight
    if not measure.is_limit:
        raise InvalidInput(
            f"A guard-rail is a limit (AT_LEAST, AT_MOST or WITHIN), not {measure.kind}", path=["role"]
        )
    if weight:
        raise InvalidInput("A guard-rail has no weight: it adds to no progress", path=["weight"])
    if broken_budget is not None:
        fraction(broken_budget, "brokenBudget")
    return 0.0


def exceeds_budget(broken_budget: float | None, held_share: float | None) -> bool:
    """Return whether a limit was broken for a larger share of the time than its budget; never without one."""
    if broken_budget is None or held_share is None:
        return False
    return 1.0 - held_share > broken_budget + TOLERANCE
