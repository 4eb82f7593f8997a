"""How good a classifier's predictions are."""
