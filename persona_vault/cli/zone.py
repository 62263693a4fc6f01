"""`zone`: the vault's time zone, shown or changed."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import note, print_json, print_text


@click.command("zone", short_help="Show or change the vault's time zone")
@click.argument("zone", required=False)
@with_common_options
def command(zone: str | None) -> None:
    """Show the vault's time zone, or change it to ZONE, such as Europe/Berlin.

    Dates you type are read in it. Messages whose times name no zone, and for whose
    import none was named with --timezone, are placed anew.
    """
    with opened_vault() as vault:
        if zone is None:
            found = {"timezone": vault.zone}
            text = vault.zone or "No zone is set; dates are read in UTC."
        else:
            from persona_vault.ingest.zones import change_zone

            changed = change_zone(vault, zone)
            found = changed.to_dict()
            text = f"The vault's time zone is {changed.timezone}."
            n = changed.n_placed
            if n:
                messages = "message was" if n == 1 else "messages were"
                text += f" {n:,} {messages} placed by it."
    if common().json:
        print_json(found)
        return
    print_text(text)
    if zone is not None and found["n_ambiguous"]:
        note(
            f"{found['n_ambiguous']:,} of them fall in an hour in which the clocks"
            " changed, and may be off by that change."
        )
