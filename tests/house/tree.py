"""Where things lie, for the tests of the house rules."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "okr_api"


def modules() -> list[Path]:
    """Every Python file of the package, by path."""
    return sorted(SOURCE.rglob("*.py"))


def committed_texts() -> dict[str, str]:
    """Every text file that is committed or would be, by its path from the root.

    Without git (an unpacked archive) there is nothing to say about what is committed: then it is empty.
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
