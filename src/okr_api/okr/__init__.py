"""The words: what an organisation, a cycle, an objective, a key result and a check-in are."""
