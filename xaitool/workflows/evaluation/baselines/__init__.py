"""Measures baselines of another class."""
