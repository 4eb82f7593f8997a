from typing import Any

import pytest

from xaitool.workflows.recommenders.bars import as_figure, as_text

RECORD: dict[str, Any] = {
    "user": "65",
    "item": "120",
    "title": "Twister (1996)",
    "rating": 5.0,
    "raw": 5.25,
    "mean": 3.5,
    "user_bias": 1.5,
    "item_bias": -0.25,
    "interest": 0.5,
    "unexplained": 0.2,
    "explained_share": 0.254,
    "rated": 4.0,
    "aspects": {"War": 0.4, "Action": -0.1},
    "shares": {"War": 0.8, "Action": -0.2},
}


class Plain:
    width = 100

    def can_show(self, text):
        return True

    def paint(self, text, positive):
        return text


def names(lines):
    return [line.split()[0] for line in lines if "│" in line]


def test_a_paragraph():
    lines = list(as_text([RECORD], False, Plain()))
    assert lines[0] == "user 65, item 120: Twister (1996)"
    assert lines[1] == (
        "rating 5.00 (rated 4), 5.25 before clipping, = "
        "mean 3.50 + user 1.50 - item 0.25 + interest 0.50"
    )
    assert names(lines) == ["War", "Action", "unexplained"]
    assert [line.split()[-1] for line in lines[2:5]] == ["+0.400", "-0.100", "+0.200"]
    assert lines[5] == "  the item's aspects span 25% of its vector"


def test_long_lines_are_broken():
    narrow = Plain()
    narrow.width = 60
    lines = list(as_text([RECORD | {"title": "Twister " * 30}], False, narrow))
    assert max(map(len, lines)) <= 60
    assert all(line.startswith("  ") for line in lines[1:4])
    assert lines[-5].endswith("interest 0.50")


def test_shares_have_no_rest():
    lines = list(as_text([RECORD], True, Plain()))
    assert names(lines) == ["War", "Action"]
    assert lines[2].split()[-1] == "+0.800"


def test_several_are_to_one_scale_and_in_one_order():
    other = RECORD | {"user": "7", "rated": None, "raw": 5.0, "aspects": {"War": 0.04, "Action": 0}}
    lines = list(as_text([RECORD, other], False, Plain()))
    assert lines[6] == ""
    assert lines[8].startswith("rating 5.00 = mean 3.50")
    assert names(lines) == ["Action", "War", "unexplained"] * 2
    first, second = (line.count("█") + line.count("▌") / 2 for line in lines if "War" in line)
    assert second == pytest.approx(first / 10, abs=0.5)


def test_nothing():
    assert list(as_text([], False, Plain())) == []


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        [{}],
        [{}, {"user": "67"}, {"user": "74", "rated": None}],
        [{}, {"item": "1", "title": "A title that is far too long to stand above a panel " * 2}],
        [{}, {"user": "67", "item": "1"}],
    ],
)
def test_any_pairs_give_a_picture(changes, shares):
    assert as_figure([RECORD | change for change in changes], shares).get_axes()
