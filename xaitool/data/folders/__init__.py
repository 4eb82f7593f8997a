"""How a folder of pictures is read: splits, classes, attributes."""
