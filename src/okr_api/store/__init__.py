"""Persistence: tables, migrations, transactions, and mappers between rows and domain objects."""
