"""The LRU cache is bounded in bytes and in number, and drops expired entries."""

import gc
import tracemalloc

import pytest

from okr_api.graphql import document_cache, lru_cache
from okr_api.graphql.document_cache import DocumentCache
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


def test_documents_are_kept_within_their_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(document_cache, "MAX_KEPT_DOCUMENT_BYTES", 100_000)
    documents = DocumentCache(schema._schema)
    fields = " ".join(f"a{place}: seq" for place in range(20))
    texts = [f"query q{number} {{ {fields} }}" for number in range(5)]
    first, *others = [documents.prepare(text) for text in texts]
    assert 20_000 < first.bytes < 30_000
    assert [documents.prepare(text) for text in texts[1:]] == others
    assert documents.prepare(texts[0]) is not first


def test_a_document_is_weighed_as_it_is_in_memory():
    documents = DocumentCache(schema._schema)
    aliases = " ".join(f"a{place}: objectives(first: 1) {{ nodes {{ id title }} }}" for place in range(50))
    documents.prepare(f"query q {{ {aliases} }}")
    gc.collect()
    tracemalloc.start()
    try:
        kept = [documents.prepare(f"query q{number} {{ {aliases} }}") for number in range(5)]
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.5 < taken / sum(one.bytes for one in kept) < 1.1
