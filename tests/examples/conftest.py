"""The examples with what they need, and the demo that they speak to, as `make run` shows it today."""

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
from tests.javascript.running import INSTALL_LIMIT_S, NODE, NPM, install_packages

EXAMPLES = ROOT / "examples"
PACKAGES = ROOT / ".venv" / "examples"
ARIADNE = ROOT / ".venv" / "ariadne-codegen"
LIMIT_S = 120


@dataclass(frozen=True)
class Demo:
    """The demo's database, for the tests of a module, and its director's token."""

    database_url: str
    token: str

    def environment(self, address: str) -> dict[str, str]:
        """What an example is told of the server at that address."""
        return {"OKR_URL": f"{address}/graphql", "OKR_TOKEN": self.token}


@pytest.fixture(scope="module")
async def demo(server: Server, template: str) -> AsyncIterator[Demo]:
    """The demo of today."""
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
    """The folder of an example, in which its commands run."""

    folder: Path

    @asynccontextmanager
    async def running(
        self, *command: str | Path, **environment: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """A command in the folder for as long as the context lasts; `node` and the folder's tools are found."""
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
        """All that a command says, which ends well."""
        async with self.running(*command, **environment) as process, asyncio.timeout(LIMIT_S):
            said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return said.decode()

    async def script(self, name: str, **environment: str) -> str:
        """All that a script of `package.json` says, which ends well."""
        return await self.run(NODE, NPM, "run", "--silent", name, **environment)


def copied(tmp_path: Path) -> Path:
    """Copy the examples, beside the schema, so that what they generate stays out of the source."""
    (tmp_path / "schema.graphql").symlink_to(ROOT / "schema.graphql")
    generated = shutil.ignore_patterns("node_modules", "__generated__", "gql", "okr_client", "__pycache__")
    return shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=generated)


@pytest.fixture
def python_examples(tmp_path: Path) -> Path:
    """The folder of the examples, for those in Python."""
    return copied(tmp_path)


@pytest.fixture
def node_examples(tmp_path: Path) -> Path:
    """The folder of the examples with the packages from npm."""
    install_packages(EXAMPLES, PACKAGES)
    examples = copied(tmp_path)
    (examples / "node_modules").symlink_to(PACKAGES / "node_modules")
    return examples


@pytest.fixture
def ariadne() -> Path:
    """The `bin` of an environment in which ariadne-codegen is; skips the test where pip cannot get it."""
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
