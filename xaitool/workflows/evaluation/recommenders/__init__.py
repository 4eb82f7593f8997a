"""Measures recommenders by folds of their ratings."""
