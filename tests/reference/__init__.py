"""Independent, plain re-implementations that tests compare with."""
