"""Tools of the checks and of the tests: packages from npm, linters of the schema."""
