from __future__ import annotations

from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from xaitool.data.ratings.values import decimals, is_date, is_decimal, is_time, seconds


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_of_a_number_is_one(number: float):
    assert decimals([repr(number)]).tolist() == [number]
    assert is_decimal(repr(number))


@given(st.text("0123456789+-.eE_xn", max_size=6))
def test_a_text_is_a_decimal_alone_as_it_is_among_others(text: str):
    try:
        decimals(["1", text])
    except ValueError:
        assert not is_decimal(text)
    else:
        assert is_decimal(text)


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "-Infinity", "1_000", "0x10", "٣", "1 2", "1,5"]
)
def test_what_is_no_plain_decimal(text: str):
    assert not is_decimal(text)
    with pytest.raises(ValueError, match=r".*"):
        decimals([text])


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_seconds_are_exact_also_beside_fractions(second: int):
    assert seconds([str(second), "1.5"], dates=False).tolist() == [second, 1]


@given(st.datetimes())
def test_dates_are_seconds_since_1970(time):
    # In whole numbers: a float has no room for the microseconds of far centuries.
    expected = (time - type(time)(1970, 1, 1)) // timedelta(seconds=1)
    for text in (time.isoformat(), time.isoformat(" "), f"{time.isoformat()}Z"):
        assert is_date(text)
        assert seconds([text], dates=True).tolist() == [expected]


@pytest.mark.parametrize("text", ["", "2004", "20040131", "2004-02-30", "2004-01-31 25:00", "now"])
def test_what_is_no_date(text: str):
    assert not is_time(text, dates=True)


@pytest.mark.parametrize("text", ["", "1e999", "nan", "9223372036854775808", "2004-01-31"])
def test_what_are_no_seconds(text: str):
    assert not is_time(text, dates=False)
