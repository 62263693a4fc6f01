"""Gemini's activity log from Takeout."""
