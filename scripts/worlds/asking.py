"""One world through the product: import, compare, search, report, as a user would."""

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from persona_vault.comparison import compare_periods
from persona_vault.diff import find_change_points
from persona_vault.embedders import load_embedder
from persona_vault.embedders.base import Embedder
from persona_vault.errors import VaultError
from persona_vault.ingest import import_file
from persona_vault.model import Period, ReadOptions
from persona_vault.reports import render_report
from persona_vault.snapshot.sentences import embed_said
from persona_vault.store.vault import Vault, open_vault
from worlds.claims import Answer, Claim, Planted
from worlds.material import COMPANION, USER
from worlds.talk import write_jsonl

# What a world asks for and the product does not have yet.
NOT_BUILT: frozenset[str] = frozenset()


def ask(planted: Planted, *, seed: int, vectors: Path | None = None) -> Answer:
    """What the product says of a world.

    Args:
        planted: The world.
        seed: Of the comparison's shuffles.
        vectors: A file that keeps the sentence model's vectors; None = no model.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        place = Path(name)
        with open_vault(place / "vault", create=True) as vault:
            ledger = _import(vault, place, planted)
            if vectors is not None:
                _embed(vault, vectors)
            return _answer(vault, planted, ledger, seed)


def _import(vault: Vault, place: Path, planted: Planted) -> Counter[str]:
    vault.set_zone("UTC")
    ledger: Counter[str] = Counter()
    for i, lines in enumerate(planted.lines):
        path = place / f"export-{i + 1}.{'json' if planted.write else 'jsonl'}"
        (planted.write or write_jsonl)(path, lines)
        report = import_file(
            vault, path, persona=COMPANION, options=ReadOptions(them=planted.them)
        )
        for key in ("n_read", "n_added", "n_duplicate", "n_ignored"):
            ledger[key] += getattr(report, key, 0)
        ledger["n_issues"] += len(getattr(report, "issues", ()))
    vault.set_persona(COMPANION, user_names=(USER,))
    for event in planted.events:
        vault.add_event(event)
    return ledger


def _answer(vault: Vault, planted: Planted, ledger: Counter[str], seed: int) -> Answer:
    diff, report, page, refused = None, "", "", ""
    if planted.at is not None:
        before = Period(since=planted.since, until=planted.at)
        after = Period(since=planted.at, until=planted.until)
        try:
            diff = compare_periods(vault, COMPANION, before, after, seed=seed)
        except VaultError as error:
            refused = str(error)
        else:
            report = render_report(diff, format="md", quotes=False)
            if planted.quotes:
                page = render_report(diff, format="html")
    changes = (
        find_change_points(vault, COMPANION, seed=seed) if planted.search else None
    )
    return Answer(
        diff=diff,
        changes=changes,
        report=report,
        page=page,
        ledger=dict(ledger),
        refused=refused,
    )


def judge(planted: Planted, answer: Answer) -> dict[str, Any]:
    """The claims of a world held against an answer, as JSON types.

    A claim whose feature is not built is null: it has neither been said nor not.
    """
    rows = answer.rows.values()
    return {
        "said": {c.text: _held(c, answer) for c in planted.truth.must_say},
        "blurted": {c.text: _held(c, answer) for c in planted.truth.must_not_say},
        "missing": sorted(
            {
                c.needs
                for c in (*planted.truth.must_say, *planted.truth.must_not_say)
                if c.needs in NOT_BUILT
            }
        ),
        "verdict": answer.diff.verdict.value if answer.diff else answer.refused,
        "summary": answer.diff.summary if answer.diff else "",
        "note": answer.changes.note if answer.changes else "",
        "named": {
            c.dimension: f"{c.verdict.value} {c.direction}"
            for c in rows
            if c.headline and c.dimension in answer.named
        },
        "verdicts": {c.dimension: c.verdict.value for c in rows if c.headline},
        "ledger": dict(answer.ledger),
    }


def _held(claim: Claim, answer: Answer) -> bool | None:
    return bool(claim.holds(answer)) if claim.needs not in NOT_BUILT else None


class KeptVectors:
    """An embedder that reads each text once, and keeps its vector in a file.

    Generated talk says the same sentences over and over, in every world and run.
    """

    def __init__(self, inner: Embedder, path: Path) -> None:
        self.inner, self.path = inner, path
        self.model_id, self.dim = inner.model_id, inner.dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, from the file where they stand in it."""
        with sqlite3.connect(self.path, timeout=60) as kept:
            kept.execute(
                "CREATE TABLE IF NOT EXISTS vector"
                " (model TEXT, text TEXT, data BLOB, PRIMARY KEY (model, text))"
            )
            query = "SELECT data FROM vector WHERE model = ? AND text = ?"
            found = {
                t: row[0]
                for t in set(texts)
                if (row := kept.execute(query, (self.model_id, t)).fetchone())
            }
        new = sorted(set(texts) - found.keys())
        if new:
            for text, vector in zip(new, self.inner.encode(new), strict=True):
                found[text] = vector.astype(np.float32).tobytes()
            with sqlite3.connect(self.path, timeout=60) as kept:
                kept.executemany(
                    "INSERT OR IGNORE INTO vector VALUES (?, ?, ?)",
                    [(self.model_id, t, found[t]) for t in new],
                )
        flat = b"".join(found[t] for t in texts)
        return np.frombuffer(flat, dtype=np.float32).reshape(len(texts), self.dim)


def _embed(vault: Vault, vectors: Path) -> None:
    """Give the vault the vectors that a comparison may use."""
    embed_said(vault, KeptVectors(load_embedder(), vectors))
