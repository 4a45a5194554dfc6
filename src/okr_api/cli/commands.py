"""All commands, under their names."""

import click

from okr_api import __version__
from okr_api.cli.demo import demo
from okr_api.cli.exchanging import export_file, import_file
from okr_api.cli.exits import Plainly
from okr_api.cli.explaining import explain_query
from okr_api.cli.migrating import migrate
from okr_api.cli.organizations import organization
from okr_api.cli.schema import schema
from okr_api.cli.serving import serve
from okr_api.cli.tokens import token
from okr_api.cli.verifying import verify


@click.group(cls=Plainly, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="okr-api")
def main() -> None:
    """Objectives and key results, served as GraphQL.

    Without OKR_DATABASE_URL, a PostgreSQL of its own runs in OKR_DATA_DIR (.okr). Exit codes: 0 done,
    1 the answer is no, 2 wrong usage or environment, 3 no database to work with.
    """


for command in (
    serve,
    demo,
    migrate,
    organization,
    token,
    import_file,
    export_file,
    verify,
    schema,
    explain_query,
):
    main.add_command(command)
