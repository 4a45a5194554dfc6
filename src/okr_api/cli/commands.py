"""Root command group of `okr-api`: the table of commands, whose modules are imported when they are used."""

import gc
import sys
from importlib import import_module
from io import TextIOWrapper

import click

from okr_api import COLLECT_AFTER, __version__
from okr_api.cli.exit_codes import PlainErrors

# Imports leave no garbage: collections in between took a fifth of the time of a start.
gc.set_threshold(*COLLECT_AFTER)

# Imported on use, so that a command does not wait for the imports of the others.
PLACES = {
    "demo": "okr_api.cli.demo:demo",
    "export": "okr_api.cli.import_export:export_file",
    "explain-query": "okr_api.cli.explain_query:explain_query",
    "import": "okr_api.cli.import_export:import_file",
    "mappings": "okr_api.cli.mappings:mappings",
    "migrate": "okr_api.cli.migrate:migrate",
    "organization": "okr_api.cli.organizations:organization",
    "recount": "okr_api.cli.recount:recount",
    "repair-clock": "okr_api.cli.repair_clock:repair_clock",
    "schema": "okr_api.cli.schema:schema",
    "serve": "okr_api.cli.serve:serve",
    "sign-in": "okr_api.cli.sign_ins:sign_in",
    "token": "okr_api.cli.tokens:token",
    "verify": "okr_api.cli.verify:verify",
}


class Commands(PlainErrors):
    """Group of the commands in `PLACES`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of that name, or None."""
        if cmd_name not in PLACES:
            return None
        module, _, name = PLACES[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="okr-api")
def main() -> None:
    """Objectives and key results, served as GraphQL.

    Without OKR_DATABASE_URL, an embedded PostgreSQL runs in OKR_DATA_DIR (.okr). Exit codes: 0 success,
    1 failure or differences found, 2 wrong usage or environment, 3 no usable database.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does with what it cannot encode
