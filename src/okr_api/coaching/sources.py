"""Enum of sources: the books and guides that the rules of coaching cite."""

from enum import StrEnum


class Source(StrEnum):
    """Citation of a source of rules; `SERVICE` is of rules of our own."""

    CASTRO = "Castro, The Beginner’s Guide to OKR"
    DOERR = "Doerr, Measure What Matters"
    GROVE = "Grove, High Output Management"
    NIVEN_LAMORTE = "Niven and Lamorte, Objectives and Key Results"
    PLAYBOOK = "Google’s OKR Playbook (in Doerr, Measure What Matters)"
    REWORK = "Google re:Work, Set goals with OKRs"
    SERVICE = "This service: what can be saved"
    WODTKE = "Wodtke, Radical Focus"
