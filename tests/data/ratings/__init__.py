"""Tests of the rating data sets."""
