"""Alembic environment: run the migrations on the connection in the configuration's attributes."""

from alembic import context

from okr_api.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
