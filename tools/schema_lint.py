"""Lint schema.graphql by `schema-lint/lint.mjs`, with Node and linters from npm as locked there.

Exits with 1 for findings, and with 3 where npm cannot install the linters.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools.npm_packages import NODE, NotInstallable, copy_changed, install_packages

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "tools" / "schema-lint"
INSTALLED = ROOT / ".venv" / "schema-lint"
SHOWS_OPERATIONS = (ROOT / "README.md", ROOT / "docs" / "api.md")
NOT_INSTALLED = 3


def git(*arguments: str) -> str | None:
    """Return what a git command prints; None if it fails, as outside a repository."""
    done = subprocess.run(
        [shutil.which("git") or "git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return None if done.returncode else done.stdout.strip()


def main() -> int:
    """Lint the schema, compare it with that of the last release if there is one; return the exit code."""
    try:
        install_packages(SOURCE, INSTALLED)
    except NotInstallable as problem:
        sys.stderr.write(str(problem))
        return NOT_INSTALLED
    copy_changed([file for file in SOURCE.iterdir() if file.is_file()], INSTALLED)
    shutil.copy(ROOT / "schema.graphql", INSTALLED)
    released = INSTALLED / "released.graphql"
    released.unlink(missing_ok=True)
    tag = git("describe", "--tags", "--abbrev=0", "--match", "v*")
    if tag and (schema := git("show", f"{tag}:schema.graphql")):
        released.write_text(schema)
    return subprocess.run([NODE, "lint.mjs", *SHOWS_OPERATIONS], cwd=INSTALLED, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
