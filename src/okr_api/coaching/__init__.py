"""Coaching: rules that advise on how objectives and key results are written, as pure functions of values."""
