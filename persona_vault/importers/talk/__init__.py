"""What many formats share: who speaks, when, and in which order."""
