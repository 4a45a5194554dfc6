"""`okr-api mappings`: list the tools whose files can be imported, or print a mapping file."""

import click

from okr_api.cli.output import table
from okr_api.services.foreign_files.mapping_catalog import FOLDER, SUFFIX, find_mapping, shipped_mappings

HEADS = ("NAME", "FILE")


@click.command()
@click.argument("name", required=False)
def mappings(name: str | None) -> None:
    """List the mappings of other tools' files, or print the mapping NAME, to change it in a file of yours."""
    if name is None:
        click.echo(table(HEADS, [(each, mapping.title) for each, mapping in shipped_mappings().items()]))
        return
    find_mapping(name)
    file = FOLDER / f"{name}{SUFFIX}"
    click.echo(file.read_text("utf-8"), nl=False)
