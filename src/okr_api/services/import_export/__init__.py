"""Import and export of an organisation's OKRs as files of the interchange format."""
