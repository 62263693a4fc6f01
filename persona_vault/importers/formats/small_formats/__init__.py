"""Small formats without times, from one table."""
