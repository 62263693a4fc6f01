"""`describe`: what an unknown export is made of, without a word of its content."""

from pathlib import Path
from typing import Any

import click

from persona_vault.cli._options import common, with_common_options
from persona_vault.cli._output import note, one_line, print_json, print_text


@click.command("describe", short_help="Show the shape of an export, not its content")
@click.argument("path", metavar="PATH")
@with_common_options
def command(path: str) -> None:
    """Show keys, types, counts and date forms of a file, zip or folder.

    No message, name or id is shown: words that programs use are, all others are
    folded to <word>, <text>, <id> or <n>. The result can be pasted into a report
    about an export that cannot be read. No vault is needed.
    """
    from persona_vault.importers.describing.describe import describe

    found = describe(Path(path))
    if common().json:
        print_json(found)
        return
    _print(found)
    note("Only words that programs use, forms and counts are in this description.")


def _print(found: dict[str, Any]) -> None:
    names = ", ".join(found["recognised_as"]) or "no known format"
    print_text(
        one_line(
            f"{found['name']}: {found['kind']}, {found['n_bytes']:,} bytes,"
            f" {_count(found['n_files'], 'file')}, recognised as {names}"
        )
    )
    for reason, n in found["skipped"].items():
        print_text(one_line(f"  {_count(n, 'file')} never opened: {reason}"))
    for each in found["files"]:
        _print_file(each)
    if found["n_files_not_described"]:
        print_text(f"{_count(found['n_files_not_described'], 'more file')}")


def _print_file(each: dict[str, Any]) -> None:
    low, high = each["n_bytes"]
    size = f"{low:,} bytes" if low == high else f"{low:,} to {high:,} bytes"
    print_text()
    print_text(one_line(f"{each['name']}: {_count(each['n_files'], 'file')}, {size}"))
    for facts in each["described"]:
        told = [f"{key} {_short(value)}" for key, value in facts.items()]
        print_text(one_line(f"  {'; '.join(told)}"))
    for field in each.get("fields", []):
        print_text(one_line(f"  {field['path']}  {_field(field)}"))
    if each.get("n_fields_not_shown"):
        print_text(f"  {_count(each['n_fields_not_shown'], 'more field')}")


def _field(field: dict[str, Any]) -> str:
    parts = [_short(field["types"])]
    for key, words in (("length", "characters"), ("entries", "entries")):
        if key in field:
            low, high = field[key]
            span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
            parts.append(f"{span} {words}")
    if "words" in field:
        parts.append(_short(field["words"]))
    elif "forms" in field:
        parts.append(_short(field["forms"]))
    return "; ".join(parts)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        pairs = [f"{key} {_short(each)}" for key, each in value.items()]
        return ", ".join(pairs) or "none"
    if isinstance(value, list):
        return " | ".join(_short(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
