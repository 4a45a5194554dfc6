"""The rules of coaching by subject; each is a function of a subject and a lexicon."""
