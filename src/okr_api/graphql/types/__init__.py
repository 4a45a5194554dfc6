"""The types: what can be read, each field with where it comes from."""
