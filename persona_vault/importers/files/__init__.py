"""Bounded, streaming access to the bytes of an export, whatever they are."""
