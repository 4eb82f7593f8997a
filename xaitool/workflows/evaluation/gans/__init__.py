"""Measures GANs, one by one and beside each other."""
