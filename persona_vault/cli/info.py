"""`info`: what the vault holds."""

from datetime import datetime
from typing import Any

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import day, one_line, print_json, print_text, wrapped

_MOST_MODELS = 8


@click.command("info", short_help="What the vault holds")
@with_common_options
def command() -> None:
    """Show companions, sources, counts, first and last date, and models seen."""
    with opened_vault() as vault:
        found = vault.info()
    if common().json:
        print_json(found)
        return
    for label, text in _facts(found):
        head, *rest = wrapped(one_line(text), " " * 13).splitlines()
        print_text("\n".join([f"{label:<13}{head.lstrip()}", *rest]))
    _print_list("Companions", [_companion(p) for p in found["personas"]])
    _print_list("Sources", [_source(s) for s in found["sources"]])
    if not found["sources"]:
        print_text("Nothing is imported yet; see `persona-vault import --help`.")


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    kind = "encrypted" if found["encrypted"] else "not encrypted"
    facts = [
        ("Vault", f"{found['path']} ({kind})"),
        ("Time zone", found["zone"] or "not set; dates are read in UTC"),
    ]
    if found["copies"]:
        facts.append(
            (
                "Older copies",
                f"{', '.join(found['copies'])}, made before an upgrade; remove them"
                " once you no longer need them",
            )
        )
    if not found["n_messages"]:
        return facts
    facts.append(("Messages", f"{found['n_shown']:,}{_where_and_when(found)}"))
    hidden = found["n_messages"] - found["n_shown"]
    if hidden:
        facts.append(("Kept beside", f"{hidden:,} regenerated or hidden messages"))
    if found["n_revisions"]:
        facts.append(("Edits", f"{found['n_revisions']:,} earlier texts are kept"))
    if found["n_persona_inputs"]:
        facts.append(
            ("Instructions", f"{found['n_persona_inputs']:,} (memories and the like)")
        )
    if found["models"]:
        facts.append(("Models named", _models(found["models"])))
    facts.append(("Embedded", _embedded(found)))
    if found["n_events"]:
        facts.append(("Events", f"{found['n_events']:,}"))
    return facts


def _where_and_when(found: dict[str, Any]) -> str:
    n = found["n_conversations"]
    first, last = _date(found["first_at"]), _date(found["last_at"])
    span = f"{first} to {last}" if first else "without dates"
    return f" in {n:,} {'conversation' if n == 1 else 'conversations'}, {span}"


def _date(text: str | None) -> str:
    return day(datetime.fromisoformat(text)) if text else ""


def _models(models: dict[str, int]) -> str:
    named = [f"{name} ({n:,})" for name, n in models.items()]
    more = len(named) - _MOST_MODELS
    return ", ".join(named[:_MOST_MODELS]) + (f", {more:,} more" if more > 0 else "")


def _embedded(found: dict[str, Any]) -> str:
    left = found["n_not_embedded"]
    by_size = sorted(found["vectors"].items(), key=lambda pair: -pair[1])
    if not by_size:
        return "nothing yet; `persona-vault embed` makes messages findable by meaning"
    models = by_size[0][0]
    if len(by_size) > 1:
        models += "; " + ", ".join(f"{n:,} texts with {m} too" for m, n in by_size[1:])
    if left:
        return f"all but {left:,} messages, with {models}; see `persona-vault embed`"
    return f"everything, with {models}"


def _companion(row: dict[str, Any]) -> str:
    if not row["n_messages"]:
        return f"{row['name']}: no message"
    counts = f"{row['n_messages']:,} messages ({row['n_replies']:,} replies)"
    return f"{row['name']}: {counts}{_where_and_when(row)}"


def _source(row: dict[str, Any]) -> str:
    return (
        f"{row['id']}: {row['name']}, read as {row['importer']} for {row['persona']}"
        f" on {_date(row['imported_at'])}"
    )


def _print_list(title: str, lines: list[str]) -> None:
    if lines:
        print_text(title)
    for line in lines:
        head, *rest = wrapped(one_line(line), " " * 4).splitlines()
        print_text("\n".join([f"  {head.lstrip()}", *rest]))
