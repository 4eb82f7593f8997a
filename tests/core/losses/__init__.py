"""Tests of xaitool.core.losses."""
