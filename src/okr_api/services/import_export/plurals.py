"""Quantities and lists in sentences: singular or plural nouns, and names joined by "and"."""


def quantity(count: int, noun: str, plural: str | None = None) -> str:
    """Return the number with its noun: `1 row`, `2 rows`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def listed(names: list[str], conjunction: str = "and") -> str:
    """Return the names as a list in a sentence: `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} {conjunction} {last}" if first else last
