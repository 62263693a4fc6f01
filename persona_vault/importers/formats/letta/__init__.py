"""Letta's agent files."""
