"""Names in one normal form."""

from __future__ import annotations

from xaitool.data.names import normal_form


def test_two_spellings_are_one_name() -> None:
    assert normal_form("cafe\u0301") == normal_form("caf\u00e9") == "caf\u00e9"
    assert normal_form("plain") == "plain"


def test_what_only_looks_alike_stays_apart() -> None:
    # Form KC would make one of these.
    assert normal_form("\ufb01sh") == "\ufb01sh"
    assert normal_form("\u0410") != normal_form("A")
