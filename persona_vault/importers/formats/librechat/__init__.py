"""LibreChat's exported conversations."""
