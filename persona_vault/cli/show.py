"""`show`: a message where it stands."""

import click

from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import print_json, print_text
from persona_vault.cli.read import message_text


@click.command("show", short_help="Show a message where it stands")
@click.argument("message_id", type=int)
@click.option(
    "--context",
    type=click.IntRange(0),
    metavar="N",
    default=10,
    show_default=True,
    help="Messages on either side",
)
@with_common_options
def command(message_id: int, context: int) -> None:
    """Show a message with those around it.

    The id is that of `persona-vault search` and `persona-vault read`.
    """
    with opened_vault() as vault:
        message = vault.message(message_id)
        before, after = vault.around(message_id, before=context, after=context)
        known = {c.id: c.persona for c in vault.conversations()}
    if common().json:
        print_json({"message": message, "before": before, "after": after})
        return
    persona = known[message.conversation_id]
    texts = [message_text(m, persona) for m in (*before, message, *after)]
    here = len(before)
    texts[here] = f">>> {texts[here]}"
    print_text("\n\n".join(texts))
