"""Words as rows, and rows as words: the one place where the two meet."""
