"""`embed`: make messages findable by meaning."""

import click

from persona_vault.cli._languages import language_warnings
from persona_vault.cli._options import common, opened_vault, with_common_options
from persona_vault.cli._output import print_json, print_text, progress, warn


@click.command("embed", short_help="Make messages findable by meaning")
@click.option(
    "--embedder",
    metavar="MODEL",
    help="Folder of a sentence-transformers model, or the id of one on this disk",
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    metavar="N",
    help="Processor threads to use; 1 beside other busy programs",
)
@with_common_options
def command(embedder: str | None, threads: int | None) -> None:
    """Embed what is not yet embedded; can be stopped at any time and goes on later.

    A new model is made ready beside the one in use: searches keep to that one until
    the new one has read everything.
    """
    from persona_vault.search import embed_messages
    from persona_vault.search.embed import choose_embedder
    from persona_vault.snapshot.own_rows import embed_for_own_rows
    from persona_vault.snapshot.sentences import embed_said

    with opened_vault() as vault:
        model = choose_embedder(vault, embedder, threads=threads)
        warnings = language_warnings(vault, model)  # before hours of work, not after
        if not common().json:
            for text in warnings:
                warn(text)
        found = embed_messages(vault, model, progress=progress("Embedding", timed=True))
        # Comparisons allow for what the user said, and read it without its answer.
        counter = progress("Embedding for comparisons", timed=True)
        embed_said(vault, model, progress=counter)
        embed_for_own_rows(vault, model, progress=counter)
    if common().json:
        print_json(found.to_dict() | {"warnings": warnings})
    else:
        print_text(
            f"Embedded {found.n_embedded:,} texts with {found.model_id}; "
            f"{found.n_left:,} are left."
        )
