"""Clock: append what falls due without a mutation to the feeds, once each, in order."""
