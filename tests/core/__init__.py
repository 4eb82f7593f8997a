"""Tests of xaitool.core."""
