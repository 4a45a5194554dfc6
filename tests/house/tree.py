"""Paths and files for the code style tests."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "okr_api"


def modules() -> list[Path]:
    """Return every Python file of the package, sorted by path."""
    return sorted(SOURCE.rglob("*.py"))


def committed_texts() -> dict[str, str]:
    """Return every text file that is committed or would be, by its path from the root.

    Empty without git, as in an unpacked archive.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    texts = {}
    for name in sorted(filter(None, listing.stdout.split("\0"))):
        path = ROOT / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                texts[name] = content.decode(errors="replace")
    return texts
