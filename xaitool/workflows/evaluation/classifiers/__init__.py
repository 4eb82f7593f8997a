"""Measures classifiers."""
