"""Word lists of a user's own."""

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.dimensions.own import own_dimensions
from persona_vault.dimensions.registry import dimensions
from persona_vault.dimensions.row import TurnRow
from persona_vault.errors import InputRejectedError
from persona_vault.turns import Turn

SEA = """
[[dimension]]
name = "sea_words"
title = "replies with a word of the sea"
words = ["Tide", "salt water", "sail*", "sailor’s rest"]
"""
AXIS_HEAD = """
[[dimension]]
name = "at_ease"
title = "how much at ease the replies sound"
"""
AXIS_KEYS = 'examples_high = ["a", "b", "c"]\nexamples_low = ["d", "e", "f"]'


def rows(tmp_path: Path, text: str) -> tuple[TurnRow, ...]:
    """What a file of that text gives."""
    path = tmp_path / "dimensions.toml"
    path.write_text(text, encoding="utf-8")
    return own_dimensions(path)


def told(
    row: TurnRow, text: str, language: str = "en"
) -> tuple[float, float, list[str]]:
    """Numerator, denominator and evidence of one reply."""
    turn = Turn(
        message_id=1,
        text=text,
        heard="",
        n_burst=1,
        first_of_burst=True,
        last_of_burst=True,
        burst_words_text=text,
        block="1",
        language=language,
    )
    (got,) = row.measure([turn])
    return got.numerator, got.denominator, [text[a:b] for a, b in got.spans]


def test_a_list_counts_whole_words_and_endings(tmp_path: Path) -> None:
    """Capitals and quotes do not matter, a star is any ending, actions are out."""
    (row,) = rows(tmp_path, SEA)
    assert told(row, "The TIDE is high") == (1, 1, ["TIDE"])
    assert told(row, "We went sailing in salt  water") == (
        1,
        1,
        ["sailing", "salt  water"],
    )
    assert told(row, "the sailor's rest") == (1, 1, ["sailor's rest"])
    assert told(row, "A tidetable. *walks along the tide*") == (0, 1, [])


def test_rows_are_exploratory_and_named_apart(tmp_path: Path) -> None:
    """A row of one's own is no headline row and stands in a family of its own."""
    (row,) = rows(tmp_path, SEA)
    assert (row.headline, row.family, row.languages) == (False, "own", None)
    assert row.name not in {d.name for d in dimensions()}
    assert row.definition.endswith(".")


def test_per_words_and_languages(tmp_path: Path) -> None:
    """Out of words instead of replies; silent in a language that was not named."""
    (row,) = rows(tmp_path, SEA + 'per = "words"\nlanguages = ["en", "de"]')
    assert told(row, "tide after tide") == (2, 3, ["tide", "tide"])
    assert told(row, "tide", "de")[1] == 1
    assert told(row, "tide", "fr")[1] == 0
    assert told(row, "*waves*")[1] == 0


def test_a_changed_list_is_another_version(tmp_path: Path) -> None:
    """Two lists under one name are never compared; a new title changes nothing."""
    (first,) = rows(tmp_path, SEA)
    (renamed,) = rows(tmp_path, SEA.replace("of the sea", "of the coast"))
    (longer,) = rows(tmp_path, SEA.replace('"Tide"', '"Tide", "reef"'))
    assert first.version == renamed.version != longer.version


def test_no_file_is_no_row(tmp_path: Path) -> None:
    """Without a file there is nothing to measure, and nothing wrong."""
    assert own_dimensions(tmp_path / "dimensions.toml") == ()
    assert rows(tmp_path, "") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[dimension]", "TOML"),
        ("x = 1", "only"),
        ("dimension = 3", "only"),
        ('[[dimension]]\nname = "Sea words"', "name"),
        ('[[dimension]]\nname = "a"', "title"),
        ('[[dimension]]\nname = "a"\ntitle = "t"', "words"),
        ('[[dimension]]\nname = "a"\ntitle = "t"\nwords = []', "words"),
        ('[[dimension]]\nname = "a"\ntitle = "t"\nwords = ["*"]', "letter"),
        ('[[dimension]]\nname = "a"\ntitle = "t"\nwords = ["a*b"]', "letter"),
        ('[[dimension]]\nname = "a"\ntitle = "t"\nwords = [3]', "text"),
        (SEA + 'per = "day"', "per"),
        (SEA + 'languages = "en"', "languages"),
        (SEA + 'languages = ["english"]', "language"),
        (SEA + "headline = true", "only"),
        (SEA + SEA, "taken"),
        (SEA.replace("sea_words", "pet_names"), "taken"),
        (SEA.replace("sea_words", "sensual"), "taken"),
        (SEA + AXIS_KEYS, "not both"),
        (AXIS_HEAD + 'examples_high = ["a", "b", "c"]', "examples_low"),
        (AXIS_HEAD + AXIS_KEYS.replace('"c"', '"b"'), "3 to 200 different"),
        (AXIS_HEAD + AXIS_KEYS.replace('"d"', '"a"'), "both sides"),
        (AXIS_HEAD + AXIS_KEYS.replace('"d"', "4"), "list of texts"),
        (AXIS_HEAD + AXIS_KEYS.replace('"d"', f'"{"d" * 2_001}"'), "2,000"),
        (AXIS_HEAD + AXIS_KEYS + '\nper = "replies"', "not both"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    """The message names the file and the fault, the hint where the format stands."""
    with pytest.raises(InputRejectedError) as caught:
        rows(tmp_path, text)
    assert "dimensions.toml" in caught.value.message
    assert said in caught.value.message
    assert caught.value.hint


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_file_gives_rows_or_a_plain_error(text: str) -> None:
    """No text of a file ends in anything but rows or a message."""
    with tempfile.TemporaryDirectory() as folder, suppress(InputRejectedError):
        assert isinstance(rows(Path(folder), text), tuple)


def test_words_are_no_pattern(tmp_path: Path) -> None:
    """Signs in a word stand for themselves."""
    (row,) = rows(tmp_path, SEA.replace("Tide", "a.b (c)+"))
    assert told(row, "so a.b (c)+ then")[0] == 1
    assert told(row, "axb cc")[0] == 0
