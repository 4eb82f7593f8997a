import pytest
import torch

from xaitool.core.metrics.explanation.attribution_similarity import attribution_similarity
from xaitool.errors import ShapeError


def maps(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("factor", [1.0, -0.001, 500.0])
def test_scale_and_sign_do_not_matter(factor):
    first = maps(0, 2, 3, 12, 12)
    found = attribution_similarity(first, factor * first)
    for values in vars(found).values():
        assert values.dtype == torch.float64
        assert values.tolist() == pytest.approx([1, 1])


@pytest.mark.oracle
def test_spearman_and_cosine_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    distance = pytest.importorskip("scipy.spatial.distance")
    first, second = maps(0, 1, 3, 12, 12), maps(1, 1, 3, 12, 12).round()
    one, other = (part.abs().sum(1).flatten().numpy() for part in (first, second))
    found = attribution_similarity(first, second)
    assert found.spearman.item() == pytest.approx(stats.spearmanr(one, other).statistic)
    assert found.cosine.item() == pytest.approx(1 - distance.cosine(one, other))


@pytest.mark.oracle
def test_ssim_of_maps_brought_to_their_99th_percentile():
    metrics = pytest.importorskip("skimage.metrics")
    first, second = (torch.arange(144.0).view(1, 1, 12, 12), maps(1, 1, 1, 12, 12))
    one, other = (
        (part.abs() / part.abs().flatten().sort().values[142]).clamp(max=1)[0, 0].double().numpy()
        for part in (first, second)
    )
    wanted = metrics.structural_similarity(
        one, other, gaussian_weights=True, use_sample_covariance=False, data_range=1.0
    )
    assert attribution_similarity(first, second).ssim.item() == pytest.approx(wanted)


def test_what_is_undefined():
    first = torch.zeros(3, 1, 12, 12)
    first[1:, 0, 5, 5] = 1
    first[2] += 1
    found = attribution_similarity(first, first)
    assert found.spearman.isnan().tolist() == [True, False, False]
    assert found.cosine.isnan().tolist() == [True, False, False]
    assert found.ssim.tolist() == pytest.approx([1, 1, 1])
    assert attribution_similarity(first[1:, :, :5], first[1:, :, :5]).ssim.isnan().all()


def test_a_single_bright_pixel_is_not_divided_by_zero():
    first, second = torch.zeros(2, 1, 1, 12, 12)
    first[0, 0, 5, 5] = second[0, 0, 6, 6] = 3
    assert -1 < attribution_similarity(first, second).ssim.item() < 0.5


def test_refuses_what_does_not_fit():
    with pytest.raises(ShapeError, match="equal shapes"):
        attribution_similarity(torch.ones(1, 1, 12, 12), torch.ones(1, 1, 12, 13))
    with pytest.raises(ShapeError, match="NaN"):
        attribution_similarity(torch.full((1, 1, 12, 12), torch.nan), torch.ones(1, 1, 12, 12))
