"""AMCF: ratings explained in aspects."""
