"""How good attributions and baselines are."""
