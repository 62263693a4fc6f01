"""Single bits flipped in everything that is kept: found, or to be seen nowhere."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from flips import flip_backup, flip_vault, make_vault, spoil

from persona_vault.demo import TalkShape, generate_null
from persona_vault.errors import VaultError
from persona_vault.snapshot import read_snapshot, take_snapshot, write_snapshot
from persona_vault.snapshot.file import snapshot_bytes
from persona_vault.store.header import HEADER_NAME, read_header
from persona_vault.store.vault import open_vault
from torments.rows import Row, Task

_SHAPE = TalkShape(n_blocks_before=8, n_blocks_after=8, n_turns=5, strength=1.0)
_BAD = {"MISSED": "losses", "BROKE ": "tracebacks"}


def flips(task: Task) -> Iterator[Row]:
    """Vault and backup, plain and encrypted; the header alone; a snapshot."""
    folder = task.folder
    talk = generate_null(folder / "talk", seed=5, shape=_SHAPE).path
    for kind in ("plain", "encrypted"):
        make_vault(folder, kind, talk)
    with open_vault(folder / "plain") as vault:
        write_snapshot(take_snapshot(vault, "Juniper"), folder / "one.pvs")
    kinds: list[tuple[str, Callable[[Path, Random], str]]] = [
        ("vault, plain", lambda w, c: flip_vault("plain", folder / "plain", w, c)),
        (
            "vault, encrypted",
            lambda w, c: flip_vault("encrypted", folder / "encrypted", w, c),
        ),
        ("backup, plain", lambda w, c: flip_backup("plain", folder / "plain", w, c)),
        (
            "backup, encrypted",
            lambda w, c: flip_backup("encrypted", folder / "encrypted", w, c),
        ),
        ("header", lambda w, c: _flip_header(folder / "encrypted", w, c)),
        ("snapshot", lambda w, c: _flip_snapshot(folder / "one.pvs", w, c)),
    ]
    for part, (what, flip) in enumerate(kinds):
        yield _sweep(task.share(part, len(kinds)), what, flip)


def _sweep(task: Task, what: str, flip: Callable[[Path, Random], str]) -> Row:
    row = Row("flips", what)
    counts: Counter[str] = Counter()
    work = task.folder / "work"
    for _ in task.numbers():
        said = flip(work, task.chance)
        shutil.rmtree(work)
        row.rounds += 1
        if said[:6] in _BAD:
            getattr(row, _BAD[said[:6]]).append(said)
        counts["found" if said != "shows nowhere" else said] += 1
    return row.done(", ".join(f"{n:,} {said}" for said, n in counts.most_common()))


def _flip_header(base: Path, work: Path, chance: Random) -> str:
    work.mkdir()
    shutil.copy(base / HEADER_NAME, work)
    whole = read_header(work)
    where = spoil(work / HEADER_NAME, chance)
    return _read(where, lambda: read_header(work) == whole)


def _flip_snapshot(base: Path, work: Path, chance: Random) -> str:
    work.mkdir()
    shutil.copy(base, work)
    whole = snapshot_bytes(read_snapshot(base))
    where = spoil(work / base.name, chance)
    return _read(
        where, lambda: snapshot_bytes(read_snapshot(work / base.name)) == whole
    )


def _read(where: str, look: Callable[[], bool]) -> str:
    try:
        said = "shows nowhere" if look() else f"MISSED: {where}"
    except VaultError as error:
        said = f"refused: {type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - what breaks off is what we look for
        said = f"BROKE OFF: {where}: {type(error).__name__}"
    return said
