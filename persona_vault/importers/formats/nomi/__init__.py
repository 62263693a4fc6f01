"""Nomi: NomiVault and Nomi Manager."""
