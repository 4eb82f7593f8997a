"""Kernel distance to real images, class by class."""

import pytest
import torch

from tests.core.baselines.brighten import Brighten
from tests.workflows.evaluation.baselines.shades import grey, measurement
from xaitool.core.baselines.counterfactual import CounterfactualBaseline
from xaitool.core.metrics.generation.kid import kid
from xaitool.core.seeding import random_stream
from xaitool.workflows.evaluation.baselines.class_features import RealClassFeatures


def test_kernel_distance_class_by_class():
    class Network:
        def features(self, images):
            return images.flatten(1)[:, :3]

    features = RealClassFeatures(
        Network(),  # type: ignore[arg-type]
        grey("train"),
        0,
        torch.device("cpu"),
    )
    one = measurement(rows=5, features=features)
    _, distance = one.measure(CounterfactualBaseline(generator=Brighten()), lambda count: None)
    images, train = grey("test").images(one.pairs.images), grey("train")
    made = images + 0.1 * one.pairs.targets.view(-1, 1, 1, 1)
    expected = [
        kid(
            made[one.pairs.targets == label].flatten(1)[:, :3].double(),
            train.images((train.labels == label).nonzero()[:, 0]).flatten(1)[:, :3].double(),
            subsets=3,
            generator=random_stream(0, "kid subsets", label),
        ).mean
        for label in range(3)
    ]
    assert distance == pytest.approx(sum(expected) / 3, rel=1e-3)


def test_one_image_of_a_class_has_no_distance():
    class Network:
        def features(self, images):
            return images.flatten(1)[:, :3].double()

    features = RealClassFeatures(
        Network(),  # type: ignore[arg-type]
        grey("train"),
        0,
        torch.device("cpu"),
    )
    made = Network().features(grey("test").images(range(12)))
    few = torch.tensor([0, 4, 8])
    assert features.distance(made[few], torch.arange(3), 1) is None
    # A class with a single image is left out, whatever that is.
    classes = torch.tensor([0, 0, 0, 0, 1])
    zeros = features.distance(made[:4], classes[:4], 1)
    assert zeros is not None
    assert features.distance(made[:5], classes, 1) == pytest.approx(zeros)
