"""`python -m attack`: attack a dedicated server, print a row per attack, exit with 1 if one does harm."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from attack.cases import ATTACKS, SHORT
from attack.report import cells, table
from attack.server import ROOT
from attack.table import Attack
from attack.trial import Bounds, Outcome
from attack.trials import Trials
from attack.world import SCALES, template
from bench.filling import say
from bench.processes import on_signals_leave

SECONDS, QUICK_SECONDS = 6.0, 2.0
IDLE_S, QUICK_IDLE_S = 4.0, 2.0


@click.command()
@click.option("--only", default="", help="Rows, or beginnings of their names: 3,8a,15-")
@click.option(
    "--seconds", type=click.FloatRange(0.5, 600), default=None, help=f"Of an attack.  [default: {SECONDS:g}]"
)
@click.option("--quick", is_flag=True, help=f"{QUICK_SECONDS:g} seconds each.")
@click.option("--short", is_flag=True, help="The rows of the short form only.")
@click.option(
    "--scale", type=click.Choice(list(SCALES)), default="full", show_default=True, help="Of the data."
)
@click.option("--shared", is_flag=True, help="One server for all rows, instead of one for each.")
@click.option(
    "--server-from",
    "source",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=ROOT,
    help="Another working copy whose server is attacked, such as an older one.",
)
@click.option("--list", "only_list", is_flag=True, help="Print what there is, and attack nothing.")
@click.option(
    "--into", type=click.Path(path_type=Path), default=None, help="The results into this file as well."
)
@click.option("--cache", type=click.Path(path_type=Path), default=ROOT / ".attack", help="Filled databases.")
def main(
    *,
    only: str,
    seconds: float | None,
    quick: bool,
    short: bool,
    scale: str,
    shared: bool,
    source: Path,
    only_list: bool,
    into: Path | None,
    cache: Path,
) -> None:
    """Attack a dedicated server, with honest clients beside it."""
    rows = chosen(only, short=short)
    if only_list:
        click.echo("\n".join(f"{row.name:<24}{row.says}" for row in rows))
        return
    on_signals_leave()
    cache.mkdir(parents=True, exist_ok=True)
    filled = template(cache.resolve(), scale)
    usual = seconds or (QUICK_SECONDS if quick else SECONDS)
    idle_s = QUICK_IDLE_S if quick else IDLE_S
    outcomes: list[Outcome] = []
    with Trials(filled, is_small=scale == "small", is_shared=shared, source=source.resolve()) as trials:
        for row in rows:
            outcome = trials.run(row, usual if quick else row.seconds or usual, idle_s, Bounds())
            outcomes.append(outcome)
            say(" | ".join(cells(outcome)))
            if into is not None:
                into.write_text(json.dumps([asdict(one) for one in outcomes], indent=2) + "\n")
    click.echo(table(outcomes))
    sys.exit(any(outcome.harms for outcome in outcomes))


def chosen(only: str, *, short: bool) -> list[Attack]:
    """Return the rows whose names begin with one of those given; all if none is given."""
    wanted = tuple(name.strip() for name in only.split(",") if name.strip())
    rows = [ATTACKS[name] for name in SHORT] if short else list(ATTACKS.values())
    found = [row for row in rows if not wanted or row.name.startswith(wanted)]
    if not found:
        raise click.UsageError(f"No row begins with {only!r}; see --list.")
    return found


if __name__ == "__main__":
    main()
