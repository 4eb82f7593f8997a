"""Tests of counterfactual paths."""
