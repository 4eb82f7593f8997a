"""Tests of reading and writing artifacts."""
