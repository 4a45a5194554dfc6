"""SQL of the meetings of a team or a cycle, with what they decided."""


def of_meetings(column: str, of: str = "$2") -> str:
    """Return the SQL of the ids of meetings by the value of a column, and of their decisions.

    Deleted ones are among them, and decisions that are hidden.
    """
    return f"""
        select held.id from meeting held where held.organization_id = $1 and held.{column} = {of}
        union all
        select decided.id from meeting held
        join decision decided on decided.organization_id = $1 and decided.meeting_id = held.id
        where held.organization_id = $1 and held.{column} = {of}
    """
