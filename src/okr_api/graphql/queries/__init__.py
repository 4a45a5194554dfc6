"""GraphQL queries; what each field of a result is read from is declared in `types`."""
