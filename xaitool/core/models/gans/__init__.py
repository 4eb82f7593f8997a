"""Networks of GANs, and the ranges of their images."""
