"""Tests of what TAB does."""
