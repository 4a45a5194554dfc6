"""`okr-api schema`: print the GraphQL schema, from which schema.graphql is made."""

import click


@click.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from okr_api.graphql.schema import print_schema  # imported here: no other command needs GraphQL

    click.echo(print_schema(), nl=False)
