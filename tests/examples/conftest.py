"""Fixtures: the demo database of `make run`, seeded for today; copies of the examples; their packages."""

import asyncio
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, STDOUT, run

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.demo.company import DIRECTOR
from okr_api.services.demo.seed import demo_organization, seed
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store.database import Database
from okr_api.store.embedded.locks import Lock
from tests.conftest import Server
from tests.house.tree import ROOT
from tests.javascript.running import install_or_skip
from tools.npm_packages import INSTALL_LIMIT_S, NODE, NPM

EXAMPLES = ROOT / "examples"
PACKAGES = ROOT / ".venv" / "examples"
ARIADNE = ROOT / ".venv" / "ariadne-codegen"
LIMIT_S = 120


@dataclass(frozen=True)
class Demo:
    """The demo's database, shared by the tests of a module, and a token of its director."""

    database_url: str
    token: str

    def environment(self, address: str) -> dict[str, str]:
        """Return the environment variables that an example reads, for the server at an address."""
        return {"OKR_URL": f"{address}/graphql", "OKR_TOKEN": self.token}


@pytest.fixture(scope="module")
async def demo(server: Server, template: str) -> AsyncIterator[Demo]:
    """Seed the demo for today."""
    async with server.copy_of(template) as name:
        url = server.url_of(name)
        async with Database.open(url) as database, ChangeNotifier.running(database) as notifier:
            organization = await demo_organization(database)
            today = datetime.now(organization.zone).date()
            await seed(MutationRunner(database, notifier), organization, today=today)
            token = await TokenStore(database).create(
                organization.id, name="examples", scopes=[Scope.CHECK_IN], person=DIRECTOR
            )
        yield Demo(url, token)


@dataclass(frozen=True)
class Example:
    """The folder of an example; commands run in it."""

    folder: Path

    @asynccontextmanager
    async def running(
        self, *command: str | Path, **environment: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run a command in the folder for as long as the context lasts, with `node` on its PATH."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        kept["PATH"] = os.pathsep.join((str(NODE.parent), kept["PATH"]))
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=kept | environment, stdout=PIPE, stderr=STDOUT
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def run(self, *command: str | Path, **environment: str) -> str:
        """Run a command to its end and return its output; fail if its exit code is not 0."""
        async with self.running(*command, **environment) as process, asyncio.timeout(LIMIT_S):
            said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return said.decode()

    async def script(self, name: str, **environment: str) -> str:
        """Run a script of `package.json` to its end and return its output; fail if its exit code is not 0."""
        return await self.run(NODE, NPM, "run", "--silent", name, **environment)


def copied(tmp_path: Path) -> Path:
    """Copy the examples and link the schema beside them, so that generated files stay out of the source."""
    (tmp_path / "schema.graphql").symlink_to(ROOT / "schema.graphql")
    generated = shutil.ignore_patterns("node_modules", "__generated__", "gql", "okr_client", "__pycache__")
    return shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=generated)


@pytest.fixture
def python_examples(tmp_path: Path) -> Path:
    """Return a copy of the examples without npm packages."""
    return copied(tmp_path)


@pytest.fixture
def node_examples(tmp_path: Path) -> Path:
    """Return a copy of the examples with their npm packages."""
    install_or_skip(EXAMPLES, PACKAGES)
    examples = copied(tmp_path)
    (examples / "node_modules").symlink_to(PACKAGES / "node_modules")
    return examples


@pytest.fixture
def ariadne() -> Path:
    """Return the `bin` folder of an environment with ariadne-codegen; skip the test if pip cannot install it."""
    requirements = EXAMPLES / "ariadne-codegen" / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    ARIADNE.mkdir(exist_ok=True)
    environment, mark = ARIADNE / "environment", ARIADNE / "installed"
    with Lock(ARIADNE / "lock") as lock:
        assert lock.take(limit_s=INSTALL_LIMIT_S)
        if not mark.exists() or mark.read_text() != wanted:
            run([sys.executable, "-m", "venv", "--clear", "--without-pip", environment], check=True)
            pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", environment)
            locked = (
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--requirement",
                requirements,
            )
            done = run(
                (*pip, "install", "--quiet", "--no-compile", *locked), capture_output=True, check=False
            )
            if done.returncode:
                pytest.skip(f"LEFT OUT: pip cannot install what is tried here: {done.stderr.decode()[-300:]}")
            mark.write_text(wanted)
    return environment / "bin"
