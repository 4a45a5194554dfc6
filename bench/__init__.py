"""Benchmark: compare our server with alternatives on the same tables (`make bench`)."""
