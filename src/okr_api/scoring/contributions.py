"""Adjust contributions to a mean by what rounding left over, so that they add up to it bit for bit."""

import math
from collections.abc import Sequence

from okr_api.okr.numbers import TOLERANCE


def add_up_to(value: float, contributions: Sequence[float], *, tolerance: float = TOLERANCE) -> list[float]:
    """Return the contributions, of which one takes what rounding left over: their `math.fsum` is `value`.

    The largest takes it, and a smaller one where the largest is too coarse to hold it.

    Raises:
        ValueError: they do not add up to `value` within the tolerance.
    """
    parts = list(contributions)
    if abs(math.fsum([value, *(-part for part in parts)])) > tolerance:
        raise ValueError(f"{math.fsum(parts)} is not {value}")
    for place in sorted(range(len(parts)), key=parts.__getitem__, reverse=True):
        if math.fsum(parts) == value:
            break
        others = [-part for other, part in enumerate(parts) if other != place]
        parts[place] = math.fsum([value, *others])
    return parts
