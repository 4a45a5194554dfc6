"""`okr-api explain-query`: execute a query once; print the SQL and the generated code of each row set."""

import json
from pathlib import Path
from typing import Any

import click

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.tokens import TokenStore
from okr_api.cli.exit_codes import CommandFailed
from okr_api.cli.open_database import choose_organization, with_database
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.graphql.execution.executor import CompiledExecutor, VariableSource
from okr_api.graphql.execution.operation_cache import NotCompilable
from okr_api.graphql.schema import schema
from okr_api.okr.author import Author
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine.row_sets import RowSet
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store.database import Database, new_id


@click.command("explain-query")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--variables", default="{}", metavar="JSON", help="The variables of the query.")
@click.option("--organization", "named", metavar="NAME|ID", help="[default: the only organisation]")
def explain_query(*, file: Path, variables: str, named: str | None) -> None:
    """Show how the query in FILE is executed: the SQL of each row set, and what builds its objects.

    The query is executed once, as an administrator. Nothing is changed: mutations are rejected.
    """
    try:
        sent = json.loads(variables)
    except ValueError as problem:
        raise click.BadParameter(f"not valid JSON: {problem}", param_hint="--variables") from None

    text = file.read_text()

    async def work(database: Database) -> list[RowSet]:
        organization = await choose_organization(database, named)
        notifier = ChangeNotifier(database)
        mutation_runner = MutationRunner(database, notifier)
        app_services = AppServices(
            database,
            mutation_runner,
            GroupCommit(mutation_runner),
            ChangeStream(database, notifier),
            TokenStore(database),
        )
        actor = Actor(organization.id, new_id(), Author("explain-query"), frozenset({Scope.ADMIN}))
        return await _streams(Context(app_services, actor=actor), text, sent)

    for row_set in with_database(work):
        _say(row_set)


async def _streams(context: Context, text: str, variables: dict[str, Any]) -> list[RowSet]:
    """Execute the query and return its row sets."""
    compiled = CompiledExecutor(schema)
    try:
        operation = compiled.documents.operation(text, None)
    except NotCompilable as reason:
        raise CommandFailed(f"The query cannot be compiled: {reason}.") from None
    if operation.writes:
        raise CommandFailed("A mutation cannot be explained: the query is executed, and nothing may change.")
    if await compiled.answer(context, text, variables, None) is None:
        reasons = ", ".join(compiled.fallbacks)
        raise CommandFailed(f"The query is executed by graphql-core: {reasons}")
    values = VariableSource(compiled.documents, operation, variables)
    shape = compiled.documents.shape(operation, values.coerced.coerced, lambda: values.coerced)
    return shape.planner.row_sets()


def _say(row_set: RowSet) -> None:
    click.echo(click.style(f"── {row_set.type_name} ", bold=True) + "─" * (60 - len(row_set.type_name)))
    for text in row_set.texts.values():
        click.echo(text.sql)
    click.echo(row_set.source)
