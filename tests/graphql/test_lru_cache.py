"""A cache is bounded in bytes and in number, and forgets what has expired."""

import pytest

from okr_api.graphql import lru_cache
from okr_api.graphql.document_cache import MAX_KEPT_TEXT_BYTES, DocumentCache
from okr_api.graphql.lru_cache import LruCache
from okr_api.graphql.schema import schema


def test_what_was_used_longest_ago_goes():
    cache: LruCache[str, int] = LruCache(max_entries=3, max_bytes=100)
    for name in "abc":
        cache.put(name, 1, 10)
    assert cache.get("a") == 1
    cache.put("d", 1, 10)
    assert [cache.get(name) for name in "abcd"] == [1, None, 1, 1]
    cache.put("e", 1, 85)
    assert ([cache.get(name) for name in "acde"], cache.bytes) == ([None, None, 1, 1], 95)
    cache.put("f", 1, 101)
    assert (cache.get("f"), len(cache)) == (None, 2)


def test_what_grows_while_it_is_kept_is_counted():
    cache: LruCache[str, int] = LruCache(max_entries=3, max_bytes=100)
    for name in "abc":
        cache.put(name, 1, 10)
    cache.resize("b", 85)
    assert ([cache.get(name) for name in "abc"], cache.bytes) == ([None, 1, 1], 95)
    cache.resize("a", 85)
    assert cache.bytes == 95


def test_what_has_expired_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    now = 0.0
    monkeypatch.setattr(lru_cache, "monotonic", lambda: now)
    cache: LruCache[str, int] = LruCache(max_entries=3, max_bytes=100, ttl_s=60)
    cache.put("a", 1, 10)
    now = 60.0
    assert cache.get("a") == 1
    now = 60.1
    assert (cache.get("a"), cache.bytes) == (None, 0)


def test_documents_are_kept_within_their_bytes():
    documents, size = DocumentCache(schema._schema), MAX_KEPT_TEXT_BYTES // 4
    texts = [f"{{ seq }} #{number}".ljust(size) for number in range(5)]
    first, *others = [documents.prepare(text) for text in texts]
    assert [documents.prepare(text) for text in texts[1:]] == others
    assert documents.prepare(texts[0]) is not first
