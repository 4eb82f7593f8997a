"""Tests of the pictures for people."""
