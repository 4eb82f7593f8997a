import torch

from xaitool.core.metrics.statistics.estimate import Estimate, share, share_of, wilson_interval


def test_a_share_has_the_interval_of_wilson():
    found = share_of(torch.tensor([True, False, True, True]))
    assert found == Estimate(0.75, *wilson_interval(3, 4), 4)
    assert found == share(3, 4)


def test_no_samples_have_no_share():
    assert share_of(torch.zeros(0).bool()) == Estimate(None, None, None, 0)
