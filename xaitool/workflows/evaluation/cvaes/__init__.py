"""Measures CVAEs."""
