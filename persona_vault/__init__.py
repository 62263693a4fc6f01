"""An archive of talks with an AI companion, and an instrument for change."""

__version__ = "0.1.0"
