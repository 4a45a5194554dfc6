"""Exchanging: an organisation's OKRs come in from files, and go out to them whole."""
