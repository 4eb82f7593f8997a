"""Names that are like a name that does not exist."""

from __future__ import annotations

from xaitool.near_names import near_names, usual_spelling


def test_beginnings_come_first_then_what_contains_it_and_shortest_first() -> None:
    known = ("Star Wars (1977)", "A Star Is Born", "Stray", "Star")
    assert near_names("STAR", known) == ["Star", "Star Wars (1977)", "A Star Is Born"]
    assert near_names("star", known, count=1) == ["Star"]


def test_case_order_and_year_do_not_matter_and_equal_names_count_once() -> None:
    known = ("Matrix, The (1999)", "MATRIX, THE (1999)", "Heat (1995)")
    assert near_names("the matrix", known) == ["MATRIX, THE (1999)"]


def test_what_is_short_for_it_comes_before_what_is_spelt_like_it() -> None:
    losses = ("gce", "pc", "cross-entropy")
    assert near_names("ce", losses, count=1) == ["cross-entropy"]
    assert near_names("cross", losses) == ["cross-entropy"]
    assert near_names("xent", losses) == ["cross-entropy"]
    assert near_names("bs", ("bias", "batch_size"), count=1) == ["batch_size"]


def test_hyphens_come_before_what_is_spelt_alike_and_a_part_is_not_enough() -> None:
    assert near_names("resnet-18", ("resnet56", "cifar-resnet18", "resnet18"))[0] == "resnet18"
    assert near_names("batchsize", ("batch-size-max", "batch_size"), count=1) == ["batch_size"]
    assert near_names("dropout", ("out", "factor")) == []
    assert near_names("wgan-gp", ("bce", "hinge", "wasserstein-gp")) == ["wasserstein-gp"]


def test_spellings_of_other_tools() -> None:
    assert usual_spelling("batch_size") == "batch-size"
    assert usual_spelling("lr") == "learning-rate"
    assert usual_spelling("zzz") == "zzz"


def test_nothing_is_near_to_nothing() -> None:
    assert near_names("  ", ("a", "b")) == []
    assert near_names("qqqq", ("Heat (1995)",)) == []


def test_suggestions_among_sixty_thousand_titles():
    titles = [
        f"{word} number {row} ({1900 + row % 100})"
        for row in range(30_000)
        for word in ("Film", "The Story of")
    ]
    assert near_names("flim number 123", titles)[0].startswith("Film number 123")
