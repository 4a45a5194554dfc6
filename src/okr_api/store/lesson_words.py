"""SQL expressions of a lesson's words in each language, for generated columns (`tsvector`).

The words of the title have weight A, those of the text B. There is a column for each language, so that an
organisation that changes its language finds its lessons at once.
"""

from okr_api.okr.people import Language

# Text search configurations of PostgreSQL, which reduce words to their stems and leave out the commonest.
CONFIGURATIONS = {Language.ENGLISH: "english", Language.GERMAN: "german"}
_WORDS = (
    "setweight(to_tsvector('{configuration}', title), 'A')"
    " || setweight(to_tsvector('{configuration}', coalesce(text, '')), 'B')"
)


def words_column(language: Language) -> str:
    """Return the name of the column with the words in a language."""
    return f"words_{language}"


def lesson_words(language: Language) -> str:
    """Return the expression of the words of a lesson."""
    return _WORDS.format(configuration=CONFIGURATIONS[language])
