"""Replika: backups, raw objects, the research copy, the extension."""
