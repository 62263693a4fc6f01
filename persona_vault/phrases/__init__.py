"""Words that appeared, vanished or changed their rate, from a vault's messages.

What is found here are words of the talk: it is asked for only where quotes are wanted.
"""

from persona_vault.phrases.find import add_phrases, find_phrases

__all__ = ["add_phrases", "find_phrases"]
