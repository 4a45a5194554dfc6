"""The progress of an import: a bar on a terminal, elsewhere lines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

PROGRESS_INTERVAL_S = 5.0
PHASES = {
    "rows": "Checked {:,} of {:,} rows",
    "counting": "Recomputing numbers",
    "saving": "Saved {:,} of {:,} check-ins",
}


@contextmanager
def import_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar on a terminal, restarted for each phase; elsewhere a line every few seconds."""
    if not sys.stderr.isatty():
        yield _progress_in_lines()
        return
    bar = click.progressbar(length=1, file=sys.stderr)

    def on_progress(phase: str, done: int, total: int) -> None:
        if bar.label != phase:
            bar.label, bar.pos = phase, 0
        bar.length = max(total, 1)
        bar.update(done - bar.pos)

    try:
        yield on_progress
    finally:
        if bar.label:
            bar.render_finish()


def _progress_in_lines() -> Callable[[str, int, int], None]:
    """Return a callback that writes progress to stderr, at most every `PROGRESS_INTERVAL_S`."""
    told_at = time.monotonic()

    def on_progress(phase: str, done: int, total: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= PROGRESS_INTERVAL_S:
            told_at = time.monotonic()
            click.echo(PHASES[phase].format(done, total), err=True)

    return on_progress
