"""``train-classifier``: its recipe, its start, its augmentation."""
