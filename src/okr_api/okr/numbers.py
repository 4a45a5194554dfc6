"""How numbers are compared, bounded and summed: IEEE doubles, finite, exact sums, one tolerance."""

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
    """The value itself, as a double.

    *Refuses*: NaN, the infinities and what lies beyond 1e15 on either side (`InvalidInput`).
    """
    if not abs(value) <= MAX_VALUE:  # false for NaN too, and for a whole number too long to be a double
        raise InvalidInput(f"{field} must be a finite number within ±1e15", path=[field])
    return float(value) + 0.0  # so that -0.0 is never stored


def finite_or_none(value: float | None, field: str) -> float | None:
    """The same for a value that may be left out."""
    return None if value is None else finite(value, field)


def weight_of(value: float, field: str = "weight") -> float:
    """A weight: 0, or 1e-6 to 1e6.

    *Refuses*: anything else (`InvalidInput`).
    """
    value = finite(value, field)
    if value != 0 and not SMALLEST_WEIGHT <= value <= MAX_NODE_WEIGHT:
        raise InvalidInput(f"{field} must be 0, or between 0.000001 and 1000000", path=[field])
    return value


def fraction(value: float, field: str) -> float:
    """A number from 0 to 1, such as a confidence.

    *Refuses*: anything else (`InvalidInput`).
    """
    value = finite(value, field)
    if not 0 <= value <= 1:
        raise InvalidInput(f"{field} is a fraction from 0 to 1; 70 % is 0.7", path=[field])
    return value


def reaches(value: float, threshold: float) -> bool:
    """Whether the value is at least the threshold, the tolerance allowed for.

    The one comparison with a threshold in the whole service: three parts at exactly 0.7
    have a mean that misses 0.7 by a rounding error, and are green all the same.
    """
    return value >= threshold - TOLERANCE


def clamp(value: float) -> float:
    """The value held within 0 and 1."""
    return min(1.0, max(0.0, value))


def weighted_mean(parts: Iterable[tuple[float, float]]) -> float | None:
    """Σ weight·value / Σ weight over (weight, value) pairs, with exact sums.

    *Shape*: None where there is no weight at all. The sums are exact, so the order of the
    parts changes no bit of the answer.
    """
    pairs = list(parts)
    return mean_of_known([weight for weight, _ in pairs], [value for _, value in pairs])


def mean_of_known(weights: Sequence[float], values: Sequence[float | None]) -> float | None:
    """The same over weights and values side by side, of which those without a value are left out."""
    if None in values:
        known = [(weight, value) for weight, value in zip(weights, values, strict=True) if value is not None]
        return weighted_mean(known)
    total = math.fsum(weights)
    return math.fsum(map(mul, weights, values)) / total if total > 0 else None
