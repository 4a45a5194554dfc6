"""Demo data: a made-up ferry company in the middle of its quarter, relative to today."""
