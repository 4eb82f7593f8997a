"""DeepSHAP and DeepLIFT of a discriminator: closed forms, libraries, and the method."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.core.guidance.networks import (
    SHAPE,
    images,
    linear_discriminator,
    linear_weight,
    mlp,
    values_of,
)
from xaitool.core.attribution.deep_shap import DeepShap
from xaitool.core.attribution.engine.rescale import ForwardPass
from xaitool.core.guidance.evidence import References, load_evidence, score_of
from xaitool.core.models.gans.dcgan import DCGan
from xaitool.core.models.gans.mlp_gan import MLPDiscriminator


def test_shap_of_a_linear_discriminator_is_its_closed_form() -> None:
    discriminator = linear_discriminator()
    references = images(4, seed=2)
    found = values_of("shap", discriminator, References(references))
    expected = linear_weight(discriminator) * (images(5, seed=1) - references.mean(0))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_deeplift_compares_with_black() -> None:
    discriminator = linear_discriminator()
    expected = linear_weight(discriminator) * (images(5, seed=1) + 1)
    for name in ("deeplift", "integrated-gradients"):
        found = values_of(name, discriminator)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
@pytest.mark.parametrize("count", [4, 20])
def test_shap_equals_captum(count: int) -> None:
    attr = pytest.importorskip("captum.attr")
    discriminator, references = mlp().eval(), images(count, seed=2)
    expected = attr.DeepLiftShap(discriminator).attribute(images(5, seed=1), references, target=0)
    found = values_of("shap", discriminator, References(references))
    torch.testing.assert_close(found, expected.detach(), rtol=1e-6, atol=1e-6)


@pytest.mark.oracle
def test_shap_equals_shap() -> None:
    shap = pytest.importorskip("shap")
    discriminator, references = mlp().eval(), images(8, seed=2)
    explainer = shap.DeepExplainer(discriminator, references)
    expected = explainer.shap_values(images(5, seed=1), check_additivity=False)
    expected = torch.as_tensor(expected).reshape(5, *SHAPE)
    found = values_of("shap", discriminator, References(references))
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("output", ["logit", "probability"])
@pytest.mark.parametrize("count", [1, 3, 5])  # 5: as many as images
def test_shap_equals_the_method(count: int, output: Any) -> None:
    discriminator, references = mlp(), images(count, seed=2)
    generated = images(5, seed=1)
    found = values_of("shap", discriminator, References(references), output=output)
    method = DeepShap(discriminator)
    others = references.expand(5, *references.shape).contiguous()
    expected = method.attribute(generated, score_of(generated, output), others, rows=200).values
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_an_image_that_is_its_own_reference() -> None:
    """Where activations receive the same, the derivative is the slope."""
    discriminator, generated = mlp(), images(5, seed=1)
    references = generated[:2].clone()
    found = values_of("shap", discriminator, References(references))
    method = DeepShap(discriminator)
    others = references.expand(5, *references.shape).contiguous()
    expected = method.attribute(generated, score_of(generated, "logit"), others, rows=200).values
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    assert torch.isfinite(found).all()


def test_images_can_be_compared_one_way_after_the_other() -> None:
    """The quick slopes are left behind: where points are equal they would be NaN."""
    generated = images(5, seed=1)
    score = score_of(generated, "logit")
    passed, fresh = ForwardPass(mlp(), generated), ForwardPass(mlp(), generated)
    passed.mean_contributions(images(2, seed=2), score)
    found = passed.against(generated[:1], score).multiplier
    assert torch.equal(found, fresh.against(generated[:1], score).multiplier)
    assert torch.isfinite(found).all()


def test_shap_with_references_of_each_image() -> None:
    discriminator, references = mlp(), images(6, seed=2)
    choice = torch.tensor([[0, 3, 5, 5, 1], [2, 2, 0, 4, 1]])
    found = values_of("shap", discriminator, References(references, choice))
    for row in range(5):
        generated = images(5, seed=1)[row : row + 1]
        alone = load_evidence("shap").values(
            generated, discriminator, References(references[choice[:, row]])
        )
        torch.testing.assert_close(found[row : row + 1], alone, rtol=1e-9, atol=1e-12)


def test_references_pass_once(monkeypatch: pytest.MonkeyPatch) -> None:
    discriminator = mlp()
    rows: list[int] = []
    forward = MLPDiscriminator.forward

    def counted(self: MLPDiscriminator, given: Tensor) -> Tensor:
        rows.append(len(given))
        return forward(self, given)

    monkeypatch.setattr(MLPDiscriminator, "forward", counted)
    values_of("shap", discriminator, References(images(7, seed=2)))
    assert sorted(rows) == [5, 7]


def test_shap_of_a_convolutional_discriminator_is_complete() -> None:
    torch.manual_seed(0)
    discriminator = DCGan((1, 28, 28), 8, width=8).discriminator.double()
    random = torch.Generator().manual_seed(1)
    generated, references = (
        torch.rand(count, 1, 28, 28, generator=random, dtype=torch.float64) * 2 - 1
        for count in (3, 2)
    )
    found = load_evidence("shap").values(generated, discriminator, References(references))
    discriminator.eval()
    with torch.no_grad():
        expected = discriminator(generated) - discriminator(references).mean()
    torch.testing.assert_close(found.sum((1, 2, 3)), expected[:, 0], rtol=1e-9, atol=1e-9)
