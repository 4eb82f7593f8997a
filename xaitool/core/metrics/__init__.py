"""Metrics: pure functions and streaming accumulators."""
