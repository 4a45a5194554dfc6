"""Trusted documents: the list of those that an operator lets in by their names."""

import hashlib
import json
from pathlib import Path


def sha256_of(text: str) -> str:
    """The hash by which a document may be named."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def read_trusted(path: Path) -> dict[str, str]:
    """The documents of a list, by each of their names.

    *Shape*: what the tools of clients write: an object of ids and texts (Relay, GraphQL Code Generator), or
    Apollo's manifest with its `operations`.

    *Refuses*: what is no such list (`ValueError`).
    """
    try:
        listed = json.loads(path.read_text())
    except (OSError, ValueError) as fault:
        raise ValueError(f"cannot be read: {fault}") from fault
    try:
        if "operations" in listed:
            listed = {one["id"]: one["body"] for one in listed["operations"]}
        texts = [text for text in listed.values() if isinstance(text, str)]
    except (TypeError, KeyError, AttributeError):
        listed, texts = {}, []
    if not texts or len(texts) < len(listed):
        raise ValueError('is no list of documents: {"id": "query …"}, or Apollo\'s manifest')
    return dict(listed) | {sha256_of(text): text for text in texts}
