"""How a classifier stands attacks."""
