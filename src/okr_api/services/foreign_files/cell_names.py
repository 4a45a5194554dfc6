"""Names of cells and columns, such as B3, and their indices from 0."""

Place = tuple[int, int]  # row and column
Range = tuple[Place, Place]  # first and last cell


def column_of(letters: str) -> int:
    """Return the index of a column from its letters, 0 for A."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def cell_name(place: Place) -> str:
    """Return the name of a cell, such as B3."""
    row, column = place
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
