"""Trusted documents: read the operator's file of documents, by id and SHA-256, for `persisted_documents`."""

import hashlib
import json
from pathlib import Path


def sha256_of(text: str) -> str:
    """Return the SHA-256 by which a document may be named, in hexadecimal."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def read_trusted(path: Path) -> dict[str, str]:
    """Return the documents of a list by id and by SHA-256.

    The file is what client tools write: an object of ids and texts (Relay, GraphQL Code Generator), or
    Apollo's manifest with its `operations`.

    Raises:
        ValueError: the file cannot be read or is no such list.
    """
    try:
        listed = json.loads(path.read_text())
    except (OSError, ValueError) as fault:
        raise ValueError(f"cannot be read: {fault}") from fault
    try:
        if "operations" in listed:
            listed = {one["id"]: one["body"] for one in listed["operations"]}
        document_store = [text for text in listed.values() if isinstance(text, str)]
    except (TypeError, KeyError, AttributeError):
        listed, document_store = {}, []
    if not document_store or len(document_store) < len(listed):
        raise ValueError('is not a list of documents: {"id": "query …"}, or Apollo\'s manifest')
    return dict(listed) | {sha256_of(text): text for text in document_store}
