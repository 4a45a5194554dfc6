"""The demo: a made-up ferry company in the middle of its quarter, whatever today is."""
