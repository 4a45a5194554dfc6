"""Emoji: what is one, and its usual form."""

import pytest

from okr_api.okr.emoji import MAX_EMOJI_LENGTH, MAX_JOINED, emoji_of
from okr_api.okr.errors import NotAnEmoji

HEART, AS_EMOJI, JOINER = "\u2764", "\ufe0f", "\u200d"


@pytest.mark.parametrize(
    ("text", "usual"),
    (
        ("🎉", "🎉"),
        ("👍🏽", "👍🏽"),
        ("🏽", "🏽"),
        (HEART, HEART + AS_EMOJI),
        (HEART + AS_EMOJI, HEART + AS_EMOJI),
        ("✅", "✅"),
        ("✅" + AS_EMOJI, "✅"),
        ("✊🏽", "✊🏽"),
        ("☝🏽", "☝🏽"),
        ("🇩🇪", "🇩🇪"),
        ("7\u20e3", "7" + AS_EMOJI + "\u20e3"),
        ("#" + AS_EMOJI + "\u20e3", "#" + AS_EMOJI + "\u20e3"),
        (HEART + JOINER + "🔥", HEART + AS_EMOJI + JOINER + "🔥"),
        ("\U0001f3f3" + JOINER + "🌈", "\U0001f3f3" + AS_EMOJI + JOINER + "🌈"),
        (JOINER.join("👩👩👧👦"), JOINER.join("👩👩👧👦")),
        ("👩🏽" + JOINER + "⚕", "👩🏽" + JOINER + "⚕" + AS_EMOJI),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",) * 2,
        ("\U0001fae9", "\U0001fae9"),
    ),
)
def test_an_emoji_has_one_usual_form(text: str, usual: str):
    assert emoji_of(text) == usual
    assert emoji_of(usual) == usual


@pytest.mark.parametrize(
    "text",
    (
        "",
        " ",
        "a",
        "7",
        "#",
        "🎉🎉",
        "🎉 ",
        " 🎉",
        "🎉a",
        ":tada:",
        "é",
        "漢",
        "→",
        "🇩",
        "🇩🇪🇫",
        JOINER,
        "🎉" + JOINER,
        JOINER + "🎉",
        AS_EMOJI,
        "a" + AS_EMOJI,
        "\u20e3",
        "a\u20e3",
        "👍🏽🏽",
        "🎉\0",
        "\ud83c\udf89",
        HEART + "\ufe0e",
        "\U000e0067",
    ),
)
def test_anything_else_is_refused(text: str):
    with pytest.raises(NotAnEmoji) as refused:
        emoji_of(text)
    assert refused.value.path == ("emoji",)


def test_so_many_parts_and_code_points_are_the_most():
    assert emoji_of(JOINER.join("👩" * MAX_JOINED))
    with pytest.raises(NotAnEmoji):
        emoji_of(JOINER.join("👩" * (MAX_JOINED + 1)))
    longest = JOINER.join(["👩🏽"] * MAX_JOINED)
    assert len(emoji_of(longest)) <= MAX_EMOJI_LENGTH
    with pytest.raises(NotAnEmoji):
        emoji_of("🎉" * (MAX_EMOJI_LENGTH + 1))
