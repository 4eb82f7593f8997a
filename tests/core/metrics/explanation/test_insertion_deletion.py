"""Insertion and deletion against a plain transcription of RISE's protocol."""

import numpy as np
import pytest
import torch
from torch import nn

from xaitool.core.metrics.explanation.insertion_deletion import blurred, deletion, insertion
from xaitool.core.models.normalise import Normalise
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ShapeError

MEAN = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64)
DEVIATION = (0.229, 0.224, 0.225)


@pytest.fixture
def model():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Softplus(), nn.Flatten()]
    return nn.Sequential(Normalise(MEAN.tolist(), DEVIATION), *layers, nn.Linear(180, 4)).double()


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(3, 3, 8, 7, dtype=torch.float64, generator=generator)
    attributions = torch.randn(3, 3, 8, 7, dtype=torch.float64, generator=generator)
    return images, attributions, Score(torch.tensor([0, 3, 1]))


def probability_of(model, target):
    @torch.no_grad()
    def probability(image):
        return model.eval()(torch.from_numpy(image)[None]).softmax(1)[0, target].item()

    return probability


@pytest.mark.oracle
@pytest.mark.parametrize("step", [1, 7, 10, 100])
@pytest.mark.parametrize("game", [insertion, deletion])
def test_equals_the_plain_protocol(model, batch, game, step):
    pytest.importorskip("scipy")
    from tests.reference.insertion_deletion import causal_curve, rise_blur

    images, attributions, score = batch
    result = game(model, images, attributions, score, step=step, mean=MEAN)
    mean, deviation = MEAN.numpy()[:, None, None], np.array(DEVIATION)[:, None, None]
    for row, image in enumerate(images.numpy()):
        if game is insertion:
            start = rise_blur((image - mean) / deviation) * deviation + mean
            finish = image
        else:
            start, finish = image, np.broadcast_to(mean, image.shape)
        curve, area = causal_curve(
            probability_of(model, score.target[row]),
            start,
            finish,
            attributions[row].sum(0).numpy(),
            step,
        )
        np.testing.assert_allclose(result.curve[row].numpy(), curve, rtol=1e-12)
        assert result.auc[row].item() == pytest.approx(area, rel=1e-12)


@pytest.mark.oracle
def test_blur_is_that_of_rise():
    pytest.importorskip("scipy")
    from tests.reference.insertion_deletion import rise_blur

    images = torch.rand(2, 3, 20, 15, dtype=torch.float64)
    mean = MEAN.view(1, 3, 1, 1)
    ours = blurred(images, mean)
    for image, own in zip(images, ours, strict=True):
        expected = rise_blur((image - mean[0]).numpy()) + mean[0].numpy()
        np.testing.assert_allclose(own.numpy(), expected, rtol=1e-12)
    assert ours.min() >= 0
    assert ours.max() <= 1


def test_end_points_are_the_substrate_and_the_image(model, batch):
    images, attributions, score = batch
    deleted = deletion(model, images, attributions, score, mean=MEAN)
    inserted = insertion(model, images, attributions, score, mean=MEAN)
    with torch.no_grad():
        whole = model.eval()(images).softmax(1).gather(1, score.target[:, None])[:, 0]
        grey = model(MEAN.view(1, 3, 1, 1).expand_as(images)).softmax(1)
    torch.testing.assert_close(deleted.curve[:, 0], whole)
    torch.testing.assert_close(inserted.curve[:, -1], whole)
    torch.testing.assert_close(deleted.curve[:, -1], grey.gather(1, score.target[:, None])[:, 0])


def test_default_step_is_the_width(model, batch):
    result = deletion(model, *batch)
    expected = torch.arange(9, dtype=torch.float64) / 8
    torch.testing.assert_close(result.fractions, expected)
    assert result.curve.shape == (3, 9)
    assert result.auc.dtype == result.curve.dtype == torch.float64


def test_any_rows_and_batching_give_the_same(model, batch):
    images, attributions, score = batch
    whole = insertion(model, images, attributions, score, step=5)
    for rows in (1, 4, 1000):
        other = insertion(model, images, attributions, score, step=5, rows=rows)
        torch.testing.assert_close(other.curve, whole.curve, rtol=1e-12, atol=0)
    one = slice(1, 2)
    single = insertion(model, images[one], attributions[one], score.select(one), step=5)
    torch.testing.assert_close(single.auc, whole.auc[one], rtol=1e-12, atol=0)


def test_one_channel_map_ranks_as_the_sum_over_channels(model, batch):
    images, attributions, score = batch
    whole = deletion(model, images, attributions, score)
    summed = deletion(model, images, attributions.sum(1, keepdim=True), score)
    assert torch.equal(whole.curve, summed.curve)


def test_ties_go_in_pixel_order(model, batch):
    images, _, score = batch
    falling = -torch.arange(56, dtype=torch.float64).view(1, 1, 8, 7).expand(3, -1, -1, -1)
    constant = deletion(model, images, torch.ones_like(falling), score, step=3)
    assert torch.equal(constant.curve, deletion(model, images, falling, score, step=3).curve)


def test_measures_the_probability_of_the_target_whatever_the_score(model, batch):
    images, attributions, score = batch
    other = Score(score.target, torch.tensor([1, 1, 2]), "log-probability")
    plain = insertion(model, images, attributions, score)
    assert torch.equal(plain.curve, insertion(model, images, attributions, other).curve)


def test_informed_ranking_beats_the_reverse():
    class Centre(nn.Module):
        def forward(self, images):
            evidence = images[:, 0, 3:5, 3:5].mean((1, 2))
            return torch.stack([10 * evidence, torch.full_like(evidence, 5)], 1)

    images = torch.zeros(1, 1, 8, 8)
    images[..., 3:5, 3:5] = 1
    score = Score(torch.tensor([0]))
    for game, sign in ((insertion, 1), (deletion, -1)):
        good = game(Centre(), images, images, score, step=1).auc
        bad = game(Centre(), images, -images, score, step=1).auc
        assert (sign * (good - bad)).item() > 0.1


def test_leaves_the_model_as_it_was(model, batch):
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    insertion(model, *batch)
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_wrong_input_is_a_clear_error(model, batch):
    images, attributions, score = batch
    with pytest.raises(ConfigError, match="step is 0"):
        insertion(model, images, attributions, score, step=0)
    with pytest.raises(ShapeError, match=r"\(3, 1, 8, 7\) is wanted"):
        insertion(model, images, attributions[:, :2], score)
    with pytest.raises(ShapeError, match="2 samples"):
        insertion(model, images, attributions, score.select(slice(2)))
    with pytest.raises(ShapeError, match="mean colour"):
        deletion(model, images, attributions, score, mean=torch.zeros(1))
    with pytest.raises(ShapeError, match="images are"):
        deletion(model, images[0], attributions, score)
    attributions[0, 0, 0, 0] = torch.nan
    with pytest.raises(ShapeError, match="finite"):
        deletion(model, images, attributions, score)


@pytest.mark.parametrize("game", [insertion, deletion])
def test_magnitudes_rank_where_signs_cancel(model, batch, game):
    """Two channels that cancel leave nothing to rank by; their magnitudes do."""
    images, attributions, score = batch
    cancelling = torch.cat([attributions[:, :1], -attributions[:, :1]], 1)
    cancelling = torch.cat([cancelling, torch.zeros_like(attributions[:, :1])], 1)
    ranked = game(model, images, attributions[:, :1].abs(), score)
    absolute = game(model, images, cancelling, score, channel_sum="absolute")
    assert torch.equal(absolute.curve, ranked.curve)
    signed = game(model, images, cancelling, score)
    in_order = game(model, images, torch.zeros_like(attributions), score)
    assert torch.equal(signed.curve, in_order.curve)
    assert not torch.equal(absolute.curve, signed.curve)
