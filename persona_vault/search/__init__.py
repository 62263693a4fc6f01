"""Finding messages again: by words, by meaning, or by both."""

from persona_vault.search.embed import EmbedReport, embed_messages
from persona_vault.search.find import search_messages
from persona_vault.search.hits import Hit, Line, SearchResult
from persona_vault.search.meaning import load_index

__all__ = [
    "EmbedReport",
    "Hit",
    "Line",
    "SearchResult",
    "embed_messages",
    "load_index",
    "search_messages",
]
