"""Estimates, intervals and correlations that metrics share."""
