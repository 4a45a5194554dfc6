"""`okr-api schema`: what schema.graphql is made with."""

import click


@click.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from okr_api.graphql.schema import print_schema  # here, as no other command needs GraphQL

    click.echo(print_schema(), nl=False)
