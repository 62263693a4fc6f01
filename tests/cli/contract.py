"""What `--json` promises: for each call the keys of its object and their types."""

from typing import Any

from persona_vault.findings import RowVerdict, Verdict
from persona_vault.model import Role, TimeQuality
from tests.cli.conftest import UPDATE_DAY
from tests.cli.contract_survival import SURVIVAL
from tests.cli.shape import NUMBER, TEXT_OR_NULL

NUMBER_OR_NULL = (*NUMBER, type(None))
OBJECT_OR_NULL = (dict, type(None))

MESSAGE = {
    "id": int,
    "conversation_id": int,
    "conversation": str,
    "native_id": TEXT_OR_NULL,
    "role": {role.value for role in Role},
    "speaker": str,
    "text": str,
    "sent_at": TEXT_OR_NULL,
    "local_at": TEXT_OR_NULL,
    "time_quality": {quality.value for quality in TimeQuality},
    "shown": bool,
}
LINE = {"message_id": int, "native_id": TEXT_OR_NULL, "role": str, "text": str}
HIT = {
    "rank": int,
    "score": NUMBER,
    "score_kind": {"bm25", "cosine", "rrf"},
    "message_id": int,
    "native_id": TEXT_OR_NULL,
    "conversation": str,
    "role": {"user", "persona", "system"},
    "sent_at": TEXT_OR_NULL,
    "text": str,
    "before": [LINE],
    "after": [LINE],
}
SEARCH = {
    "query": str,
    "mode": {"hybrid", "semantic", "keyword"},
    "hits": [HIT],
    "warnings": [str],
}
ACCOUNT = {
    "native_id": str,
    "title": str,
    "n_read": int,
    "n_added": int,
    "n_duplicate": int,
    "n_revised": int,
    "n_ignored": int,
    "ignored": dict,
    "n_issues": int,
    "issues": [{"where": str, "reason": str}],
    "n_hidden": int,
    "n_regenerated": int,
    "first_at": TEXT_OR_NULL,
    "last_at": TEXT_OR_NULL,
    "time_quality": dict,
    "share_model_observed": NUMBER_OR_NULL,
    "gaps": [{"since": str, "until": str, "n_days": int}],
}
IMPORT = {
    "source": {"name": str, "sha256": str, "importer": str, "importer_version": int},
    "n_read": int,
    "n_added": int,
    "n_duplicate": int,
    "n_revised": int,
    "n_ignored": int,
    "ignored": dict,
    "n_issues": int,
    "issues": [{"where": str, "reason": str}],
    "n_conversations": int,
    "n_messages_added": int,
    "n_persona_inputs": int,
    "n_hidden": int,
    "n_regenerated": int,
    "first_at": TEXT_OR_NULL,
    "last_at": TEXT_OR_NULL,
    "time_quality": dict,
    "models": dict,
    "share_model_observed": NUMBER_OR_NULL,
    "gaps": [{"since": str, "until": str, "n_days": int}],
    "flags": dict,
    "attachments": {"n_named": int, "n_found": int, "n_kept": int},
    "missing_files": [str],
    "facts": [{"name": str, "value": str, "where": str}],
    "conversations": [ACCOUNT],
    "warnings": [str],
    "embedded": OBJECT_OR_NULL,
}
PERSONA = {
    "id": int,
    "name": str,
    "pronoun": str,
    "user_names": [str],
    "own_names": [str],
}
EVENT = {
    "id": int,
    "at": str,
    "kind": str,
    "title": str,
    "precision": {"day", "month", "exact"},
    "source": str,
    "persona": TEXT_OR_NULL,
}
ESTIMATE = {
    "value": NUMBER_OR_NULL,
    "low": NUMBER_OR_NULL,
    "high": NUMBER_OR_NULL,
    "n_messages": int,
    "n_blocks": int,
}
QUOTE = {
    "message_id": int,
    "native_id": TEXT_OR_NULL,
    "sent_at": TEXT_OR_NULL,
    "text": str,
}
ROW = {
    "dimension": str,
    "family": str,
    "title": str,
    "unit": str,
    "headline": bool,
    "before": ESTIMATE,
    "after": ESTIMATE,
    "delta": {"value": NUMBER_OR_NULL, "low": NUMBER_OR_NULL, "high": NUMBER_OR_NULL},
    "effect_size": NUMBER_OR_NULL,
    "own_sd_multiple": NUMBER_OR_NULL,
    "p": NUMBER_OR_NULL,
    "q": NUMBER_OR_NULL,
    "verdict": {verdict.value for verdict in RowVerdict},
    "direction": {"up", "down", "none"},
    "smallest_visible": NUMBER_OR_NULL,
    "adjusted": OBJECT_OR_NULL,
    "trend": OBJECT_OR_NULL,
    "placebo": OBJECT_OR_NULL,
    "matched": OBJECT_OR_NULL,
    "evidence": [
        {
            "before": OBJECT_OR_NULL,
            "after": OBJECT_OR_NULL,
            "similarity": NUMBER_OR_NULL,
        }
    ],
    "counter_example": OBJECT_OR_NULL,
}
SIDE = {
    "since": TEXT_OR_NULL,
    "until": TEXT_OR_NULL,
    "n_messages": int,
    "n_user_messages": int,
    "n_blocks": int,
}
DIFF = {
    "format": {"persona-diff"},
    "format_version": {1},
    "persona": str,
    "before": SIDE,
    "after": SIDE,
    "verdict": {verdict.value for verdict in Verdict},
    "summary": str,
    "continuity": OBJECT_OR_NULL,
    "drift_multiple": OBJECT_OR_NULL,
    "changes": [ROW],
    "user_changes": [ROW],
    "families": [
        {
            "family": str,
            "n_rows": int,
            "p": NUMBER_OR_NULL,
            "p_adjusted": NUMBER_OR_NULL,
            "verdict": {verdict.value for verdict in RowVerdict},
            "stands_out": bool,
        }
    ],
    "user_side_auc": NUMBER_OR_NULL,
    "phrases": {
        "new": list,
        "lost": list,
        "changed": list,
        "user_seeded": list,
        "novelty": dict,
    },
    "facts": list,
    "languages": dict,
    "mixture": OBJECT_OR_NULL,
    "coincides_with": [EVENT],
    "prompt": OBJECT_OR_NULL,
    "excluded": dict,
    "read": dict,
    "timeline": list,
    "method": dict,
}
SNAPSHOT = {
    "file": str,
    "n_messages": int,
    "n_user_messages": int,
    "n_blocks": int,
    "n_quotes": int,
    "excluded": dict,
}
INFO = {
    "path": str,
    "vault_id": str,
    "encrypted": bool,
    "zone": TEXT_OR_NULL,
    "personas": [{"name": str, "n_messages": int, "n_replies": int}],
    "sources": [{"id": int, "name": str, "importer": str, "imported_at": str}],
    "n_conversations": int,
    "n_messages": int,
    "n_shown": int,
    "first_at": TEXT_OR_NULL,
    "last_at": TEXT_OR_NULL,
    "models": dict,
    "vectors": dict,
    "n_not_embedded": int,
}
CONVERSATION = {
    "id": int,
    "persona": str,
    "app": str,
    "native_id": str,
    "title": str,
    "group": str,
    "n_messages": int,
    "first_at": TEXT_OR_NULL,
    "last_at": TEXT_OR_NULL,
    "ledgers": [{"source_id": int, **ACCOUNT}],
}
SOURCE = {
    "id": int,
    "name": str,
    "sha256": str,
    "importer": str,
    "persona": str,
    "imported_at": str,
    "ledger": dict,
}
LISTED = {
    "native_id": str,
    "title": str,
    "group": str,
    "n_messages": int,
    "first_at": TEXT_OR_NULL,
    "last_at": TEXT_OR_NULL,
    "models": dict,
}

# Command lines in a home with the small talk in its vault.
SLOTS = {
    "slots": [
        {
            "id": str,
            "kind": {"passphrase", "recovery", "keyring"},
            "created_at": str,
            "cost": OBJECT_OR_NULL,
        }
    ]
}
LOCKED = ["--vault", "locked", "--passphrase-file", "right.txt"]
CONTRACT: dict[str, tuple[list[str], Any]] = {
    "init": (
        ["init", "--plain", "--vault", "new"],
        {
            "vault": {"new"},
            "vault_id": str,
            "encrypted": {False},
            "has_recovery_code": {False},
            "recovery_file": TEXT_OR_NULL,
            "timezone": TEXT_OR_NULL,
        },
    ),
    "zone": (["zone"], {"timezone": {"Europe/Berlin"}}),
    "zone changed": (
        ["zone", "Asia/Tokyo"],
        {
            "timezone": {"Asia/Tokyo"},
            "before": {"Europe/Berlin"},
            "n_placed": int,
            "n_ambiguous": int,
            "n_conversations": int,
        },
    ),
    "import": (["import", "replika.csv", "--persona", "Wren", "--no-embed"], IMPORT),
    "import several": (
        ["import", "replika.csv", "talk.jsonl", "--persona", "Wren", "--no-embed"],
        {"sources": [{k: v for k, v in IMPORT.items() if k != "embedded"}]},
    ),
    "import --list": (["import", "chatgpt.zip", "--list"], {"conversations": [LISTED]}),
    "describe": (
        ["describe", "replika.csv"],
        {
            "format": {"export-description"},
            "format_version": int,
            "name": str,
            "kind": {"file", "zip", "folder"},
            "n_bytes": int,
            "n_files": int,
            "recognised_as": [str],
            "skipped": dict,
            "files": [{"name": str, "n_files": int, "described": [{"type": str}]}],
            "n_files_not_described": int,
        },
    ),
    "info": (["info"], INFO),
    "conversations": (["conversations"], {"conversations": [CONVERSATION]}),
    "sources": (["sources"], {"sources": [SOURCE]}),
    "persona": (["persona"], {"personas": [PERSONA]}),
    "persona list": (["persona", "list"], {"personas": [PERSONA]}),
    "persona set": (["persona", "set", "Juniper", "--me", "Sam"], PERSONA),
    "persona move": (
        ["persona", "move", "1", "2", "--to", "Wren"],
        {"moved": [int], "to": {"Wren"}},
    ),
    "persona join": (
        ["persona", "join", "Juniper", "Robin"],
        {
            "joined": {"Juniper"},
            "into": {"Robin"},
            "n_conversations": int,
            "n_merged": int,
            "n_messages": int,
            "n_same": int,
            "n_sources": int,
        },
    ),
    "persona split": (
        ["persona", "split", "Juniper", "--speaker", "persona", "--to", "Wren"],
        {"speaker": str, "to": {"Wren"}, "n_conversations": int, "n_shared": int},
    ),
    "read": (
        ["read", "1"],
        {"conversation_id": int, "persona": str, "title": str, "messages": [MESSAGE]},
    ),
    "search": (["search", "garden"], SEARCH),
    "search semantic": (["search", "garden", "--mode", "semantic"], SEARCH),
    "search keyword": (["search", "garden", "--mode", "keyword"], SEARCH),
    "similar": (["similar", "5"], SEARCH),
    "topics": (
        ["topics", "-n", "4"],
        {
            "topics": [
                {
                    "id": int,
                    "key": str,
                    "words": [str],
                    "n_messages": int,
                    "share": NUMBER,
                    "n_conversations": int,
                    "first_at": TEXT_OR_NULL,
                    "last_at": TEXT_OR_NULL,
                    "months": [{"month": str, "n_messages": int, "share": NUMBER}],
                    "messages": [LINE],
                }
            ],
            "n_messages": int,
            "n_short": int,
            "n_not_embedded": int,
            "model_id": str,
            "steadiness": NUMBER_OR_NULL,
            "note": str,
        },
    ),
    "show": (
        ["show", "5", "--context", "1"],
        {"message": MESSAGE, "before": [MESSAGE], "after": [MESSAGE]},
    ),
    "attachments": (
        ["attachments", "5"],
        {
            "attachments": [
                {
                    "id": int,
                    "name": str,
                    "media_type": str,
                    "n_bytes": (int, type(None)),
                    "sha256": TEXT_OR_NULL,
                    "kept": bool,
                    "file": TEXT_OR_NULL,
                }
            ]
        },
    ),
    "embed": (
        ["embed"],
        {
            "n_embedded": int,
            "n_reused": int,
            "n_left": {0},
            "model_id": str,
            "warnings": [str],
        },
    ),
    "events": (["events"], {"events": [EVENT]}),
    "events list": (["events", "list"], {"events": [EVENT]}),
    "events add": (["events", "add", "Update", "--at", UPDATE_DAY], EVENT),
    "events edit": (["events", "edit", "1", "--title", "Later"], EVENT),
    "events suggest": (
        ["events", "suggest"],
        {"suggestions": list, "kept": list},
    ),
    "changes": (
        ["changes"],
        {
            "persona": {"Juniper"},
            "known_dates": list,
            "change_points": list,
            "gradual": bool,
            "gradual_since": TEXT_OR_NULL,
            "gradual_until": TEXT_OR_NULL,
            "maybe_gradual": bool,
            "p": float,
            "n_blocks": int,
            "n_messages": int,
            "note": str,
            "method": dict,
        },
    ),
    "events remove": (["events", "remove", "1"], {"removed": {1}}),
    "snapshot": (["snapshot", "-o", "all.pvs"], SNAPSHOT),
    "diff": (["diff", "--at", UPDATE_DAY], DIFF),
    "report": (
        ["report", "--at", UPDATE_DAY, "-o", "report.html"],
        {
            "file": {"report.html"},
            "verdict": {verdict.value for verdict in Verdict},
            "summary": str,
        },
    ),
    "report json": (
        ["report", "--at", UPDATE_DAY, "--format", "json", "-o", "-"],
        DIFF,
    ),
    "mark": (
        ["mark", "2"],
        {
            "message_id": {2},
            "hits": [{"row": str, "title": str, "words": [str], "marked": bool}],
        },
    ),
    "mark list": (["mark", "--list"], {"marked": list}),
    "reimport": (
        ["reimport", "--all"],
        {
            "sources": [
                {
                    "source_id": int,
                    "name": str,
                    "importer": str,
                    "version_before": int,
                    "version": (int, type(None)),
                    "n_records": int,
                    "n_changed": int,
                    "n_same": int,
                    "n_left": int,
                    "reason": str,
                }
            ]
        },
    ),
    "key": (["key", *LOCKED], SLOTS),
    "key list": (["key", "list", *LOCKED], SLOTS),
    "key passphrase": (
        ["key", "passphrase", "--new-passphrase-file", "new.txt", *LOCKED],
        SLOTS,
    ),
    "key recovery": (
        ["key", "recovery", "--recovery-file", "code.txt", *LOCKED],
        SLOTS,
    ),
    "rekey": (
        ["rekey", "--recovery-file", "code.txt", *LOCKED],
        {
            "n_bytes": int,
            "seconds": NUMBER,
            "dropped": [str],
            "n_copies_removed": int,
            **SLOTS,
        },
    ),
    **SURVIVAL,
}
