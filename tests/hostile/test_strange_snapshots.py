"""A snapshot file of a stranger: whatever is in it, one kind of error."""

import gzip
import hashlib
import json
import os
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from persona_vault.diff import compare, diff_snapshots, rows
from persona_vault.errors import InputRejectedError, VaultError
from persona_vault.reports import render_report
from persona_vault.snapshot import Snapshot, read_snapshot
from persona_vault.snapshot.file import MOST_BYTES, snapshot_bytes
from persona_vault.snapshot.take import measure_messages
from tests.hostile.mutations import cases, documents, spoiled
from tests.talk import PERSONA, talk

MOST_MEMORY = 200 * 1024 * 1024
SOUND = snapshot_bytes(measure_messages(talk(1, n_blocks=6), PERSONA), names=True)
OTHER = measure_messages(talk(2, n_blocks=6), PERSONA)


def _packed(body: Any, **fields: Any) -> bytes:
    """A file around a body, its digest fitting."""
    canonical = json.dumps(
        body, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    document = {
        "format": "persona-snapshot",
        "format_version": 1,
        "sha256": hashlib.sha256(canonical.encode()).hexdigest(),
        "body": body,
    }
    return gzip.compress(json.dumps(document | fields).encode(), 1)


BODY = json.loads(gzip.decompress(SOUND))["body"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the strange files are put, one after another."""
    return tmp_path_factory.mktemp("strange") / "strange.snapshot"


@pytest.fixture(autouse=True)
def _few_shuffles(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (rows, compare):
        monkeypatch.setattr(module, "N_SHUFFLES", 19)
        monkeypatch.setattr(module, "N_RESAMPLES", 19)


def _read(place: Path, data: bytes) -> Snapshot | None:
    place.write_bytes(data)
    try:
        return read_snapshot(place)
    except InputRejectedError as refused:
        error = refused
    assert "strange.snapshot" in error.message
    assert error.hint
    return None


@settings(max_examples=cases(150), deadline=None)
@given(data=spoiled(SOUND))
def test_spoiled_bytes(data: bytes, place: Path) -> None:
    """Changed bytes are refused; the digest lets no other snapshot through."""
    found = _read(place, data)
    assert found is None or snapshot_bytes(found, names=True) == SOUND


@settings(max_examples=cases(100), deadline=None)
@given(data=spoiled(gzip.decompress(SOUND)))
def test_spoiled_text(data: bytes, place: Path) -> None:
    """The same for the text inside."""
    found = _read(place, gzip.compress(data, 1))
    assert found is None or snapshot_bytes(found, names=True) == SOUND


def _with_sums(value: float) -> Any:
    """The sound body, the numerators of every row of the replies forged."""
    body = json.loads(json.dumps(BODY))
    for row in body["rows"]["persona"].values():
        row["num"] = [value] * len(row["num"])
    return body


PAIRS = st.sampled_from(["first", "second", "both"])
FORMATS = st.sampled_from(["json", "md", "html"])


@settings(max_examples=cases(80), deadline=None)
@given(body=documents(BODY), pair=PAIRS, format_=FORMATS)
@example(body={**BODY, "specs": {}}, pair="both", format_="html")
@example(body={**BODY, "blocks": []}, pair="both", format_="html")
@example(body=_with_sums(1e14), pair="first", format_="json")
@example(body=_with_sums(-1e14), pair="second", format_="html")
def test_a_forged_body_is_refused_or_compared(
    body: Any, pair: str, format_: str, place: Path
) -> None:
    """With a digest that fits: reading, comparing and reporting end in our errors."""
    found = _read(place, _packed(body))
    if found is None:
        return
    before = OTHER if pair == "second" else found
    after = OTHER if pair == "first" else found
    with suppress(VaultError):
        text = render_report(diff_snapshots(before, after), format=format_)
        assert "\x1b" not in text
        text.encode()


@settings(max_examples=cases(40), deadline=None)
@given(value=st.one_of(st.none(), st.integers(), st.text(), st.floats(), st.booleans()))
def test_a_version_of_any_kind(value: Any, place: Path) -> None:
    """Only version 1 of only this format is read."""
    if value == 1:
        return
    fields = [{"format_version": value}, {"format": value}, {"sha256": value}]
    assert [_read(place, _packed(BODY, **field)) for field in fields] == [None] * 3


BOMBS = {
    "spaces": b" " * (300 * 1024 * 1024),
    "lists": b'{"body":[' + b"[]," * 5_000_000 + b"[]]}",
    "objects": b'{"body":[' + b"{}," * 5_000_000 + b"{}]}",
    "small-objects": b'{"body":[' + b'{"a":1},' * 2_000_000 + b"{}]}",
    "strings": b'{"body":[' + b'"ab",' * 3_000_000 + b'""]}',
    "wide-letters": b'{"body":["' + "\U0001f600".encode() * 4_000_000 + b'"]}',
    "numbers": b'{"body":[' + b"1.5," * (MOST_BYTES // 4 - 100) + b"1]}",
    "integers": b'{"body":[' + b"257," * (MOST_BYTES // 4 - 100) + b"1]}",
    "deep": b"[" * 9_000,
}


SLOW_BOMBS = {"numbers", "integers"}  # millions of numbers, each of them traced


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in SLOW_BOMBS else [])
        for name in BOMBS
    ],
)
def test_a_bomb_takes_less_than_200_megabytes(name: str, place: Path) -> None:
    """Much in little: refused, with memory bounded by what is counted beforehand."""
    place.write_bytes(gzip.compress(BOMBS[name], 1))
    tracemalloc.start()
    try:
        with pytest.raises(InputRejectedError):
            read_snapshot(place)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < MOST_MEMORY


def test_a_snapshot_that_could_not_be_read_is_not_written() -> None:
    """What the reader would refuse as too large, the writer refuses first."""
    sound = measure_messages(talk(1, n_blocks=6), PERSONA)
    many = replace(sound, blocks=sound.blocks * 20_000)
    with pytest.raises(InputRejectedError, match="talks"):
        snapshot_bytes(many)


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """A file that never ends, or never begins, holds nobody up."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(InputRejectedError):
            read_snapshot(path)
