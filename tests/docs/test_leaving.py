"""Every command of docs/leaving.md runs, in its order, and prints what the page shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from graphql import parse

from okr_api.graphql.exported_tables import exported_tables
from okr_api.services.foreign_files.mapping_catalog import FOLDER, shipped_mappings
from okr_api.services.foreign_files.mapping_rules import Cell, Rule
from tests.cli.conftest import environment
from tests.docs.named import ROOT, rows_of, text_of

BLOCK = re.compile(r"^```(csv|json|sh|text)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DAY = re.compile(r"reading of \d{4}-\d\d-\d\d")


@pytest.fixture
def shell(database_url: str, tmp_path: Path):
    """Return a function that runs lines in a folder of their own, where `okr-api` is this one.

    It uses the database at its `url`.
    """
    (tmp_path / "okr-api").write_text(f'#!/bin/sh\nexec {sys.executable} -m okr_api.cli "$@"\n')
    (tmp_path / "okr-api").chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])

    def run(lines: str) -> str:
        done = subprocess.run(
            ["sh", "-c", lines],
            cwd=tmp_path, env=environment(database_url=run.url) | {"PATH": path, "LC_ALL": "C"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done.stdout

    run.folder, run.url = tmp_path, database_url
    return run


def test_every_command_of_the_page_prints_what_it_shows(shell):
    printed, shown = "", 0
    for kind, name, content in BLOCK.findall(text_of("docs/leaving.md")):
        if kind in ("csv", "json"):
            (shell.folder / name).write_text(content)
        elif kind == "sh":
            printed = shell(content)
        elif not name:
            shown += 1
            assert DAY.sub("reading of …", printed).startswith(DAY.sub("reading of …", content)), content
    assert shown == 6


def test_the_sheet_of_the_demo_is_imported_again_as_the_guide_shows(server, demo_template, shell):
    """The demo has imported it by the same service, so that it changes nothing."""
    name, _ = demo_template
    shell.url = server.url_of(name)
    blocks = BLOCK.findall(text_of("docs/guide/8-tools.md"))
    [lines] = [content for kind, named, content in blocks if (kind, named) == ("sh", "of the demo")]
    [shown] = [content for kind, _, content in blocks if kind == "text"]
    assert shell(f"cd {ROOT}\n{lines}") == shown
    assert sum("--dry-run" in line for line in lines.splitlines()) == 1
    sheet = ROOT / "src/okr_api/services/demo/goals-of-last-year"
    changed = sheet.with_suffix(".csv").read_text().replace("A winter timetable that holds", "Another title")
    (shell.folder / "changed.csv").write_text(changed)
    again = f"okr-api import changed.csv --mapping {sheet}.mapping.json --cycle 2025 --dry-run 2>&1 || true"
    [error] = [line for line in shell(again).splitlines() if line.startswith("error")]
    assert error.startswith("error   row 2, ")
    assert error.endswith(" [CYCLE_IS_CLOSED]")


def test_the_query_for_gitlab_is_graphql():
    [query] = [
        content for _, name, content in BLOCK.findall(text_of("docs/leaving.md")) if name == "of GitLab"
    ]
    assert len(parse(query).definitions) == 1


def test_every_exported_table_is_named():
    assert all(f"`{name}`" in text_of("docs/leaving.md") for name in exported_tables())


def tables_of_values() -> list[list[str]]:
    """Return mapping, column, what it says and what it becomes of each `values` in the shipped mappings."""
    found = []
    for name, mapping in shipped_mappings().items():
        for rule in mapping.rules:
            for field, source in rule.sources():
                for said, becomes in (source.values or {}).items():
                    row = [f"`{name}`", source.columns[0], f"`{field}`", said, becomes or "left out"]
                    found += [row] if row not in found else []
    return found


def test_the_page_of_mappings_has_every_word_that_is_translated():
    assert [row for row in rows_of("docs/mappings.md") if len(row) == 5] == tables_of_values()


def test_the_page_of_mappings_lists_all_of_them():
    rows = [
        row
        for row in rows_of("docs/mappings.md")
        if len(row) == 3 and row[0].removeprefix("`")[:-1] in shipped_mappings()
    ]
    assert [(row[0], row[1]) for row in rows] == [
        (f"`{name}`", each.title) for name, each in shipped_mappings().items()
    ]


def test_every_field_of_a_cell_and_a_rule_is_explained():
    text = text_of("docs/mappings.md")
    fields = {
        *Cell.model_fields,
        *Rule.model_fields,
        *(f for r in Rule.__subclasses__() for f in r.model_fields),
    }
    assert [field for field in fields if f"`{field}`" not in text] == []


def test_the_example_of_a_mapping_is_one():
    import json

    from okr_api.services.foreign_files.mapping_file import parse_mapping

    [example] = [content for kind, _, content in BLOCK.findall(text_of("docs/mappings.md")) if kind == "json"]
    assert parse_mapping(example.encode(), "example").title == "Our sheet of goals"
    jsonschema.validate(json.loads(example), json.loads(text_of("docs/mapping-1.schema.json")))
    assert FOLDER.is_dir()
