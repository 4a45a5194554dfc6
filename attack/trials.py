"""Trials: servers on copies of a filled database, for one row after another."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attack.client import Target
from attack.server import ROOT, Served, serving
from attack.table import Attack
from attack.trial import Bounds, Outcome, run
from attack.world import copy_of
from okr_api.store.embedded import EmbeddedPostgres


class Trials:
    """Servers on copies of a filled database: one for each row, or one for all."""

    def __init__(self, filled: Path, *, is_small: bool, is_shared: bool, source: Path = ROOT) -> None:
        self.filled, self.source = filled, source
        self.is_small, self.is_shared = is_small, is_shared
        self._open: Any = None

    def __enter__(self) -> "Trials":
        return self

    def __exit__(self, *problem: object) -> None:
        self._close()

    def run(self, row: Attack, seconds: float, idle_s: float, bounds: Bounds) -> Outcome:
        """Run one row; replace the server afterwards if it is not shared or was harmed."""
        served, dsn, world = self._server()
        target = Target(
            port=served.port,
            pid=served.pid,
            dsn=dsn,
            folder=str(served.folder),
            source=str(self.source / "src"),
            world=world,
            seconds=seconds,
            is_small=self.is_small,
        )
        outcome = run(row, served, target, idle_s, bounds)
        if not self.is_shared or outcome.harms:
            self._close()
        return outcome

    def _server(self) -> tuple[Served, str, dict[str, Any]]:
        if self._open is None:
            context = self._fresh()
            self._open = context, context.__enter__()
        return self._open[1]  # type: ignore[no-any-return]

    def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened[0].__exit__(None, None, None)

    @contextmanager
    def _fresh(self) -> Iterator[tuple[Served, str, dict[str, Any]]]:
        with tempfile.TemporaryDirectory(prefix="okr-attack-") as name:
            folder = Path(name)
            world = copy_of(self.filled, folder)
            dsn = EmbeddedPostgres(folder).dsn
            with serving(folder, source=self.source, log=self.filled.parent / "server.log") as served:
                yield served, dsn, world
