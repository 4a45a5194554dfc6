"""GraphQL service for an organisation's objectives and key results (OKRs)."""

__version__ = "0.1.0"
