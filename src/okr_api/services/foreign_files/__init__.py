"""Import of tables of other tools: a mapping file turns their rows into the interchange format."""
