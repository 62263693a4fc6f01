"""`info`: what the vault holds."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import print_json, print_text
from persona_vault.findings import plain


@click.command("info")
@with_common_options
def command() -> None:
    """Show companions, sources, counts, first and last date, and models seen."""
    with opened_vault() as vault:
        found = vault.info()
    if common().json:
        print_json(found)
        return
    for line in _lines(plain(found), ""):
        print_text(line)


def _lines(value: object, indent: str) -> list[str]:
    """A nested dict as indented lines, lists one entry a line."""
    lines = []
    if isinstance(value, dict):
        for key, entry in value.items():
            name = str(key).replace("_", " ")
            if isinstance(entry, dict | list) and entry:
                lines += [f"{indent}{name}:", *_lines(entry, indent + "  ")]
            else:
                shown = "none" if entry in (None, {}, []) else entry
                lines.append(f"{indent}{name}: {shown}")
    elif isinstance(value, list):
        for entry in value:
            if isinstance(entry, dict):
                first, *rest = _lines(entry, "")
                lines += [f"{indent}- {first}", *(f"{indent}  {r}" for r in rest)]
            else:
                lines.append(f"{indent}- {entry}")
    return lines
