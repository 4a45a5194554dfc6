"""Run JavaScript programs: Node from its wheel, packages from npm at the versions of the lock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import pytest

from tools.npm_packages import NODE, NotInstallable, copy_changed, install_packages

HERE = Path(__file__).parent
INSTALLED = HERE.parent.parent / ".venv" / "javascript"


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
    install_or_skip(HERE, INSTALLED)
    copy_changed(list(HERE.glob("*.mjs")), INSTALLED)
    return JavaScript(INSTALLED)


def install_or_skip(source: Path, target: Path) -> None:
    """Install the packages of a folder's lock into another folder; skip the test if npm cannot."""
    try:
        install_packages(source, target)
    except NotInstallable as problem:
        pytest.skip(f"LEFT OUT: npm cannot install what is tried here: {problem}")
