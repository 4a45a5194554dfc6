"""Report: the table that a trial prints, a row for each attack."""

from collections.abc import Iterable

from attack.trial import Outcome

HEAD = ("row", "answers", "s", "idle p99", "p50", "p99", "write", "MB", "peak", "PG +MB", "block", "verdict")


MAX_CELL = 90


def milliseconds(seconds: float | None) -> str:
    """Format a time as whole milliseconds."""
    if seconds is None or seconds == float("inf"):
        return "-" if seconds is None else "> 10 s"
    return f"{seconds * 1e3:.0f}"


def cells(outcome: Outcome) -> tuple[str, ...]:
    """Return the cells of a row."""
    answers = ", ".join(f"{count} × {answer}" for answer, count in outcome.answers.items()) or "none"
    told = "; ".join(note for note in outcome.notes if not note.startswith("HARM"))
    return (
        outcome.name,
        f"{answers}; {told}"[:MAX_CELL] if told else answers[:MAX_CELL],
        f"{outcome.seconds:.1f}",
        milliseconds(outcome.idle_p99_s),
        milliseconds(outcome.p50_s),
        milliseconds(outcome.p99_s),
        milliseconds(outcome.write_s),
        f"{outcome.server_mb:.0f}",
        f"{outcome.server_peak_mb:.0f}",
        f"{outcome.backends_mb:.0f}",
        f"≤ {milliseconds(outcome.block_s)}" if outcome.block_s else "-",
        "; ".join(outcome.harms) or "ok",
    )


def table(outcomes: Iterable[Outcome]) -> str:
    """Return the table as Markdown with aligned columns."""
    rows = [HEAD, *map(cells, outcomes)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD) - 1)]

    def line(row: tuple[str, ...]) -> str:
        padded = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        return f"| {' | '.join([*padded, row[-1]])} |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|---|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])
