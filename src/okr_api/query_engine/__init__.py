"""Query engine: compile declared fields to set-based SQL and turn rows into response objects."""
