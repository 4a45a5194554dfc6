"""Scoring rules: from readings to progress, pace, status and score, rolled up the tree."""
