"""Entry point of `python -m okr_api.cli`, the same as `okr-api`."""

from okr_api.cli.commands import main

main(prog_name="okr-api")
