import pytest
import torch
from sklearn.metrics import confusion_matrix

from xaitool.core.metrics.classification.confusion import Confusion
from xaitool.errors import ShapeError


def sample(count=200, classes=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (count,), generator=generator)
    logits = torch.randn(count, classes, generator=generator)
    logits[torch.arange(count), labels] += 1
    return logits, labels


def counted(logits, labels, *, batch=64):
    confusion = Confusion()
    for part in zip(logits.split(batch), labels.split(batch), strict=True):
        confusion.update(*part)
    return confusion


@pytest.mark.parametrize("batch", [1, 64, 200])
def test_equals_sklearn(batch):
    logits, labels = sample()
    matrix = counted(logits, labels, batch=batch).compute()
    assert matrix.dtype == torch.int64
    assert matrix.tolist() == confusion_matrix(labels, logits.argmax(1)).tolist()


def test_rows_are_true_classes():
    matrix = counted(torch.eye(3)[[2]], torch.tensor([0])).compute()
    assert matrix.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_compute_can_be_called_between_updates():
    confusion = counted(*sample(seed=1))
    early = confusion.compute()
    confusion.update(*sample(seed=2))
    assert early.sum() == 200
    assert confusion.compute().sum() == 400


def test_update_never_reads_a_value():
    # A meta tensor has none; a GPU would have to be waited for.
    confusion = Confusion()
    for _ in range(2):
        confusion.update(
            torch.zeros(3, 4, device="meta"), torch.zeros(3, dtype=torch.int64, device="meta")
        )


@pytest.mark.parametrize("label", [-1, 5])
def test_a_label_that_is_no_class_is_refused(label):
    logits, labels = sample()
    labels[3] = label
    with pytest.raises(ShapeError, match=r"1 labels are outside 0\.\.4"):
        counted(logits, labels).compute()


def test_a_logit_that_is_no_number_is_refused():
    logits, labels = sample()
    logits[[3, 80], 1] = float("nan")
    with pytest.raises(ShapeError, match="2 samples have NaN logits"):
        counted(logits, labels).compute()


def test_nothing_counted_is_refused():
    with pytest.raises(ShapeError, match="0 samples"):
        Confusion().compute()


@pytest.mark.parametrize(
    ("logits", "labels"),
    [
        (torch.zeros(3), torch.zeros(3).long()),
        (torch.zeros(3, 1), torch.zeros(3).long()),
        (torch.zeros(3, 2).long(), torch.zeros(3).long()),
        (torch.zeros(3, 2), torch.zeros(4).long()),
        (torch.zeros(3, 2), torch.zeros(3)),
    ],
)
def test_wrong_shapes_are_refused(logits, labels):
    with pytest.raises(ShapeError):
        Confusion().update(logits, labels)


def test_another_number_of_classes_is_refused():
    confusion = counted(*sample())
    with pytest.raises(ShapeError, match="3 classes, but 5"):
        confusion.update(*sample(classes=3))
