import pytest

from xaitool.report.text import drawable, font, four_digits, wrapped

SENTENCE = "target bloodhound against basset · score 12.31 · completeness gap 2.1e-07"


@pytest.mark.parametrize("character", "éńü−≥λ")
def test_the_font_has_more_than_english(character):
    missing = bytes(font(20).getmask("\ue123"))
    assert bytes(font(20).getmask(character)) != missing


@pytest.mark.parametrize(
    ("value", "text"), [(1517.2, "1517"), (28345.6, "28346"), (-0.5, "−0.5"), (1e12, "1e+12")]
)
def test_four_digits(value, text):
    assert four_digits(value) == text


@pytest.mark.parametrize("width", [150, 300, 2000])
def test_lines_fit_and_no_word_is_lost(width):
    lines = wrapped([SENTENCE, "second paragraph"], font(15), width)
    assert all(font(15).getlength(line) <= width for line in lines)
    assert " ".join(lines) == f"{SENTENCE} second paragraph"
    assert any(line.startswith("second") for line in lines)


@pytest.mark.parametrize(
    ("word", "width", "lines"),
    [
        ("expected-gradients", 90, ["expected-", "gradients"]),
        ("great_white_shark", 60, ["great_", "white_", "shark"]),
        ("against expected-gradients", 90, ["against", "expected-", "gradients"]),
    ],
)
def test_a_long_word_breaks_after_a_mark(word, width, lines):
    assert wrapped([word], font(15), width) == lines


@pytest.mark.parametrize("word", ["incomprehensibilities", "子犬猫鳥魚馬牛羊" * 3, "W" * 40])
@pytest.mark.parametrize("width", [40, 77])
def test_a_long_word_without_a_mark_breaks_anywhere_and_loses_nothing(word, width):
    lines = wrapped([word], font(15), width)
    assert "".join(lines) == word
    assert len(lines) > 1
    assert all(font(15).getlength(line) <= width for line in lines)


def test_a_line_holds_at_least_one_letter():
    assert wrapped(["abc"], font(15), 1) == ["a", "b", "c"]


def test_nothing_gives_no_line():
    assert wrapped([], font(15), 100) == []


def test_what_matplotlib_cannot_draw_is_escaped():
    assert drawable("d\udce9 é ε") == r"d\udce9 é ε"
