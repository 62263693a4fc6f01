"""Finding messages again: by words, by meaning, or by both; and what was spoken of.

The public names below are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from persona_vault.late import loader

if TYPE_CHECKING:
    from persona_vault.search.embed import EmbedReport, embed_messages
    from persona_vault.search.find import search_messages
    from persona_vault.search.hits import Hit, Line, SearchResult
    from persona_vault.search.meaning import load_index
    from persona_vault.search.similar import find_similar
    from persona_vault.search.topics import Topic, Topics, find_topics

__all__ = [
    "EmbedReport",
    "Hit",
    "Line",
    "SearchResult",
    "Topic",
    "Topics",
    "embed_messages",
    "find_similar",
    "find_topics",
    "load_index",
    "search_messages",
]

_MODULES = {
    "embed": ("EmbedReport", "embed_messages"),
    "find": ("search_messages",),
    "hits": ("Hit", "Line", "SearchResult"),
    "meaning": ("load_index",),
    "similar": ("find_similar",),
    "topics": ("Topic", "Topics", "find_topics"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__getattr__ = loader(__name__, _HOMES)
