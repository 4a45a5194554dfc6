"""OKR domain model: organisation, cycle, objective, key result, check-in, alignment and their rules."""
