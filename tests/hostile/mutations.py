"""Ways in which a file or a document can be wrong, for Hypothesis to choose from."""

import copy
import os
from typing import Any

from hypothesis import strategies as st


def cases(n: int) -> int:
    """So many cases in the suite; scripts/fuzz.py asks for a multiple of them."""
    return n * int(os.environ.get("PERSONA_VAULT_TIMES", "1"))


ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "\x1b[2J",
    "\u202e",
    "\ufdd0end",
    "a\nb",
    "../../etc/passwd",
    "=1+1",
    "9" * 400,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2024-02-30T25:61:00Z",
    "NaN",
    "null",
]
ODD_NUMBERS = [0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 1e308, -1e308, 1e-320, 0.5]
odd_values: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_TEXTS),
    st.text(max_size=8).filter(lambda t: t.isprintable()),
    st.sampled_from([[], {}, [[]], {"": {}}, [None], {"x": [1, "y"]}]),
)


def _fresh(value: Any) -> Any:
    """The odd containers above are one object each; a document gets its own."""
    return copy.deepcopy(value)


def _keys(document: Any) -> list[Any]:
    if isinstance(document, dict):
        return sorted(document)
    return list(range(len(document))) if isinstance(document, list) else []


def _path(draw: st.DrawFn, document: Any) -> tuple[Any, ...]:
    """The way to a value somewhere inside, a step at a time: few among many count."""
    path: tuple[Any, ...] = ()
    while keys := _keys(document):
        if path and draw(st.integers(0, 5)) == 0:
            break
        path = (*path, draw(st.sampled_from(keys)))
        document = document[path[-1]]
    return path


def _changed(document: Any, path: tuple[Any, ...], change: str, value: Any) -> Any:
    if not path:
        return value
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    if change == "drop":
        del holder[key]
    elif change == "double" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif change == "rename" and isinstance(holder, dict):
        holder[str(value)] = holder.pop(key)
    elif change == "wrap":
        holder[key] = [holder[key]]
    else:
        holder[key] = value
    return document


@st.composite
def documents(draw: st.DrawFn, sound: Any, n_most: int = 3) -> Any:
    """A sound JSON document with up to `n_most` things in it wrong."""
    document = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, n_most))):
        path = _path(draw, document)
        change = draw(
            st.sampled_from(["set", "set", "drop", "double", "rename", "wrap"])
        )
        document = _changed(document, path, change, _fresh(draw(odd_values)))
        if not isinstance(document, dict | list):
            break
    return document


@st.composite
def spoiled(draw: st.DrawFn, sound: bytes, n_most: int = 4) -> bytes:
    """Sound bytes with some of them lost, doubled, changed or moved."""
    data = bytearray(sound)
    for _ in range(draw(st.integers(1, n_most))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        length = draw(st.sampled_from([1, 1, 2, 7, 60, 500]))
        kind = draw(st.sampled_from(["flip", "cut", "drop", "double", "put", "lines"]))
        if kind == "flip":
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        elif kind == "put":
            data[at:at] = draw(st.sampled_from(INSERTS))
        else:
            data = bytearray(b"\n").join(draw(st.permutations(data.split(b"\n")[:40])))
    return bytes(data)


INSERTS = [
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",  # a lone surrogate in UTF-8
    b"\xef\xbb\xbf",
    b'"',
    b'""',
    b"\\",
    b"\\ud800",
    b"\n",
    b"\r",
    b"\r\n",
    b",",
    b"{",
    b"[" * 300,
    b"]",
    b"9" * 5_000,
    b"1e999",
    b"-",
    b"NaN",
    "\u2028\u0085\u202e".encode(),
    b"You: ",
    b"2024-13-45T99:99:99Z",
    b"\xe2\x80",
]
