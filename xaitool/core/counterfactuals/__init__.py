"""Ways from an image to what it would be with another sensitive attribute."""
