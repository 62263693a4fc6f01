"""Importers -> store: one file in, one ledger out."""

from persona_vault.ingest.ledger import ImportReport
from persona_vault.ingest.listing import ConversationListing, list_conversations
from persona_vault.ingest.run import import_file

__all__ = [
    "ConversationListing",
    "ImportReport",
    "import_file",
    "list_conversations",
]
