"""`okr-api schema`: print the GraphQL schema, or the JSON Schema of files to import or of their mappings."""

import click


@click.command()
@click.option("--interchange", is_flag=True, help="Print the JSON Schema of the interchange format instead.")
@click.option("--mapping", is_flag=True, help="Print the JSON Schema of mapping files instead.")
def schema(interchange: bool, mapping: bool) -> None:
    """Print the GraphQL schema."""
    if mapping:
        from okr_api.services.foreign_files.mapping_schema import mapping_schema  # only needed here

        click.echo(mapping_schema(), nl=False)
        return
    if interchange:
        from okr_api.services.import_export.json_schema import interchange_schema  # only needed here

        click.echo(interchange_schema(), nl=False)
        return
    from okr_api.graphql.schema import print_schema  # imported here: no other command needs GraphQL

    click.echo(print_schema(), nl=False)
