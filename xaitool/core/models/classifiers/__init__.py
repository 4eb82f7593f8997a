"""Classifiers: the papers' networks and torchvision's."""
