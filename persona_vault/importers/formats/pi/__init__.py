"""Pi's signed takeout."""
