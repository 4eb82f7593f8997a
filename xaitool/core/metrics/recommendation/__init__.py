"""How good ratings, rankings and their reasons are."""
