"""Rules of `embed`: the model's language, the pace, and what `search` makes of it."""

import pytest

from persona_vault.cli._languages import language_warnings
from persona_vault.cli._output import pace_told
from persona_vault.embedders.hashing import HashingEmbedder
from persona_vault.embedders.weights import card_languages
from tests.search.conftest import add_talk

GERMAN = (
    "Heute Abend sind wir lange am Fluss entlang gegangen und haben geredet.",
    "Das freut mich sehr, erzähl mir doch bitte noch etwas mehr davon.",
)
ENGLISH = (
    "This evening we walked along the river for a long time and talked.",
    "I am glad to hear that, please tell me a little more about it.",
)


class EnglishEmbedder(HashingEmbedder):
    """An embedder whose card names one language."""

    languages = ("en",)


def lines(texts, n=20):
    """So many turns of both sides, no two alike."""
    return [
        (("user", "persona")[i % 2], f"{texts[i % len(texts)]} {i}") for i in range(n)
    ]


def test_a_talk_in_another_language_is_said_to_be_one(vault):
    """Who writes German to an English model is told what works and what to do."""
    add_talk(vault, lines(GERMAN))
    (said,) = language_warnings(vault, EnglishEmbedder())
    assert "looks like de" in said
    assert "--embedder FOLDER" in said


def test_nothing_is_said_where_the_model_reads_it_or_does_not_say(vault):
    """No warning without a reason: the right language, or a card without one."""
    add_talk(vault, lines(ENGLISH))
    assert language_warnings(vault, EnglishEmbedder()) == []
    add_talk(vault, lines(GERMAN), thread="de")
    assert language_warnings(vault, HashingEmbedder()) == []
    assert language_warnings(vault, EnglishEmbedder()) != []


@pytest.mark.parametrize(
    ("head", "languages"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n", ("en",)),
        ("---\nlicense: mit\nlanguage:\n- en\n- de\n---\n", ("en", "de")),
        ("---\nlanguage: [en, de]\n---\n", ("en", "de")),
        ("---\nlanguage:\n- multilingual\n- en\n---\n", ()),
        ("---\nlicense: mit\n---\nlanguage: en\n", ()),
        ("language: en\n", ()),
        (None, ()),
    ],
)
def test_a_card_names_its_languages_in_its_head(tmp_path, head, languages):
    """One, several, many, or nothing said."""
    if head is not None:
        (tmp_path / "README.md").write_text(head, encoding="utf-8")
    assert card_languages(tmp_path) == languages


@pytest.mark.parametrize(
    ("done", "total", "seconds", "told"),
    [
        (0, 10, 5.0, ""),
        (500, 1000, 5.0, ", 100 a second, about 5 s left"),
        (10, 1000, 5.0, ", 2.0 a second, about 8 min left"),
        (100, 100_000, 10.0, ", 10 a second, about 2.8 h left"),
        (10, 10, 5.0, ", 2.0 a second"),
    ],
)
def test_the_pace_is_told_with_the_time_left(done, total, seconds, told):
    """Who waits hears how long, in units one can plan with."""
    assert pace_told(done, total, seconds) == told
