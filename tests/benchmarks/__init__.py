"""Measured speed, always as a ratio against a named peer: ``python -m tests.benchmarks NAME``."""
