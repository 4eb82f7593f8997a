"""Which of a run's grids are shown."""

import pytest

from xaitool.workflows.evaluation.gans.pictures import Moment, chosen_moments, sample_files


def ends(*epochs):
    return [Moment(epoch, True, 0) for epoch in epochs]


def inside(*steps):
    return [Moment(1, False, step) for step in steps]


def test_names_say_when(tmp_path):
    (tmp_path / "samples").mkdir()
    for name in ("epoch-0002.png", "epoch-0001-step-00016.png", "epoch-0001.png", "other.png"):
        (tmp_path / "samples" / name).touch()
    files = sample_files(tmp_path)
    assert [str(moment) for moment in sorted(files)] == ["epoch 1, step 16", "epoch 1", "epoch 2"]
    assert files[Moment(1, False, 16)].name == "epoch-0001-step-00016.png"
    assert sample_files(tmp_path / "nosuch") == {}


def test_early_and_late_moments_are_chosen():
    chosen = chosen_moments([*ends(*range(1, 82)), *inside(16, 32, 48)])
    assert chosen == [*inside(16, 48), *ends(1, 3, 9, 27, 81)]


@pytest.mark.parametrize("moments", [[], ends(3), [*inside(5), *ends(1, 2, 4)], inside(1, 2)])
def test_few_are_all_shown(moments):
    assert chosen_moments(moments[::-1]) == moments
