"""Finding messages again: by words, by meaning, or by both."""

from persona_vault.search.embed import EmbedReport, embed_messages
from persona_vault.search.find import load_index, search_messages
from persona_vault.search.hits import Hit, Line, SearchResult

__all__ = [
    "EmbedReport",
    "Hit",
    "Line",
    "SearchResult",
    "embed_messages",
    "load_index",
    "search_messages",
]
