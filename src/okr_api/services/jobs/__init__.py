"""Background jobs: what a process does without being asked, one process at a time."""
