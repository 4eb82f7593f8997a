"""Measures attribution files, and the explanations of a classifier."""
