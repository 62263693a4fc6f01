"""Claude's data export."""
