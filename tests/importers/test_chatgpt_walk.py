"""ChatGPT trees: every node once whatever its shape, and in linear time."""

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_vault.importers.formats.chatgpt.files import filled_nodes, named_parents
from persona_vault.importers.talk.tree import reading_order
from persona_vault.model import (
    Ignored,
    Message,
)
from tests.importers.chats import (
    conversation,
    messages,
    node,
    read,
)


def test_long_thread(tmp_path: Path) -> None:
    """Eight thousand messages in one chain are read in order, without recursion."""
    n = 8_000
    nodes = [node("0", None)]
    nodes += [
        node(str(i), str(i - 1), ("user", "assistant")[i % 2]) for i in range(1, n)
    ]
    nodes.reverse()  # the order of the file says nothing
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation(*nodes, current_node=str(n - 1))]))
    found = messages(read(path))
    assert list(found) == [str(i) for i in range(n)]
    assert all(message.shown for message in found.values())


class _CountedDict(dict[str, Any]):
    """A mapping that counts how often it is asked."""

    n_asked = 0

    def __getitem__(self, key: str) -> Any:
        self.n_asked += 1
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.n_asked += 1
        return super().__contains__(key)


@pytest.mark.parametrize("shape", ["chain", "star", "comb", "ring"])
def test_walk_is_linear(shape: str) -> None:
    """Twice the nodes are looked up twice as often, in every shape of tree."""

    def n_asked(n: int) -> int:
        parents = {
            "chain": lambda i: i - 1,
            "star": lambda i: 0,
            "comb": lambda i: i - 1 if i % 2 else max(i - 2, 0),
            "ring": lambda i: (i - 1) % n,
        }[shape]
        mapping = _CountedDict(
            {str(i): node(str(i), str(parents(i))) for i in range(n)}
        )
        named = _CountedDict(named_parents(mapping))
        assert len(reading_order(named, str(n - 1), {}, mapping)) == n
        return mapping.n_asked + named.n_asked

    assert n_asked(2000) <= 2 * n_asked(1000) + 10


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def _mappings(draw: st.DrawFn) -> dict[str, Any]:
    """Trees with any parents: missing ones, cycles, several roots, other types."""
    keys = draw(st.lists(st.sampled_from("abcdefghijkl"), unique=True))
    mapping: dict[str, Any] = {}
    for key in keys:
        parent = draw(st.none() | st.sampled_from("abcdefghijkl") | _JSON)
        role = draw(st.sampled_from(["user", "assistant", "tool", "system", "x"]))
        fields = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "id": _JSON,
                    "author": _JSON,
                    "content": _JSON
                    | st.fixed_dictionaries(
                        {"content_type": st.sampled_from(["text", "thoughts", "code"])},
                        optional={"parts": _JSON, "text": _JSON, "thoughts": _JSON},
                    ),
                    "metadata": _JSON,
                    "create_time": _JSON | st.floats(),
                    "weight": _JSON,
                    "recipient": _JSON,
                },
            )
        )
        whole = node(key, parent, role, **fields)
        mapping[key] = draw(st.just(whole) | st.just(whole) | _JSON)
    return mapping


@given(_mappings(), st.none() | st.sampled_from("abcdefghijkl") | _JSON)
@settings(max_examples=60, deadline=None)
def test_every_node_gives_one_record(mapping: dict[str, Any], current: Any) -> None:
    """Whatever the tree, it ends, and each node is accounted for exactly once."""
    value = {"id": "talk", "mapping": mapping, "current_node": current}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "conversations.json")
        path.write_text(json.dumps([value, conversation(node("z", None))]))
        records = read(path)[:-1]
    if not mapping:
        assert records == [Ignored("conversation without messages", records[0].where)]
        return
    expected = {
        f"conversations.json item 1 node {number}"
        for number in range(1, len(mapping) + 1)
    }
    assert len(records) == len(mapping)
    assert {record.where for record in records} == expected
    ids = Counter(r.native_id for r in records if isinstance(r, Message))
    assert all(n == 1 for n in ids.values())


@given(
    st.dictionaries(
        st.sampled_from("abcdefghijkl"), st.none() | st.sampled_from("abcdefghijklm")
    ).map(lambda parents: {key: node(key, above) for key, above in parents.items()}),
    st.none() | st.sampled_from("abcdefghijkl"),
)
@settings(max_examples=200, deadline=None)
def test_order_is_top_down(mapping: dict[str, Any], current: str | None) -> None:
    """Each node stands after its parent; the shown ones of a piece form one path."""
    places = reading_order(named_parents(mapping), current, {}, filled_nodes(mapping))
    position = {place.key: number for number, place in enumerate(places)}
    shown = {place.key for place in places if place.on_path}
    shown_parents = [
        place.parent for place in places if place.on_path and place.parent is not None
    ]
    assert all(
        position[place.parent] < position[place.key]
        for place in places
        if place.parent is not None
    )
    assert set(shown_parents) <= shown
    assert len(set(shown_parents)) == len(shown_parents)
    assert current is None or current not in mapping or current in shown


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
@settings(max_examples=100, deadline=None)
def test_any_text_survives(text: str) -> None:
    """A user's words come out as they went in, in every script."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "conversations.json")
        path.write_text(
            json.dumps([conversation(node("u", None, text=text))]), encoding="utf-8"
        )
        (record,) = read(path)
    if text.strip():
        assert isinstance(record, Message)
        assert record.text == text
    else:
        assert isinstance(record, Ignored)
