"""The JSON of `verify`, `backup`, `restore`, `forget` and `export`."""

from typing import Any

from tests.cli.shape import TEXT_OR_NULL

DAMAGE = {
    "level": {"structure", "hashes", "content"},
    "kind": str,
    "n": int,
    "table": str,
    "ids": [int],
    "conversations": [int],
    "sources": [int],
    "rebuildable": bool,
}
NOT_COMPARED = {
    "table": {"message", "persona_input", "vector"},
    "of": str,
    "n": int,
    "reason": str,
    "sources": [int],
}
VERIFY = {
    "vault": str,
    "encrypted": bool,
    "levels": [str],
    "n_damaged": int,
    "damage": [DAMAGE],
    "not_compared": [NOT_COMPARED],
    "repaired": [str],
}
FILE_HASH = {"n_bytes": int, "sha256": str}
BACKUP = {
    "path": str,
    "n_bytes": int,
    "made_at": str,
    "vault_id": str,
    "encrypted": bool,
    "schema_version": int,
    "files": {"vault.json": FILE_HASH, "vault.db": FILE_HASH},
    "content_sha256": TEXT_OR_NULL,
}

SURVIVAL: dict[str, tuple[list[str], Any]] = {
    "verify": (["verify"], VERIFY),
    "verify --quick": (["verify", "--quick"], VERIFY),
    "backup": (["backup", "new.pvbackup"], BACKUP),
    "restore": (
        ["restore", "vault.pvbackup", "--vault", "restored"],
        {
            "path": {"restored"},
            "vault_id": str,
            "encrypted": bool,
            "made_at": str,
            "n_messages": int,
            "content_sha256": str,
        },
    ),
    "restore --check": (["restore", "vault.pvbackup", "--check"], BACKUP),
    "forget": (
        ["forget", "--source", "1", "--yes"],
        {
            "kind": {"source"},
            "source_id": {1},
            "dry_run": {False},
            "removed": dict,
            "copies": [str],
            "snapshots": [str],
            "not_found": [{"kind": str, "path": str, "at": str, "n_quotes": int}],
        },
    ),
    "export": (
        ["export", "--format", "csv", "-o", "all.csv"],
        {
            "format": {"csv"},
            "path": {"all.csv"},
            "persona": TEXT_OR_NULL,
            "n_messages": int,
            "n_conversations": int,
            "n_left_out": dict,
            "n_persona_inputs": int,
            "n_inputs_left_out": dict,
            "noted": bool,
        },
    ),
}
