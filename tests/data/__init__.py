"""Tests of the datasets and of image reading."""
