"""Command line: `okr-api`, for operators of the service."""

from okr_api.cli.commands import main

__all__ = ["main"]
