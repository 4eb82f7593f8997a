"""A model as it is while it is explained: untouched, frozen, and called in one way."""
