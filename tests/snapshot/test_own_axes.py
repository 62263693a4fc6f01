"""Axes of one's own between two sets of examples: planted, silent, refused."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from persona_vault.diff import around_date, diff_snapshots
from persona_vault.dimensions.own import FILE_NAME, OwnAxis, own_dimensions
from persona_vault.embedders import load_embedder
from persona_vault.errors import InputRejectedError, NoModelError
from persona_vault.findings import RowVerdict
from persona_vault.ingest import import_file
from persona_vault.model import Period
from persona_vault.snapshot import own_rows as rooms
from persona_vault.snapshot import take_snapshot
from persona_vault.snapshot.file import read_snapshot, snapshot_bytes, write_snapshot
from persona_vault.store.vault import Vault
from persona_vault.wording.notes import something_else

CALM = (
    "No hurry at all, let us sit by the water for a while.",
    "Take all the time you like, the evening is long and quiet.",
    "We can rest here, the water is quiet and nothing has to be done.",
    "Breathe slowly, the evening is long, there is no hurry.",
)
HASTY = (
    "Quick, we have to finish this before the train leaves!",
    "Come on, hurry up, the list is long and the clock runs!",
    "There is no time, finish the list and run for the train!",
    "Fast now, the clock runs and everything has to be finished!",
)
AXIS = f"""
[[dimension]]
name = "at_ease"
title = "how much at ease the replies sound"
examples_high = {json.dumps(CALM[:3])}
examples_low = {json.dumps(HASTY[:3])}
"""
START = datetime(2025, 3, 1, 18, tzinfo=UTC)
N_TALKS, N_REPLIES = 12, 5
AT = START + timedelta(days=N_TALKS)


def talk(path: Path, seed: int, calm_before: float, calm_after: float) -> None:
    """Talks a day apart whose replies are made of pieces of either kind."""
    rng = random.Random(seed)
    lines = []
    for day in range(2 * N_TALKS):
        share = calm_before if day < N_TALKS else calm_after
        share = min(max(share + rng.gauss(0, 0.1), 0.0), 1.0)
        for i in range(N_REPLIES):
            at = START + timedelta(days=day, minutes=2 * i)
            pool = CALM if rng.random() < share else HASTY
            words = " ".join(rng.sample(rng.choice(pool).split(), 6))
            for speaker, text in (
                ("user", "And then?"),
                ("persona", words),
            ):
                row = {"speaker": speaker, "text": text, "timestamp": at.isoformat()}
                lines.append(json.dumps(row))
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def without_model(vault: Vault) -> Vault:
    """A vault that remembers the embedder that needs no model."""
    vault.set_setting("embedder", "hashing")
    return vault


def compared(vault: Vault, tmp_path: Path, shares: tuple[float, float], seed: int = 3):
    """The row of the axis over a talk with these shares of calm replies."""
    path = tmp_path / "talk.jsonl"
    talk(path, seed, *shares)
    import_file(vault, path, persona="Ada")
    (vault.path / FILE_NAME).write_text(AXIS, encoding="utf-8")
    sides = []
    for period in around_date(AT, window=None):
        rows = rooms.own_rows(vault, vault.persona("Ada"), period)
        sides.append(take_snapshot(vault, "Ada", period, dimensions=rows))
    (row,) = diff_snapshots(*sides).changes
    return row


@pytest.mark.parametrize(
    ("shares", "direction"), [((0.2, 0.8), "up"), ((0.8, 0.2), "down")]
)
def test_a_planted_change_is_found_as_a_hint(
    without_model: Vault,
    tmp_path: Path,
    shares: tuple[float, float],
    direction: str,
) -> None:
    """It is named with its sign, never firmly, and does not decide the answer."""
    row = compared(without_model, tmp_path, shares)
    assert (row.verdict, row.direction) == (RowVerdict.PROBABLY_CHANGED, direction)
    assert not row.headline
    assert any("hint" in said for said in something_else(row, None))


def test_where_nothing_changed_the_axis_is_silent(
    without_model: Vault, tmp_path: Path
) -> None:
    """The same mixture on both sides is no finding."""
    row = compared(without_model, tmp_path, (0.5, 0.5))
    assert row.verdict not in (RowVerdict.CHANGED, RowVerdict.PROBABLY_CHANGED)
    assert row.p is not None
    assert row.p > 0.05


def test_the_packaged_model_places_what_shares_no_word(
    vault: Vault, tmp_path: Path
) -> None:
    """New sentences of either kind stand on their side of the middle."""
    try:
        load_embedder()
    except NoModelError:
        pytest.skip("the packaged model is not installed")
    lines = {
        "A slow stroll, then tea under the old trees.": True,
        "Deadline in five minutes, type quicker!": False,
    }
    path = tmp_path / "talk.jsonl"
    said = [json.dumps({"speaker": "persona", "text": text}) for text in lines]
    said.append(json.dumps({"speaker": "user", "text": "What now?"}))
    path.write_text("\n".join(said), encoding="utf-8")
    import_file(vault, path, persona="Ada")
    (vault.path / FILE_NAME).write_text(AXIS, encoding="utf-8")
    period = Period()
    (row,) = rooms.own_rows(vault, vault.persona("Ada"), period)
    turns = [t for t in _turns(vault) if t.text in lines]
    values = {
        t.text: m.numerator for t, m in zip(turns, row.measure(turns), strict=True)
    }
    calm, hasty = (values[text] for text in lines)
    assert calm > 50 > hasty


def _turns(vault: Vault):
    from persona_vault.snapshot.take import measured_blocks

    who = vault.persona("Ada")
    for block in measured_blocks(vault.messages("Ada"), who):
        yield from block.persona


def test_the_examples_stand_at_the_ends_of_the_scale(
    without_model: Vault, tmp_path: Path
) -> None:
    """The mean of the low examples is 0, that of the high ones 100."""
    path = tmp_path / "talk.jsonl"
    said = [*CALM[:3], *HASTY[:3]]
    lines = [json.dumps({"speaker": "persona", "text": text}) for text in said]
    lines.append(json.dumps({"speaker": "user", "text": "What now?"}))
    path.write_text("\n".join(lines), encoding="utf-8")
    import_file(without_model, path, persona="Ada")
    (without_model.path / FILE_NAME).write_text(AXIS, encoding="utf-8")
    (row,) = rooms.own_rows(without_model, without_model.persona("Ada"), Period())
    turns = {t.text: t for t in _turns(without_model)}
    got = [m.numerator for m in row.measure([turns[text] for text in said])]
    assert np.mean(got[:3]) == pytest.approx(100, abs=0.5)
    assert np.mean(got[3:]) == pytest.approx(0, abs=0.5)


def test_a_snapshot_holds_a_fingerprint_and_no_example(
    without_model: Vault, tmp_path: Path
) -> None:
    """Only sums, the title and the digest of the examples are in the file."""
    compared(without_model, tmp_path, (0.2, 0.8))
    found = take_snapshot(without_model, "Ada", Period(until=AT))
    (axis,) = own_dimensions(without_model.path / FILE_NAME)
    assert isinstance(axis, OwnAxis)
    assert axis.digest in found.specs["at_ease"].definition
    write_snapshot(found, tmp_path / "all.pvs")
    again = read_snapshot(tmp_path / "all.pvs")
    assert again.specs["at_ease"] == found.specs["at_ease"]
    import gzip

    body = gzip.decompress(snapshot_bytes(found)).decode("utf-8")
    for example in (*CALM, *HASTY):
        assert example not in body
        assert example.split(",")[0] not in body


def test_other_examples_or_another_model_are_another_version(tmp_path: Path) -> None:
    """Two axes under one name are never compared; a new title changes nothing."""

    def version(text: str, model_id: str = "m@1") -> int:
        path = tmp_path / FILE_NAME
        path.write_text(text, encoding="utf-8")
        (axis,) = own_dimensions(path)
        assert isinstance(axis, OwnAxis)
        return axis.row(model_id, lambda _: None).version

    first = version(AXIS)
    assert first == version(AXIS.replace("how much", "how far"))
    assert first != version(AXIS, "m@2")
    assert first != version(AXIS.replace("No hurry", "Little hurry"))
    assert first != version(AXIS + 'languages = ["en"]')


def test_without_a_model_the_next_step_is_said(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the place in the file and what to install; exit code 2."""

    def none(_: Vault) -> None:
        raise NoModelError("There is none.", hint="Install one.")

    monkeypatch.setattr(rooms, "vault_embedder", none)
    (vault.path / FILE_NAME).write_text(AXIS, encoding="utf-8")
    with pytest.raises(NoModelError) as caught:
        rooms.embed_for_own_rows(vault)
    assert "dimensions.toml, dimension 1" in caught.value.message
    assert "Install one." in caught.value.hint
    assert caught.value.exit_code == 2


def test_two_sets_that_read_alike_are_refused(
    without_model: Vault, tmp_path: Path
) -> None:
    """An axis of no length would measure chance."""
    alike = json.dumps([f"{text}." for text in CALM[:3]])
    text = AXIS.replace(json.dumps(HASTY[:3]), alike)
    path = tmp_path / "talk.jsonl"
    talk(path, 1, 0.5, 0.5)
    import_file(without_model, path, persona="Ada")
    (without_model.path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(InputRejectedError, match="apart"):
        take_snapshot(without_model)


def test_embedding_ahead_leaves_nothing_to_do(
    without_model: Vault, tmp_path: Path
) -> None:
    """`embed` reads the bare replies once, and only where an axis asks for them."""
    path = tmp_path / "talk.jsonl"
    talk(path, 1, 0.5, 0.5)
    import_file(without_model, path, persona="Ada")
    assert rooms.embed_for_own_rows(without_model) == 0
    (without_model.path / FILE_NAME).write_text(AXIS, encoding="utf-8")
    assert rooms.embed_for_own_rows(without_model) > 0
    assert rooms.embed_for_own_rows(without_model) == 0
