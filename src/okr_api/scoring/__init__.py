"""The rules: how readings become progress, progress a pace, a status and a score, up the whole tree."""
