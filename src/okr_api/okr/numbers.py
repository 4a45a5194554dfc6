"""Numbers: validation, exact weighted means, and threshold comparison with one tolerance."""

import math
from collections.abc import Iterable, Sequence
from operator import mul

from .errors import InvalidInput

MAX_VALUE = 1e15
SMALLEST_SPAN = 1e-9
SMALLEST_WEIGHT = 1e-6
MAX_NODE_WEIGHT = 1e6
TOLERANCE = 1e-9


def finite(value: float, field: str) -> float:
    """Return the value as a double.

    Raises:
        InvalidInput: the value is NaN, infinite or beyond ±1e15.
    """
    if not abs(value) <= MAX_VALUE:  # false for NaN too, and for an integer too large for a double
        raise InvalidInput(f"{field} must be a finite number within ±1e15", path=[field])
    return float(value) + 0.0  # so that -0.0 is never stored


def finite_or_none(value: float | None, field: str) -> float | None:
    """Return the value as a double, or None; raise like `finite`."""
    return None if value is None else finite(value, field)


def weight_of(value: float, field: str = "weight") -> float:
    """Return a weight: 0, or 1e-6 to 1e6.

    Raises:
        InvalidInput: any other value.
    """
    value = finite(value, field)
    if value != 0 and not SMALLEST_WEIGHT <= value <= MAX_NODE_WEIGHT:
        raise InvalidInput(f"{field} must be 0, or between 0.000001 and 1000000", path=[field])
    return value


def fraction(value: float, field: str) -> float:
    """Return a number from 0 to 1, such as a confidence.

    Raises:
        InvalidInput: any other value.
    """
    value = finite(value, field)
    if not 0 <= value <= 1:
        raise InvalidInput(f"{field} is a fraction from 0 to 1; 70 % is 0.7", path=[field])
    return value


def reaches(value: float, threshold: float) -> bool:
    """Return whether the value is at least the threshold, within the tolerance.

    All comparisons with a threshold use this: three parts at exactly 0.7 have a mean that misses 0.7 by a
    rounding error, and are still green.
    """
    return value >= threshold - TOLERANCE


def clamp(value: float) -> float:
    """Return the value clamped to 0…1."""
    return min(1.0, max(0.0, value))


def weighted_mean(parts: Iterable[tuple[float, float]]) -> float | None:
    """Return Σ weight·value / Σ weight over (weight, value) pairs; None if the total weight is 0.

    The sums are exact, so the order of the parts does not change the result.
    """
    pairs = list(parts)
    return mean_of_known([weight for weight, _ in pairs], [value for _, value in pairs])


def mean_of_known(weights: Sequence[float], values: Sequence[float | None]) -> float | None:
    """Return the weighted mean of parallel sequences, leaving out values that are None."""
    if None in values:
        known = [(weight, value) for weight, value in zip(weights, values, strict=True) if value is not None]
        return weighted_mean(known)
    total = math.fsum(weights)
    return math.fsum(map(mul, weights, values)) / total if total > 0 else None
