"""Two kinds of replies in one period, what sets them off, replies that come back."""

from persona_vault.mixture.found import add_mixture, mixture_of
from persona_vault.mixture.replies import Reply, read_replies

__all__ = ["Reply", "add_mixture", "mixture_of", "read_replies"]
