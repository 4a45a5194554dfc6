"""Dependencies: minimum versions, lower bounds, reasons, and locks."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.house.tree import ROOT

# Older releases have known vulnerabilities or bugs. The last two may only come as indirect dependencies.
FLOORS = {
    "strawberry-graphql": "0.341",
    "graphql-core": "3.3.2",
    "starlette": "1.3.1",
    "python-multipart": "0.0.27",
    "PyJWT": "2.13",
}
OURS = {"strawberry-graphql", "graphql-core", "starlette"}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EMBEDDED = PROJECT["project"]["optional-dependencies"]["embedded"]
DEV, BUILD = PROJECT["dependency-groups"]["dev"], PROJECT["dependency-groups"]["build"]
DECLARED = sorted({*PROJECT["project"]["dependencies"], *EMBEDDED, *DEV, *BUILD})
REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(REQUIREMENTS.iterdir())


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_what_is_installed_is_not_below_its_floor(name, floor):
    try:
        installed = version(name)
    except PackageNotFoundError:
        assert name not in OURS
        return
    assert Version(installed) >= Version(floor)


def test_every_dependency_has_a_lower_bound():
    bounds = {line: {bound.operator for bound in Requirement(line).specifier} for line in DECLARED}
    assert [line for line, operators in bounds.items() if ">=" not in operators] == []


def test_every_dependency_says_why_it_is_there():
    written = (ROOT / "pyproject.toml").read_text()
    assert [line for line in DECLARED if f'"{line}", # ' not in written] == []


def pins(lock) -> dict[str, str]:
    """Return the name and the version of each pinned package."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), flags=re.MULTILINE))


BUILD_LOCK, DEV_LOCK, RUN_LOCK = (pins(REQUIREMENTS / f"{name}.txt") for name in ("build", "dev", "run"))


def test_there_are_three_locks():
    assert [lock.name for lock in LOCKS] == ["build.txt", "dev.txt", "run.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_versions_and_hashes_and_no_address(lock):
    text = lock.read_text()
    for entry in re.split(r"\n(?=\S)", text.rstrip()):
        if not entry.startswith("#"):
            assert re.match(r"[\w.-]+==\S+", entry)
            assert "--hash=sha256:" in entry
    assert "://" not in text


def test_the_locks_agree_with_one_another():
    assert (BUILD_LOCK | RUN_LOCK).items() <= DEV_LOCK.items()


def test_what_is_declared_is_locked():
    wanted = [Requirement(line) for line in DECLARED]
    assert [it for it in wanted if Version(DEV_LOCK[it.name]) not in it.specifier] == []
