"""Kills embedding at random moments and shows that no finished shard is lost.

    python scripts/kill_embed.py [--kills 20] [--messages 12000] [--embedder hashing]
                                  (packaged = the sentence model that comes along)

A vault of invented messages is embedded by a process of its own that is killed (by
SIGKILL; on Windows TerminateProcess) again and again, each time at a random moment;
after each kill the vault must hold every shard that was reported finished, whole shards
only, and nothing that it held before may be gone. At the end its vectors are compared
with those of a run that nobody disturbed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
from sqlalchemy import select

from persona_vault.embedders import load_embedder
from persona_vault.embedders.index import unpack_vectors
from persona_vault.ingest import import_file
from persona_vault.search import embed_messages
from persona_vault.search.embed import SHARD
from persona_vault.store import schema
from persona_vault.store.vault import open_vault

LEAST_COSINE = 0.999
PACKAGED = "packaged"
WORDS = (
    "the river night garden walk kettle spoon quiet morning rain letter window "
    "tomorrow friend dinner song train bread lamp sea harbour tea winter book street"
).split()
# Speaks after each whole shard, once its transaction is done.
_CHILD = f"""
import sys
from pathlib import Path
from persona_vault.search import embed_messages
from persona_vault.store.vault import open_vault
with open_vault(Path(sys.argv[1])) as vault:
    print("ready", flush=True)
    spec = None if sys.argv[2] == "{PACKAGED}" else sys.argv[2]
    embed_messages(vault, spec, progress=lambda done, n: print(
        done if done % {SHARD} == 0 or done == n else "", flush=True))
"""


def main() -> int:
    """Run the sweep; 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--messages", type=int, default=12_000)
    parser.add_argument("--embedder", default="hashing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=15, help="seconds to a kill")
    options = parser.parse_args()
    spec = None if options.embedder == PACKAGED else options.embedder
    rng = Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        talk = write_talk(folder / "talk.jsonl", options.messages, rng)
        for vault_name in ("killed", "whole"):
            with open_vault(folder / vault_name, create=True) as vault:
                import_file(vault, talk, persona="Juniper")
        n_lost = sweep(folder / "killed", options, rng)
        with open_vault(folder / "killed") as killed, open_vault(folder / "whole") as w:
            embed_messages(killed, spec)
            model_id = embed_messages(w, spec).model_id
        dim = load_embedder(spec).dim
        one = vectors(folder / "killed", model_id, dim)
        other = vectors(folder / "whole", model_id, dim)
    same = one.keys() == other.keys()
    both = one.keys() & other.keys()
    least = min((float(one[key] @ other[key]) for key in both), default=1.0)
    print(
        f"{options.kills} kills: {n_lost} finished shards lost; {len(one):,} vectors, "
        f"{'the same texts' if same else 'OTHER TEXTS'} as undisturbed, least cosine "
        f"{least:.6f}"
    )
    return int(bool(n_lost) or not same or least < LEAST_COSINE)


def write_talk(path: Path, n: int, rng: Random) -> Path:
    """Invented messages of 4 to 30 words, no two alike."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for number in range(n):
            body = {
                "id": str(number),
                "conversation": str(number // 40),
                "timestamp": (start + timedelta(minutes=7 * number)).isoformat(),
                "speaker": ("user", "persona")[number % 2],
                "text": " ".join(rng.choices(WORDS, k=rng.randint(4, 30))),
            }
            file.write(json.dumps(body) + "\n")
    return path


def sweep(vault: Path, options: argparse.Namespace, rng: Random) -> int:
    """How many shards that were reported finished are not there after a kill."""
    n_lost = 0
    longest: float = options.longest  # shrinks to what a whole run takes
    kept = n_begun = n_whole = 0
    for kill in range(options.kills):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(vault), options.embedder],
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        if child.stdout is not None:
            child.stdout.readline()  # its imports are done
        started = time.monotonic()
        try:
            told, _ = child.communicate(timeout=rng.uniform(0, longest))
            if not kept:  # what is left of a run before would make it too short
                longest = min(longest, time.monotonic() - started)
        except subprocess.TimeoutExpired:
            child.kill()
            told, _ = child.communicate()
        reported = max([int(line) for line in told.split() if line], default=0)
        n_begun += bool(
            told
        )  # a line, an empty one within a shard, at each sign of life
        n_whole += reported > 0
        now = n_vectors(vault)
        is_whole = now % SHARD == 0 or now == options.messages
        if now < kept + reported or not is_whole:
            n_lost += 1
        print(f"kill {kill + 1}: {reported:,} reported, {now:,} there", flush=True)
        kept = now
        if kept >= options.messages:
            kept = begin_again(vault)
    print(f"{n_begun} came past the first texts, {n_whole} past a whole shard")
    return n_lost


def n_vectors(vault: Path) -> int:
    """Vectors that a vault holds."""
    with open_vault(vault) as opened, opened.read() as connection:
        return len(connection.execute(select(schema.vector.c.digest)).all())


def begin_again(vault: Path) -> int:
    """Drop all vectors, so that there is something to kill."""
    with open_vault(vault) as opened, opened.write() as connection:
        connection.execute(schema.vector.delete())
    return 0


def vectors(
    vault: Path, model_id: str, dim: int
) -> dict[bytes, "np.ndarray[tuple[int], np.dtype[np.float32]]"]:
    """Digest -> vector, float32."""
    with open_vault(vault) as opened, opened.read() as connection:
        rows = connection.execute(
            select(schema.vector.c.digest, schema.vector.c.data).where(
                schema.vector.c.model_id == model_id
            )
        ).all()
    array = unpack_vectors([row.data for row in rows], dim).astype(np.float32)
    array /= np.linalg.norm(array, axis=1, keepdims=True)
    return dict(zip([row.digest for row in rows], array, strict=True))


if __name__ == "__main__":
    sys.exit(main())
