"""Abuse trial: run every known attack against a dedicated server, with honest clients beside it."""
