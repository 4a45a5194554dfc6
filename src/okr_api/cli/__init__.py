"""The command line: `okr-api`, for those who run the service."""

from okr_api.cli.commands import main

__all__ = ["main"]
