"""The conditional autoencoder, against the same network written out, and what it can see."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.errors import ModelError, ShapeError, UnknownNameError, XaitoolError

SIZES = (2, 3)
CLASSES = 4


def network(shape: tuple[int, int, int] = (3, 8, 8), **options: Any) -> Cvae:
    torch.manual_seed(0)
    return Cvae(shape, CLASSES, SIZES, **options).double().eval()


def batch(shape: tuple[int, int, int] = (3, 8, 8), count: int = 5) -> tuple[Tensor, ...]:
    random = torch.Generator().manual_seed(1)
    images = torch.rand(count, *shape, generator=random, dtype=torch.float64)
    labels = torch.randint(0, CLASSES, (count,), generator=random)
    columns = [torch.randint(0, size, (count,), generator=random) for size in SIZES]
    return images, labels, torch.stack(columns, 1)


def perceptron(numbers: Tensor, layers: nn.Module) -> Tensor:
    """The layers' weights applied with plain operations, ReLU between them."""
    weights = [value for name, value in layers.named_parameters() if name.endswith("weight")]
    biases = [value for name, value in layers.named_parameters() if name.endswith("bias")]
    for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        numbers = (numbers.clamp(min=0) if place else numbers) @ weight.T + bias
    return numbers


@pytest.mark.parametrize("blind", [False, True])
def test_mlp_is_the_network_written_out(blind: bool):
    model, (images, labels, values) = network(latent=3, blind=blind), batch()
    vectors = model.one_hot(values)
    told = torch.eye(CLASSES, dtype=torch.float64)[labels]
    condition = torch.cat([told, vectors], 1)
    seen = (images.amax(1), told) if blind else (images, condition)
    numbers = perceptron(torch.cat([seen[0].flatten(1), seen[1]], 1), model.encoder)
    mean, log_variance = model.encode(images, labels, vectors)
    torch.testing.assert_close(torch.cat([mean, log_variance], 1), numbers)
    logits = perceptron(torch.cat([mean, condition], 1), model.decoder).view_as(images)
    torch.testing.assert_close(model.decode_logits(mean, labels, vectors), logits)
    torch.testing.assert_close(model(images, labels, vectors), 1 / (1 + (-logits).exp()))
    hidden = [layer.out_features for layer in model.encoder.modules() if hasattr(layer, "weight")]
    assert hidden == [512, 256, 128, 2 * 3]


def test_attributes_become_one_hot_vectors_side_by_side():
    model = network()
    vectors = model.one_hot(torch.tensor([[0, 2], [1, 0]]))
    assert vectors.tolist() == [[1, 0, 0, 0, 1], [0, 1, 1, 0, 0]]
    assert vectors.dtype == torch.float64


@pytest.mark.parametrize("side", [(16, 16), (17, 31), (28, 28), (29, 50), (64, 64)])
@pytest.mark.parametrize("channels", [1, 3])
def test_convolutions_take_any_side(side: tuple[int, int], channels: int):
    shape = (channels, *side)
    model, (images, labels, values) = (
        network(shape, network="convolutional", latent=7),
        batch(shape),
    )
    vectors = model.one_hot(values)
    mean, log_variance = model.encode(images, labels, vectors)
    assert mean.shape == log_variance.shape == (5, 7)
    made = model.decode(mean, labels, vectors)
    assert made.shape == images.shape
    assert 0 <= made.min() <= made.max() <= 1
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [32, 64, 128, 256, channels]


def test_batch_normalisation_learns_its_statistics_and_uses_them():
    shape = (3, 20, 20)
    model, (images, labels, values) = network(shape, network="convolutional"), batch(shape)
    vectors = model.one_hot(values)
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 4 + 5
    before = [layer.running_mean.clone() for layer in norms]  # type: ignore[union-attr]
    untrained = model(images, labels, vectors)
    first = F.conv2d(
        torch.cat(
            [
                images,
                torch.cat([torch.eye(CLASSES).double()[labels], vectors], 1)[..., None, None]
                .expand(-1, -1, 20, 20),
            ],
            1,
        ),
        model.encoder.layers[0].weight,  # type: ignore[union-attr, index]
        stride=2,
        padding=1,
    )  # fmt: skip
    model.train()
    model(images, labels, vectors)
    # torch's momentum: a tenth of the batch's own mean.
    torch.testing.assert_close(norms[0].running_mean, 0.1 * first.mean((0, 2, 3)))
    assert all(
        not torch.equal(layer.running_mean, old)  # type: ignore[arg-type]
        for layer, old in zip(norms, before, strict=True)
    )
    model.eval()
    trained = model(images, labels, vectors)
    assert not torch.allclose(trained, untrained)
    alone = torch.cat(
        [model(*(part[i : i + 1] for part in (images, labels, vectors))) for i in range(5)]
    )
    torch.testing.assert_close(alone, trained)


@pytest.mark.parametrize("kind", ["mlp", "convolutional"])
def test_code_and_image_depend_on_label_and_attributes(kind: str):
    shape = (3, 16, 16)
    model, (images, labels, values) = network(shape, network=kind), batch(shape)
    vectors = model.one_hot(values)
    mean, _ = model.encode(images, labels, vectors)
    other_label, other_value = (labels + 1) % CLASSES, (values + 1) % torch.tensor(SIZES)
    for changed in ((other_label, vectors), (labels, model.one_hot(other_value))):
        assert ((model.encode(images, *changed)[0] - mean).abs() > 1e-9).any(1).all()
        moved = (model.decode(mean, *changed) - model.decode(mean, labels, vectors)).abs()
        assert (moved.flatten(1).amax(1) > 1e-9).all()


@pytest.mark.parametrize("kind", ["mlp", "convolutional"])
def test_a_blind_encoder_sees_neither_colour_nor_attributes(kind: str):
    shape = (3, 16, 16)
    model, (images, labels, values) = network(shape, network=kind, blind=True), batch(shape)
    vectors = model.one_hot(values)
    codes = model.encode(images, labels, vectors)
    other = model.one_hot((values + 1) % torch.tensor(SIZES))
    for same in (
        (images.flip(1), vectors),
        (images.amax(1, keepdim=True).expand_as(images), other),
    ):
        for one, again in zip(model.encode(same[0], labels, same[1]), codes, strict=True):
            assert torch.equal(one, again)
    assert not torch.allclose(model.encode(1 - images, labels, vectors)[0], codes[0])
    assert not torch.allclose(model.decode(codes[0], labels, other), model(images, labels, vectors))


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("kind", ["mlp", "convolutional"])
def test_without_the_label_in_the_condition_it_changes_nothing(kind: str, blind: bool):
    shape = (3, 16, 16)
    model = network(shape, network=kind, blind=blind, labelled=False)
    images, labels, values = batch(shape)
    vectors, other = model.one_hot(values), (labels + 1) % CLASSES
    codes, _ = model.encode(images, labels, vectors)
    assert torch.equal(model.encode(images, other, vectors)[0], codes)
    decoded = model.decode(codes, labels, vectors)
    assert torch.equal(model.decode(codes, other, vectors), decoded)
    moved = model.one_hot((values + 1) % torch.tensor(SIZES))
    assert not torch.allclose(model.decode(codes, labels, moved), decoded)
    assert torch.equal(model.encode(images, labels, moved)[0], codes) == blind


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        (((3, 8, 8), 0, (2,)), {}, ModelError, "of 0 classes"),
        (((3, 8), 2, (2,)), {}, ModelError, r"images \(3, 8\)"),
        (((3, 8, 8), 2, (2,)), {"latent": 0}, ModelError, "codes of 0 numbers"),
        (((3, 8, 8), 2, ()), {}, ModelError, "attributes of no values"),
        (((3, 8, 8), 2, (2, 1)), {}, ModelError, "attributes of 2, 1 values"),
        (((3, 15, 20), 2, (2,)), {"network": "convolutional"}, ModelError, "images are 15x20"),
        (((3, 8, 8), 2, (2,)), {"network": "mpl"}, UnknownNameError, "did you mean 'mlp'"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_refused(
    arguments: Any, options: dict[str, Any], kind: type[XaitoolError], message: str
):
    with pytest.raises(kind, match=message):
        Cvae(*arguments, **options)


def test_what_has_another_shape_is_refused():
    model, (images, labels, values) = network(), batch()
    vectors = model.one_hot(values)
    with pytest.raises(ShapeError, match=r"images are \(3, 8, 7\), but the CVAE wants \(3, 8, 8\)"):
        model.encode(images[..., :7], labels, vectors)
    with pytest.raises(ShapeError, match=r"attributes are \(5, 1\), but \(N, 2\)"):
        model.one_hot(values[:, :1])
    with pytest.raises(ShapeError, match=r"attribute vectors are \(5, 4\), but \(5, 5\)"):
        model.decode(torch.zeros(5, 2).double(), labels, vectors[:, :4])
