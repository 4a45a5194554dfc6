"""Work cost: what a finished operation is charged, from its requested cost and its measured work."""

COST_PER_MS = 25
COVERED_COST = 100
MIN_CHARGED_PART = 10


def final_charge(requested: int, work_s: float, *, writes: bool = False) -> float:
    """Return what a finished operation is charged.

    It is charged for its work: `COST_PER_MS` for each millisecond of CPU time and of statements. A requested
    cost up to `COVERED_COST` is charged as it is, and covers that much work; of a larger one at least a tenth
    (`MIN_CHARGED_PART`) is charged. A mutation is charged at least its requested cost.
    """
    worked = work_s * 1000 * COST_PER_MS
    if requested <= COVERED_COST and worked <= COVERED_COST:
        return requested
    least = requested if writes else max(requested / MIN_CHARGED_PART, min(requested, COVERED_COST))
    if worked <= max(requested, COVERED_COST):
        return max(least, min(worked, requested))
    return worked
