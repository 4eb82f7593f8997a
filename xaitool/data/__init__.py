"""Datasets, image reading and where data lies."""
