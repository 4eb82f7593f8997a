import pytest
import torch
from sklearn.metrics import accuracy_score, recall_score

from xaitool.core.metrics.classification.accuracy import Accuracy
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.errors import ShapeError


def sample(count=300, classes=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (count,), generator=generator)
    logits = torch.randn(count, classes, generator=generator)
    logits[torch.arange(count), labels] += 1
    return logits, labels


def test_equals_sklearn():
    logits, labels = sample()
    accuracy = Accuracy()
    for part in zip(logits.split(64), labels.split(64), strict=True):
        accuracy.update(*part)
    result = accuracy.compute()
    assert result.count == 300
    assert result.value == pytest.approx(accuracy_score(labels, logits.argmax(1)), abs=1e-15)
    recalls = recall_score(labels, logits.argmax(1), average=None)
    assert result.per_class == pytest.approx(tuple(recalls), abs=1e-15)


def test_a_class_without_samples_has_no_accuracy():
    accuracy = Accuracy()
    accuracy.update(torch.eye(3), torch.tensor([0, 0, 2]))
    result = accuracy.compute()
    assert result.value == pytest.approx(2 / 3)
    assert result.per_class == (0.5, None, 1.0)


@pytest.mark.oracle
@pytest.mark.parametrize(("successes", "count"), [(0, 10), (3, 10), (10, 10), (9_873, 10_000)])
def test_interval_equals_scipy(successes, count):
    stats = pytest.importorskip("scipy.stats")
    wanted = stats.binomtest(successes, count).proportion_ci(0.95, method="wilson")
    assert wilson_interval(successes, count) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_interval_contains_the_value():
    accuracy = Accuracy()
    accuracy.update(*sample())
    result = accuracy.compute()
    assert result.interval == wilson_interval(round(result.value * 300), 300)
    assert 0 <= result.interval[0] < result.value < result.interval[1] <= 1


def test_nothing_counted_is_refused():
    with pytest.raises(ShapeError, match="0 samples"):
        Accuracy().compute()
    accuracy = Accuracy()
    accuracy.update(torch.zeros(0, 3), torch.zeros(0).long())
    with pytest.raises(ShapeError, match="0 samples"):
        accuracy.compute()
