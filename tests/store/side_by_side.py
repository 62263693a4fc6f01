"""One of several processes that use a vault at once; also for scripts that do it long.

Usage: python -m tests.store.side_by_side VAULT EXPORT N_ROUNDS NAME
"""

import json
import sys
from pathlib import Path

from persona_vault.errors import VaultLockedError
from persona_vault.ingest import import_file
from persona_vault.model import Period
from persona_vault.search import search_messages
from persona_vault.snapshot import take_snapshot
from persona_vault.store.vault import open_vault


def use(folder: Path, export: Path, n_rounds: int, name: str) -> dict[str, int]:
    """Import, search, take a snapshot, write an event-free setting, again and again."""
    counts = {"n_rounds": 0, "n_added": 0, "n_hits": 0, "n_waited_in_vain": 0}
    for number in range(n_rounds):
        try:
            with open_vault(folder) as vault:
                report = import_file(vault, export, persona="Wren")
                counts["n_added"] += report.n_added
                counts["n_hits"] += len(
                    search_messages(vault, "lantern", mode="keyword", k=3)
                )
                take_snapshot(vault, "Wren", Period())
                vault.set_setting(f"seen by {name}", str(number))
        except VaultLockedError:
            counts["n_waited_in_vain"] += 1
        counts["n_rounds"] += 1
    return counts


if __name__ == "__main__":
    vault_folder, export_path, rounds, own_name = sys.argv[1:]
    done = use(Path(vault_folder), Path(export_path), int(rounds), own_name)
    sys.stdout.write(json.dumps(done))
