"""Application services: one function for each mutation of OKRs, people and cycles."""
