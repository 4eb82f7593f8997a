import pytest

from xaitool.report.text import font, wrapped

SENTENCE = "target bloodhound against basset · score 12.31 · completeness gap 2.1e-07"


@pytest.mark.parametrize("character", "éńü−≥λ")
def test_the_font_has_more_than_english(character):
    missing = bytes(font(20).getmask("\ue123"))
    assert bytes(font(20).getmask(character)) != missing


@pytest.mark.parametrize("width", [150, 300, 2000])
def test_lines_fit_and_no_word_is_lost(width):
    lines = wrapped([SENTENCE, "second paragraph"], font(15), width)
    assert all(font(15).getlength(line) <= width for line in lines)
    assert " ".join(lines) == f"{SENTENCE} second paragraph"
    assert any(line.startswith("second") for line in lines)


def test_a_word_that_does_not_fit_stays_whole():
    assert wrapped(["a incomprehensibilities b"], font(15), 40) == [
        "a",
        "incomprehensibilities",
        "b",
    ]


def test_nothing_gives_no_line():
    assert wrapped([], font(15), 100) == []
