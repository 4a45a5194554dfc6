"""The abuse trial: every known attack against a server of its own, with an honest client beside it."""
