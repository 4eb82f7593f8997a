"""Atomic writes, checkpoints, attribution files, metric logs, provenance."""
