"""The wheel contains every file of the package, including migrations, GraphiQL's files and schemas."""

import subprocess
import sys
import zipfile

from tests.house.tree import ROOT, SOURCE


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("okr_api-*.whl")
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("okr_api/")}
    here = {
        path.relative_to(SOURCE.parent).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert carried == here
