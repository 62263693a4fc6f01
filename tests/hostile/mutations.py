"""Ways in which a file or a document can be wrong.

Written once for two sources of chance: Hypothesis, which shrinks what it finds to a
smallest case, and plain random numbers, which are several times faster.
"""

import copy
import os
import re
from collections.abc import Sequence
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


def cases(n: int) -> int:
    """So many cases in the suite; scripts/fuzz.py asks for a multiple of them."""
    return n * int(os.environ.get("PERSONA_VAULT_TIMES", "1"))


class Chance(Protocol):
    """What decides."""

    def below(self, n: int) -> int:
        """0 to n - 1."""

    def pick(self, values: Sequence[T]) -> T:
        """One of them."""

    def order(self, values: Sequence[T]) -> list[T]:
        """All of them, in any order."""


class Drawn:
    """Chance by Hypothesis, which can take it back."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, n: int) -> int:
        """See `Chance`."""
        return self._draw(st.integers(0, n - 1))

    def pick(self, values: Sequence[T]) -> T:
        """See `Chance`."""
        return self._draw(st.sampled_from(values))

    def order(self, values: Sequence[T]) -> list[T]:
        """See `Chance`."""
        return self._draw(st.permutations(values))


class Rolled:
    """Chance by random numbers."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def below(self, n: int) -> int:
        """See `Chance`."""
        return int(self._random.random() * n)

    def pick(self, values: Sequence[T]) -> T:
        """See `Chance`."""
        return values[int(self._random.random() * len(values))]

    def order(self, values: Sequence[T]) -> list[T]:
        """See `Chance`."""
        return self._random.sample(values, len(values))


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
ODD_CONTAINERS: list[Any] = [[], {}, [[]], {"": {}}, [None], {"x": [1, "y"]}]
LETTERS = "aZ 09.,:;-_/\\'\"<>&%$#@!?()[]{}=+*~^|`äßñ漢あ🙂\u00a0\u0301"


def odd_value(chance: Chance) -> Any:
    """Something that an app would not have put there."""
    kind = chance.below(6)
    if kind == 0:
        return None
    if kind == 1:
        return bool(chance.below(2))
    if kind == 2:
        return chance.pick(ODD_NUMBERS)
    if kind == 3:
        return chance.pick(ODD_TEXTS)
    if kind == 4:
        return "".join(chance.pick(LETTERS) for _ in range(chance.below(9)))
    return copy.deepcopy(chance.pick(ODD_CONTAINERS))


def _keys(document: Any) -> list[Any]:
    if isinstance(document, dict):
        return sorted(document)
    return list(range(len(document))) if isinstance(document, list) else []


def _path(chance: Chance, document: Any) -> tuple[Any, ...]:
    """The way to a value somewhere inside, a step at a time: few among many count."""
    path: tuple[Any, ...] = ()
    while keys := _keys(document):
        if path and chance.below(6) == 0:
            break
        path = (*path, chance.pick(keys))
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


def wrong_document(chance: Chance, sound: Any, n_most: int = 3) -> Any:
    """A sound JSON document with up to `n_most` things in it wrong."""
    document = copy.deepcopy(sound)
    for _ in range(1 + chance.below(n_most)):
        path = _path(chance, document)
        change = chance.pick(["set", "set", "drop", "double", "rename", "wrap"])
        document = _changed(document, path, change, odd_value(chance))
        if not isinstance(document, dict | list):
            break
    return document


def wrong_bytes(chance: Chance, sound: bytes, n_most: int = 4) -> bytes:
    """Sound bytes with some of them lost, doubled, changed or moved."""
    data = bytearray(sound)
    for _ in range(1 + chance.below(n_most)):
        if not data:
            break
        at = chance.below(len(data))
        length = chance.pick([1, 1, 2, 7, 60, 500])
        kind = chance.pick(["flip", "cut", "drop", "double", "put", "lines"])
        if kind == "flip":
            data[at] ^= 1 << chance.below(8)
        elif kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        elif kind == "put":
            data[at:at] = chance.pick(INSERTS)
        else:
            data = bytearray(b"\n").join(chance.order(data.split(b"\n")[:40]))
    return bytes(data)


def wrong_page(chance: Chance, sound: bytes, n_most: int = 4) -> bytes:
    """A sound page of HTML with markup put in, or tags of it lost, doubled or open."""
    parts = re.split(rb"(<[^>]*>)", sound)  # words, and tags at odd places
    for _ in range(1 + chance.below(n_most)):
        # Most of a page is words and tags of the talk; its head counts as one part.
        at = 2 * chance.below(len(parts) // 2) + 1 if len(parts) > 1 else 0
        kind = chance.pick(["put", "put", "put", "drop", "double", "open", "inside"])
        if kind == "put":
            parts[at] += chance.pick(MARKUP) * chance.pick([1, 1, 1, 2, 300])
        elif kind == "drop":
            parts[at] = b""
        elif kind == "double":
            parts[at] *= chance.pick([2, 3, 300])
        elif kind == "open":
            parts[at] = parts[at].rstrip(b">")
        else:
            half = chance.below(1 + len(parts[at]))
            parts[at] = parts[at][:half] + chance.pick(MARKUP) + parts[at][half:]
    return b"".join(parts)


@st.composite
def documents(draw: st.DrawFn, sound: Any, n_most: int = 3) -> Any:
    """`wrong_document` by Hypothesis."""
    return wrong_document(Drawn(draw), sound, n_most)


@st.composite
def spoiled(draw: st.DrawFn, sound: bytes, n_most: int = 4) -> bytes:
    """`wrong_bytes` by Hypothesis."""
    return wrong_bytes(Drawn(draw), sound, n_most)


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

MARKUP = [
    b"<![bogus[ x ]]>",
    b"<![endif",
    b"<![endif]-->",
    b"<!--[if mso]>",
    b"<![if !IE]>",
    b"<![CDATA[ a > b ]]>",
    b"<![CDATA[",
    b"<![",
    b"<![ 7",
    b"<!",
    b"<!>",
    b"<!x",
    b"<!ELEMENT x [<!y>",
    b"<!DOCTYPE x [ <!ENTITY a '&a;&a;'> ]>",
    b"<!--",
    b"-->",
    b"<!-- x --!>",
    b"<?xml version='1.0'?>",
    b"<?",
    b"&#",
    b"&#x",
    b"&#" + b"9" * 5_000 + b";",
    b"&#" + b"0" * 5_000,
    b"&#xD800;&#0;&#x110000;",
    b"&amp",
    b"&nosuch;",
    b"&" + b"a" * 40 + b";",
    b"<",
    b"</",
    b"</>",
    b"</div>",
    b"</html>",
    b"<div>",
    b"<p><li><td>",
    b"<ul>",
    b"<br/>",
    b"<wbr>",
    b"<div/>",
    b"<a href='",
    b'<i title="&#' + b"9" * 5_000 + b'">',
    b"<i / = '' =\"\">",
    b"<script>",
    b"</script>",
    b"<style>",
    b"<pre>",
    b"<template>",
    b"<textarea>",
    b"<title>",
    b"<plaintext>",
    b"<svg>",
]
