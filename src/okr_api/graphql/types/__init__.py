"""GraphQL object types; each field declares where it is read from."""
