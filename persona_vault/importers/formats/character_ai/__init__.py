"""Character.AI: pages of turns, dumps, saved pages."""
