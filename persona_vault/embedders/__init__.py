"""Embedding models: the packaged default, a folder, one on disk already, or hashing."""

from persona_vault.embedders.base import Embedder

DEFAULT = "default"
HASHING = "hashing"

__all__ = ["DEFAULT", "HASHING", "Embedder", "load_embedder"]


def load_embedder(spec: str | None = None, *, threads: int | None = None) -> Embedder:
    """The embedder of that name; the model itself is read at the first `encode`.

    Args:
        spec: None or "default" for the packaged model, "hashing" for the one without
            a model, else a folder, else the hub id of a model already on this disk.
        threads: As for `SentenceEmbedder`.

    Raises:
        NoModelError: It is not on this machine, or is not the one expected.
    """
    if spec == HASHING:
        from persona_vault.embedders.hashing import HashingEmbedder  # noqa: PLC0415

        return HashingEmbedder()
    # Only now: search by words alone must not pay for any of this.
    from persona_vault.embedders.sentence import SentenceEmbedder  # noqa: PLC0415

    return SentenceEmbedder(None if spec in (None, DEFAULT) else spec, threads=threads)
