"""One file a registered dataset."""
