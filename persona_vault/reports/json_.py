"""The comparison as JSON; `diff --json` prints these very bytes."""

import json

from persona_vault.findings import PersonaDiff


def dump_diff(diff: PersonaDiff) -> str:
    """One JSON object with a line break at its end, in ASCII.

    ASCII, so that no control or direction mark from a chat reaches a terminal and a
    lone surrogate can be written.
    """
    return json.dumps(diff.to_dict(), indent=2, allow_nan=False) + "\n"


class JsonReport:
    """Everything the comparison holds, for other programs."""

    name = "json"
    suffix = ".json"

    def render(self, diff: PersonaDiff) -> str:
        """See `dump_diff`."""
        return dump_diff(diff)
