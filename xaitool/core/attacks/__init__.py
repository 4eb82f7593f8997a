"""Attacks: images that a classifier gets wrong, close to those that it gets right."""
