"""The portable snapshot: identity of the round trip, and hostile files."""

import gzip
import hashlib
import json
from importlib import resources

import jsonschema
import numpy as np
import pytest

from persona_vault.diff import diff_snapshots
from persona_vault.errors import InputRejectedError
from persona_vault.snapshot import read_snapshot, write_snapshot
from persona_vault.snapshot.file import snapshot_bytes
from persona_vault.snapshot.take import measure_messages
from tests.talk import PERSONA, talk


@pytest.fixture(scope="module")
def snapshot():
    """A snapshot of an invented talk."""
    return measure_messages(talk(1), PERSONA)


def rewritten(path, change):
    """The file again with its document changed and its digest made to fit."""
    document = json.loads(gzip.decompress(path.read_bytes()))
    change(document)
    body = json.dumps(
        document["body"], sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    document["sha256"] = hashlib.sha256(body.encode()).hexdigest()
    path.write_bytes(gzip.compress(json.dumps(document).encode()))


def test_writing_and_reading_is_identity(snapshot, tmp_path):
    """What is read gives the same bytes again, to the last digit."""
    write_snapshot(snapshot, tmp_path / "s.pvs")

    again = read_snapshot(tmp_path / "s.pvs")

    assert snapshot_bytes(again) == snapshot_bytes(snapshot)
    assert np.allclose(
        again.rows["persona"]["message_length"].table,
        snapshot.rows["persona"]["message_length"].table,
    )


def test_the_same_snapshot_gives_the_same_bytes(snapshot):
    """No clock and no order of a set gets in."""
    assert snapshot_bytes(snapshot) == snapshot_bytes(
        measure_messages(talk(1), PERSONA)
    )


def test_a_diff_of_two_files_equals_the_diff_in_memory(snapshot, tmp_path):
    """Two files alone are enough."""
    later = measure_messages(talk(2, words=8, first_conversation=500), PERSONA)
    for name, one in (("a", snapshot), ("b", later)):
        write_snapshot(one, tmp_path / name)

    found = diff_snapshots(read_snapshot(tmp_path / "a"), read_snapshot(tmp_path / "b"))

    expected = diff_snapshots(snapshot, later)
    assert [(c.dimension, c.verdict, c.q) for c in found.changes] == [
        (c.dimension, c.verdict, c.q) for c in expected.changes
    ]


def test_no_word_and_no_name_is_in_the_file(snapshot):
    """Text-free unless asked: not a sentence of the talk, not the companion's name."""
    content = gzip.decompress(snapshot_bytes(snapshot)).decode()

    assert "garden" not in content
    assert "Juniper" not in content
    assert "Juniper" in gzip.decompress(snapshot_bytes(snapshot, names=True)).decode()


def test_an_existing_file_is_not_overwritten(snapshot, tmp_path):
    """A snapshot is evidence: the older one stays."""
    path = tmp_path / "s.pvs"
    path.write_bytes(b"mine")

    with pytest.raises(InputRejectedError):
        write_snapshot(snapshot, path)

    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip",
        gzip.compress(b"not json"),
        gzip.compress(b"[]"),
        gzip.compress(b"[" * 100_000),
        gzip.compress(b'{"format": "persona-snapshot"}'),
        gzip.compress(b'{"format":"x","format_version":1,"sha256":"","body":{}}'),
        gzip.compress(
            b'{"format":"persona-snapshot","format_version":2,"sha256":"","body":{}}'
        ),
        gzip.compress(
            b'{"format":"persona-snapshot","format_version":1,"sha256":"","body":{}}'
        ),
        gzip.compress(
            b'{"format":"persona-snapshot","format_version":1,"sha256":"",'
            b'"body":{"x":NaN}}'
        ),
        gzip.compress(b'{"x": "' + b"a" * 70_000_000 + b'"}'),
    ],
    ids=lambda b: f"{len(b)}-bytes",
)
def test_what_is_no_snapshot_is_refused_in_one_sentence(content, tmp_path):
    """Hostile and broken files end in the same kind of error."""
    path = tmp_path / "bad.pvs"
    path.write_bytes(content)

    with pytest.raises(InputRejectedError, match=r"bad\.pvs"):
        read_snapshot(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["body"].pop("rows"),
        lambda d: d["body"]["blocks"].pop(),
        lambda d: d["body"]["rows"]["persona"]["message_length"]["num"].append(1),
        lambda d: d["body"]["rows"]["persona"]["message_length"].update(n="x"),
        lambda d: d["body"]["blocks"][0].update(started_at="yesterday"),
        lambda d: d["body"]["blocks"][0].update(started_at="2025-01-01T00:00:00"),
        lambda d: d["body"]["blocks"][0].update(n_messages=-4),
        lambda d: d["body"]["specs"]["message_length"].update(surprise=1),
        lambda d: d["body"].update(period=None),
        lambda d: d["body"]["rows"]["user"]["emoji_repertoire"].update(counts=[[]]),
    ],
)
def test_a_well_signed_file_with_the_wrong_shape_is_refused(change, snapshot, tmp_path):
    """The digest is no proof of good will: shapes and numbers are checked too."""
    path = tmp_path / "odd.pvs"
    write_snapshot(snapshot, path)
    rewritten(path, change)

    with pytest.raises(InputRejectedError, match=r"odd\.pvs"):
        read_snapshot(path)


def test_any_flipped_byte_is_noticed(snapshot, tmp_path):
    """A damaged file never gives numbers."""
    good = snapshot_bytes(snapshot)
    path = tmp_path / "s.pvs"
    for place in range(12, len(good), len(good) // 60):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])

        with pytest.raises(InputRejectedError):
            read_snapshot(path)


def test_the_file_fits_the_published_schema(snapshot):
    """The schema beside the code describes what is written."""
    schema = json.loads(
        resources.files("persona_vault.snapshot")
        .joinpath("snapshot.schema.json")
        .read_text(encoding="utf-8")
    )
    document = json.loads(gzip.decompress(snapshot_bytes(snapshot, names=True)))

    jsonschema.Draft202012Validator(schema).validate(document)
