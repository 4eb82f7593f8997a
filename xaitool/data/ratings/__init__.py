"""Ratings of items that have aspects: MovieLens, Yahoo! Movies, a user's own, planted ones."""
