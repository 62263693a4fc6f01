"""JSON Lines: a message to a line, with all that the vault knows of it.

To be read back by `importers.formats.own`. The keys, in this order:

- `persona_vault`: the version of the lines, 1.
- `persona`, `app`, `conversation` (the vendor's id of the thread), `title`, `group`,
  `threaded`, `default_models`: the conversation, the same on each of its lines.
- `role`, `speaker`, `text`, `kind`, `shown`, `flags`: as for `model.Message`.
- `sent_at` (ISO 8601, UTC) and `local_at` (without zone), null where unknown;
  `time_quality`; `zone`, in which `local_at` was placed, else null.
- `native_id`, `parent`: ids of the vendor, null where unknown.
- `models`, `default_models`: `{"value", "source", "part"}` each.
- `attachments`: `{"name", "media_type", "n_bytes", "sha256"}` each; no bytes.
- `other_texts`: words that the message had in other imports, oldest first.
- `message_id`, `conversation_id`, `position`, `sources`: numbers of this vault.
"""

import json
from typing import Any

from persona_vault.kits.base import Leaving, Talk
from persona_vault.plain import plain
from persona_vault.portable import FORMAT_KEY, FORMAT_VERSION, escaped
from persona_vault.store.outgoing import OutgoingMessage


class JsonlKit:
    """Text as UTF-8; controls and direction marks as JSON escapes."""

    name = "jsonl"
    one_persona = False

    def leave(self, talk: Talk) -> Leaving:
        """Every line; memory holds one."""
        return talk.leaving(map(_line, talk.messages()))


def _line(outgoing: OutgoingMessage) -> str:
    return f"{escaped(json.dumps(_object(outgoing), ensure_ascii=False))}\n"


def _object(outgoing: OutgoingMessage) -> dict[str, Any]:
    message, about = outgoing.message, outgoing.about
    return {
        FORMAT_KEY: FORMAT_VERSION,
        "persona": about.persona,
        "app": message.app,
        "conversation": message.conversation,
        "title": about.title,
        "group": about.group,
        "threaded": message.threaded,
        "role": message.role.value,
        "speaker": message.speaker,
        "sent_at": None if message.sent_at is None else message.sent_at.isoformat(),
        "local_at": message.local_at,
        "time_quality": message.time_quality.value,
        "zone": outgoing.zone,
        "text": message.text,
        "kind": message.kind,
        "shown": message.shown,
        "flags": list(message.flags),
        "native_id": message.native_id,
        "parent": outgoing.parent,
        "models": plain(message.models),
        "default_models": plain(about.default_models),
        "attachments": list(outgoing.attachments),
        "other_texts": list(outgoing.other_texts),
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "position": message.position,
        "sources": list(outgoing.sources),
    }
