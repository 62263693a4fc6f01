"""Flip single bits in vaults and backups: each is found, or shows nowhere.

    python scripts/flips.py --count 500 --seed 1

makes a plain and an encrypted vault from an invented talk, and a backup of each, spoils
copies of them at random places, and says what was found where. Exits with 1 where a
change that a reader would see was not found, or where something broke off.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from persona_vault.demo import TalkShape, generate_null
from persona_vault.errors import VaultError
from persona_vault.ingest import import_file
from persona_vault.search.embed import embed_messages
from persona_vault.store.backup import check_backup, restore_backup, write_backup
from persona_vault.store.hashing import content_hash
from persona_vault.store.keys import Cost
from persona_vault.store.opening import create_vault
from persona_vault.store.vault import open_vault
from persona_vault.store.verify import find_damage

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
SECRETS = {"plain": None, "encrypted": "a heron on the weir"}
SHAPE = TalkShape(n_blocks_before=12, n_blocks_after=12, n_turns=6, strength=1.0)
SMALL_END = 2_000  # bytes at both ends of a backup that hold everything but the vault


def make_vault(folder: Path, kind: str, talk: Path) -> Path:
    """A closed vault with the talk in it, embedded without a model."""
    secret = SECRETS[kind]
    create_vault(folder / kind, passphrase=secret, cost=CHEAP)
    with open_vault(folder / kind, passphrase=secret) as vault:
        import_file(vault, talk, persona="Juniper")
        embed_messages(vault, "hashing")
        write_backup(vault, folder / f"{kind}.pvbackup")
    return folder / kind


def seen(path: Path, secret: str | None) -> list[str]:
    """All that a reader would see: rows, what they are found by, and the summary."""
    with open_vault(path, passphrase=secret) as vault, vault.read() as connection:
        return [
            content_hash(connection),
            *(_rows(connection, say) for say in _SHOWN),
            str(list(vault.messages())),
            str({**vault.info(), "path": ""}),
        ]


_WORDS = (
    "SELECT rowid FROM message_fts WHERE message_fts MATCH '{}' ORDER BY rank, rowid"
)
_SHOWN = (
    "SELECT * FROM vector ORDER BY digest, model_id, precision",
    "SELECT message_id, text FROM passage ORDER BY message_id",
    *(_WORDS.format(word) for word in ("the", "you", "tea", "rain", "walk")),
)


def _rows(connection: Connection, statement: str) -> str:
    return str(connection.exec_driver_sql(statement).all())


def spoil(file: Path, chance: random.Random, *, ends: bool = False) -> str:
    """Flip one bit of a file; says where."""
    data = bytearray(file.read_bytes())
    at = chance.randrange(len(data))
    if ends:
        at = chance.randrange(-SMALL_END, SMALL_END)
    bit = chance.randrange(8)
    data[at] ^= 1 << bit
    file.write_bytes(data)
    return f"{file.name} byte {at} bit {bit}"


def flip_vault(kind: str, base: Path, work: Path, chance: random.Random) -> str:
    """What became of one flip in a vault's files."""
    shutil.copytree(base, work)
    where = spoil(work / chance.choice(["vault.db"] * 9 + ["vault.json"]), chance)

    def look() -> str:
        with open_vault(work, passphrase=SECRETS[kind]) as vault:
            found = next(iter(find_damage(vault)), None)
        return "" if found is None else f"found: {found.kind} {found.table}".rstrip()

    return outcome(look, where, work, base, SECRETS[kind])


def flip_backup(kind: str, base: Path, work: Path, chance: random.Random) -> str:
    """What became of one flip in a backup."""
    work.mkdir()
    file = work / "spare.pvbackup"
    shutil.copy(base.with_name(f"{kind}.pvbackup"), file)
    where = spoil(file, chance, ends=chance.random() < 0.5)

    def look() -> str:
        check_backup(file)
        restore_backup(file, work / "vault", passphrase=SECRETS[kind])
        return ""

    return outcome(look, where, work / "vault", base, SECRETS[kind])


def outcome(
    look: Callable[[], str], where: str, spoiled: Path, base: Path, secret: str | None
) -> str:
    """What a look found, else whether a reader would see a difference."""
    try:
        said = look()
        if not said and seen(spoiled, secret) == seen(base, secret):
            said = "shows nowhere"
    except VaultError as error:
        said = f"refused: {type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - what breaks off is what we look for
        said = f"BROKE OFF: {where}: {type(error).__name__}"
    return said or f"MISSED: {where}"


def main() -> int:
    """Flip, count, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=500, help="flips for each target")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    n_bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        talk = generate_null(folder / "talk", seed=5, shape=SHAPE).path
        for kind in SECRETS:
            base = make_vault(folder, kind, talk)
            for what, flip in (("vault", flip_vault), ("backup", flip_backup)):
                counts: Counter[str] = Counter()
                for _ in range(chosen.count):
                    counts[flip(kind, base, folder / "work", chance)] += 1
                    shutil.rmtree(folder / "work")
                print(f"{kind} {what}: {chosen.count} flips")
                for said, n in counts.most_common():
                    print(f"  {n:>6,}  {said}")
                n_bad += sum(n for said, n in counts.items() if said[:6] in _BAD)
    return 1 if n_bad else 0


_BAD = ("MISSED", "BROKE ")

if __name__ == "__main__":
    sys.exit(main())
