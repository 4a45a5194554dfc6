"""GraphQL service for an organisation's objectives and key results (OKRs)."""

__version__ = "0.1.0"
# Neither imports nor a response of ten thousand objects may trigger a collection.
COLLECT_AFTER = (50_000, 20, 50)
