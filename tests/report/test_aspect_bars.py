import pytest

from xaitool.report.aspect_bars import Bar, text_bars


class Paper:
    def __init__(self, width=80, encoding="utf-8"):
        self.width, self.encoding = width, encoding

    def can_show(self, text):
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def paint(self, text, positive):
        return f"<{'+' if positive else '-'}{text}>"


class Plain(Paper):
    def paint(self, text, positive):
        return text


def bars(*values):
    return [Bar(f"aspect {number}", value, f"{value:+.3f}") for number, value in enumerate(values)]


def test_lines_stand_below_each_other():
    lines = text_bars(bars(1.0, -0.5, 0.0), Plain(), 1.0)
    assert {line.index("│") for line in lines} == {lines[0].index("│")}
    assert len({len(line) for line in lines}) == 1
    assert all(len(line) <= 80 for line in lines)
    assert [line.split()[1] for line in lines] == ["0", "1", "2"]
    assert [line.split()[-1] for line in lines] == ["+1.000", "-0.500", "+0.000"]


@pytest.mark.parametrize("value", [0.01, 0.1, 0.26, 0.5, 0.99, 1.0])
def test_both_sides_of_the_line_mirror_each_other(value):
    (longest,) = text_bars(bars(1.0), Plain(), 1.0)
    cells, zero = longest.count("█"), longest.index("│")
    above, below = text_bars(bars(value, -value), Plain(), 1.0)
    right, left = above[zero + 1 : zero + 1 + cells], below[zero - cells : zero]
    assert right == left[::-1].replace("▐", "▌")
    assert set(above[zero - cells : zero] + below[zero + 1 : zero + 1 + cells]) == {" "}


def test_lengths_are_in_proportion_to_half_a_cell():
    full, half, quarter = (
        line.count("█") + line.count("▌") / 2
        for line in text_bars(bars(2.0, 1.0, 0.5), Plain(), 2.0)
    )
    assert full > 20
    assert (half, quarter) == pytest.approx((full / 2, full / 4), abs=0.25)


def test_nothing_is_longer_than_the_scale():
    long, whole = text_bars(bars(9.0, 1.0), Plain(), 1.0)
    assert long.count("█") == whole.count("█")


def test_zeros_have_no_bars():
    lines = text_bars(bars(0.0, -0.0), Plain(), 0.0)
    assert not any(block in line for line in lines for block in "█▌▐")


def test_no_bars():
    assert text_bars([], Plain(), 1.0) == []


def test_the_sign_is_painted_but_not_what_stands_aside():
    lines = text_bars([*bars(1.0, -1.0, 0.0), Bar("rest", 1.0, "", aside=True)], Paper(), 1.0)
    assert ["<+" in line for line in lines] == [True, False, False, False]
    assert ["<-" in line for line in lines] == [False, True, False, False]


def test_an_ascii_terminal_gets_ascii():
    lines = text_bars(bars(1.0, -0.33), Plain(encoding="ascii"), 1.0)
    assert all(line.isascii() for line in lines)
    assert "|#####" in lines[0]
    assert "###|" in lines[1]


def test_a_narrow_terminal_still_has_bars():
    (line,) = text_bars(bars(1.0), Plain(10), 1.0)
    assert line.count("█") == 5


@pytest.mark.parametrize("width", [60, 80, 120])
def test_long_names_are_cut(width):
    long = Bar("a very long name of an aspect " * 9, 0.5, "+0.500  +0.500")
    first, second = text_bars([long, Bar("short", -0.5, "-0.500  -0.500")], Plain(width), 0.5)
    assert max(len(first), len(second)) <= width
    assert first.index("│") == second.index("│")
    assert "a very long" in first
