"""Walking JSON step by step gives what a decoder gives, and heads are told apart."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_vault.errors import InputRejectedError
from persona_vault.importers.files.jsontext import JsonCursor
from persona_vault.importers.files.jsonwalk import array_places, object_keys, opening
from persona_vault.importers.source import Source

LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab é"\\', max_size=4)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def walked(cursor: JsonCursor) -> Any:
    """The value at the cursor, taken step by step."""
    if cursor.peek() == "{":
        return {key: walked(cursor) for key in object_keys(cursor)}
    if cursor.peek() == "[":
        return [walked(cursor) for _number in array_places(cursor)]
    return cursor.value()


@given(VALUES, st.sampled_from([None, 1]))
def test_a_walk_takes_everything(tmp_path_factory, value, indent) -> None:
    """Whatever the nesting, the steps give the decoder's value, to the very end."""
    path = tmp_path_factory.getbasetemp() / "walk.json"
    path.write_text(json.dumps([value], indent=indent), encoding="utf-8")
    with Source.open(path) as source, source.json_cursor() as cursor:
        assert walked(cursor) == [value]
        assert cursor.peek() == ""


@pytest.mark.parametrize("text", ['{"a": 1', '{"a" 1}', "{1: 2}", "[1, 2", "[1 2]"])
def test_a_broken_text_is_refused(tmp_path: Path, text: str) -> None:
    """What is cut off or no JSON is an error of the file."""
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with (
        Source.open(path) as source,
        source.json_cursor() as cursor,
        pytest.raises(InputRejectedError),
    ):
        walked(cursor)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), VALUES), st.data())
def test_a_head_may_end_anywhere(value: dict[str, Any], data: st.DataObject) -> None:
    """A cut text shows a part of what the whole one holds, and never more."""
    text = json.dumps(value)
    found = opening(text[: data.draw(st.integers(0, len(text)))])

    whole = [key for key in found.values if found.values[key] == value.get(key)]
    # A number at the very end may have lost digits; nothing else may differ.
    assert len(whole) >= len(found.values) - 1
    assert not found.cut_key or found.cut_key in value


def test_first_elements_of_a_cut_list() -> None:
    """The whole elements in front of the cut are seen, those behind it are not."""
    found = opening('{"name": "x", "messages": [{"id": 1}, {"id": 2}, {"id"')

    assert found.has("name", "messages")
    assert not found.has("title")
    assert found.first_of("messages") == [{"id": 1}, {"id": 2}]
    assert found.first_of("name") == []
