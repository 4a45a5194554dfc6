"""GraphQL mutations: unpack the input, call a service, and return the payload."""
