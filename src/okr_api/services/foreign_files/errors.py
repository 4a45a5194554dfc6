"""Exceptions of tables to import: a broken mapping, a file of another tool, merged cells, a limit."""

from okr_api.services.import_export.errors import FileIsUnclear


class MappingIsUnclear(FileIsUnclear):
    """The mapping file has an unknown field, lacks one, or does not exist."""


class ColumnsDiffer(FileIsUnclear):
    """The file has no row with the columns that the mapping requires."""


class CellsAreMerged(FileIsUnclear):
    """The sheet has merged cells, so that a value does not say which rows it belongs to."""


class TableTooLarge(FileIsUnclear):
    """The file exceeds a limit of rows, columns or bytes."""


class QuotesAreUnbalanced(FileIsUnclear):
    """A cell of a CSV file has a quote that is not closed, or text after the one that closes it."""
