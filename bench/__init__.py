"""The benchmark: our server against what a user could pick instead, on the same tables (`make bench`)."""
