"""An organisation's OKRs as a GraphQL service."""

__version__ = "0.1.0"
