"""Current cycle: narrow a statement on cycles to the innermost one that contains a day."""

from datetime import date

from .sql_builder import ROW, SelectStatement

# The shortest; of equally long ones an ACTIVE one, then REVIEW, DRAFT and CLOSED, then the one created last.
CURRENT_FIRST = (
    f"{ROW}.ends_on - {ROW}.starts_on",
    f"array_position(array['ACTIVE', 'REVIEW', 'DRAFT', 'CLOSED'], {ROW}.state)",
    f"{ROW}.id desc",
)


def narrow_to_current(statement: SelectStatement, on: date | None) -> None:
    """Select the cycle that contains the day; without one, the cycle that contains this instant."""
    if on is None:
        statement.where(f"{ROW}.starts_at <= {statement.now} and {statement.now} < {ROW}.ends_at")
    else:
        day = f"{statement.parameter(on)}::date"
        statement.where(f"{day} between {ROW}.starts_on and {ROW}.ends_on")
    statement.order += CURRENT_FIRST
    statement.limit = 1
