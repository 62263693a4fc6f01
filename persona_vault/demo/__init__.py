"""An invented companion's talk with known changes planted in it; nobody's diary."""

from persona_vault.demo.null import NullWorld, TalkShape, generate_null
from persona_vault.demo.world import DemoWorld, Move, generate

__all__ = ["DemoWorld", "Move", "NullWorld", "TalkShape", "generate", "generate_null"]
