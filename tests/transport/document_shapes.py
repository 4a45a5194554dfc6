"""Documents that take longest to prepare, each as large as the limits allow."""

TOKENS = 2_490


def _many(begin: str, each: str, end: str, tokens: int, *, most: int = TOKENS) -> str:
    """Return a document that repeats `each` up to the token limit, with its index in the place of `{i}`."""
    times = min((TOKENS - 20) // tokens, most)
    return begin + "".join(each.replace("{i}", str(i)) for i in range(times)) + end


def _fragments(count: int, on: str = "Query", field: str = "seq", *, first: int = 1) -> str:
    """Return fragments, each of which spreads all later ones."""
    return "".join(
        f" fragment F{i} on {on} {{ {field} {' '.join(f'...F{j}' for j in range(i + first, count))} }}"
        for i in range(count)
    )


VALID = {
    "leaves": _many("{ viewer {", " name", " } }", 1),
    "names of types": _many("{", " __typename", " }", 1),
    "objects": _many("{", " viewer { name }", " }", 4),
    "leaves of a tree": _many("{ objectiveTree(depth: 0) { rows { objective {", " id", " } } } }", 1),
    "introspection": _many("{ __schema { types {", " name", " } } }", 1),
    "introspected fields": _many("{ __schema { types {", " fields { type { ofType { name } } }", " } } }", 10),
    "enum values": _many("{ objectives(filter: { status: { in: [", " ON_TRACK", "] } }) { totalCount } }", 1),
    "ids": _many("{ nodes(ids: [", ' "x"', "]) { id } }", 1),
    "filters": _many("{ objectives(filter: { or: [", ' { title: { eq: "a" } }', "] }) { totalCount } }", 8, most=140),
    "aliases": _many("{ viewer {", " a{i}: name", " } }", 3, most=99),
    "lists under aliases": "{" + "".join(f" a{i}: objectives(first: 1) {{ nodes {{ id title description progress status owner {{ id name }} }} }}" for i in range(49)) + " }",
    "inline fragments": _many("{", " ... on Query { seq }", " }", 6),
    "types of a node": _many('{ node(id: "x") {', " ... on Objective { id title } ... on Cycle { id name } ... on KeyResult { title } ... on Person { name }", " } }", 26),
    "interfaces": _many('{ node(id: "x") {', " ... on Node { id }", " } }", 6),
    "fragments spread at once": "{" + "".join(f" ...F{i}" for i in range(99)) + " }" + "".join(f" fragment F{i} on Query {{ {'seq ' * 16} }}" for i in range(99)),
    "fragments spread everywhere": "{ ...F0 }" + _fragments(45),
    "operations that share fragments": "".join(f" query Q{i} {{ ...F0 }}" for i in range(20)) + _fragments(43),
    "operations that share a list": "".join(f" query Q{i}($v: ID!) {{ ...F }}" for i in range(20)) + _many(" fragment F on Query { nodes(ids: [", " $v", "]) { id } }", 2, most=1_090),
    "variables": "query (" + "".join(f"$v{i}: ID! " for i in range(350)) + ") { nodes(ids: [" + " ".join(f"$v{i}" for i in range(350)) + "]) { id } }",
    "mutations": "mutation {" + "".join(f' a{i}: checkInRecord(input: {{ keyResult: {{id: "x"}}, value: 1, note: "y" }}) {{ seq errors {{ code }} checkIn {{ id keyResult {{ id title }} }} }}' for i in range(49)) + " }",
    "a subscription": _many("subscription {", " changes(after: 9000000000000000) { seq }", " }", 9),
    "text": '{ objectives(filter: { title: { contains: "' + "x" * 32_000 + '" } }) { totalCount } }',
    "block text": '{ objectives(filter: { title: { contains: """' + " x\n" * 4_900 + '""" } }) { totalCount } }',
    "escapes": '{ objectives(filter: { title: { contains: "' + "\\u0041" * 5_300 + '" } }) { totalCount } }',
    "directives": "{ viewer {" + " name @include(if: true)" * 99 + " } }",
}  # fmt: skip
INVALID = {
    "unknown fields": _many("{ viewer {", " nam{i}", " } }", 1),
    "unknown arguments": _many("{ objectives(", " firs{i}: 1", ") { totalCount } }", 3),
    "an argument again": _many("{ objectives(", " first: 1", ") { totalCount } }", 3),
    "unknown enum values": _many("{ objectives(filter: { status: { in: [", " ON{i}TRACK", "] } }) { totalCount } }", 1),
    "unknown fragments": _many("{", " ...F{i}", " }", 2),
    "unused fragments": "{ seq }" + "".join(f" fragment F{i} on Viewer {{ name }}" for i in range(99)),
    "fragments in circles": "{ ...F0 }" + "".join(f" fragment F{i} on Query {{ seq {' '.join(f'...F{(i + j) % 90}' for j in range(1, 10))} }}" for i in range(90)),
    "variables again": _many("query (", " $v: ID", ") { seq }", 4),
    "unused variables": _many("query (", " $v{i}: ID", ") { seq }", 4),
    "variables of unknown types": _many("query (", " $v{i}: Objectiv{i}", ") { seq }", 4),
    "variables of wrong types": "".join(f" query Q{i}($v: Int!) {{ ...F }}" for i in range(20)) + _many(" fragment F on Query { nodes(ids: [", " $v", "]) { id } }", 2, most=1_090),
    "unknown types": _many("{", " ... on Quer{i} { seq }", " }", 6),
    "impossible fragments": _many("{ viewer {", " ... on Objective { id }", " } }", 6),
    "unknown input fields": "{ objectives(filter: { or: [" + ("{" + "".join(f" statu{i}: 1" for i in range(49)) + " }") * 16 + "] }) { totalCount } }",
    "conflicting fields": "{" + "".join(f" a{i}: seq" for i in range(98)) + " viewer { name }" * 400 + " viewer: seq }",
    "definitions of types": _many("{ seq } extend type Query {", " a{i}: Int", " }", 3),
    "lines": "{" + "\n" * 4_990 + "".join(f" x{i}" for i in range(2_000)) + " }",
    "lines and names": _many("{ objectives(" + "\n" * 4_990, " first: 1", ") { totalCount } }", 3),
    "long names": "{" + "".join(f" {'a' * 300}{i}" for i in range(95)) + " }",
    "no end": "{ viewer {" + " name" * 2_400,
    "too many tokens": "{ viewer {" + " name" * 6_000 + " } }",
}  # fmt: skip
