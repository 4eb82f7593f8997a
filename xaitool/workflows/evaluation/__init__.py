"""``evaluate``: a folder for each kind of artifact that is measured."""
