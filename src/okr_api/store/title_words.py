"""SQL expression of a title's words (`tsvector`), to index and search objectives by title, in any language.

The configuration `simple` keeps words as they are. What PostgreSQL would read as a part of a word, such as a
hyphen or an address, becomes a space, so that its words are those of `coaching.title`.
"""

SEPARATORS = "./_-@:~+<>&;,'"
TITLE_WORDS = "to_tsvector('simple', translate({{title}}, '{}', '{}'))".format(
    SEPARATORS.replace("'", "''"), " " * len(SEPARATORS)
)
