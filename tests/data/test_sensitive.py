"""What needs sensitive attributes says why, and what to give."""

from __future__ import annotations

import pytest

from tests.data.test_attribute_roles import in_memory
from xaitool.data.load import load_dataset
from xaitool.data.sensitive import require_sensitive
from xaitool.errors import DataError


def test_what_wants_one_says_so():
    assert list(require_sensitive(in_memory(), "--method cgi")) == ["colour"]
    with pytest.raises(DataError) as caught:
        require_sensitive(in_memory(sensitive=(), label="size"), "--method cgi")
    assert str(caught.value) == "dataset 't' has no sensitive attribute, but --method cgi wants one"
    assert caught.value.hint == "--sensitive NAME, one of: colour, place, still"
    with pytest.raises(DataError) as caught:
        require_sensitive(load_dataset("digits", "test"), "cia")
    assert "biased-mnist" in str(caught.value.hint)


def test_one_that_never_varies_in_training_is_refused():
    still = in_memory(sensitive=("still",))
    with pytest.raises(DataError, match="'still' of dataset 't' has the value yes only, but cia"):
        require_sensitive(still, "cia")
    still.split = "test"
    assert list(require_sensitive(still, "cia")) == ["still"]
