"""Kindroid: the read API and the programs that save it."""
