import hashlib
import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.workflows.pictures import save_picture, truncated_picture
from xaitool.data.files.images import prepare, read_image
from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.images import (
    DatasetImages,
    ImageFiles,
    open_images,
)
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import dataset_for
from xaitool.workflows.models.input import ModelInput

DIGITS = tuple(str(digit) for digit in range(10))


def classifier(channels=1, side=28, classes=DIGITS, dataset=None, dataset_classes=None):
    return Classifier(
        model=nn.Identity(),
        source="here",
        weights=None,
        sha256="",
        input=ModelInput(
            channels, side + 4, side, "bilinear", (0.5,) * channels, (1.0,) * channels
        ),
        classes=classes,
        dataset=dataset,
        dataset_classes=dataset_classes,
    )


def files(tmp_path, names, **options):
    paths = [save_picture(tmp_path / name) for name in names]
    return ImageFiles(paths, classifier(), workers=2, on_error=options.get("on_error", "stop"))


def small_dataset(classes=("cat", "dog")):
    pixels = torch.arange(5 * 16, dtype=torch.uint8).view(5, 1, 4, 4)
    return MemoryDataset(pixels, torch.tensor([0, 1, 1, 0, 1]), classes, name="small", split="test")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("name", "mode"), [("a.png", "L"), ("a.jpg", "RGB"), ("a.png", "RGBA"), ("a.tif", "L")]
)
def test_a_file_becomes_what_the_model_wants(tmp_path, name, mode, channels):
    path = save_picture(tmp_path / name, size=(50, 33), mode=mode)
    images = ImageFiles([path], classifier(channels), workers=1, on_error="stop")
    batch = images.read([0])
    expected = prepare(read_image(path), resize=32, crop=28, channels=channels)
    assert torch.equal(batch.images, expected[None])
    assert batch.images.shape[1:] == images.shape == (channels, 28, 28)
    assert images.pixels == channels * 28 * 28
    assert (batch.names, batch.labels.tolist(), batch.indices.tolist()) == ([str(path)], [-1], [0])


@pytest.mark.parametrize("done", [(), (0, 1, 2), (3, 5), range(6)])
def test_batches_are_grouped_alike_whatever_is_done(tmp_path, done):
    images = files(tmp_path, [f"{index}.png" for index in range(7)])
    found = [batch.indices.tolist() for batch in images.batches(3, done=done)]
    whole = [[0, 1, 2], [3, 4, 5], [6]]
    expected = [[index for index in group if index not in done] for group in whole]
    assert found == [group for group in expected if group]


def test_unreadable_files_are_skipped_in_order(tmp_path):
    paths = [
        save_picture(tmp_path / "0.png"),
        tmp_path / "1-missing.png",
        truncated_picture(tmp_path / "2-cut.png"),
        tmp_path,
        save_picture(tmp_path / "4.png"),
    ]
    images = ImageFiles(paths, classifier(), workers=4, on_error="skip")
    images.check()
    batches = list(images.batches(2))
    assert [batch.indices.tolist() for batch in batches] == [[0], [4]]
    reasons = ["1-missing.png' does not exist", "2-cut.png' is damaged", "' is a folder"]
    assert [reason in text for reason, text in zip(reasons, images.skipped, strict=True)]


def test_a_bad_file_is_found_before_the_work(tmp_path):
    paths = [save_picture(tmp_path / "good.png"), truncated_picture(tmp_path / "cut.png")]
    images = ImageFiles(paths, classifier(), workers=2, on_error="stop")
    with pytest.raises(DataError, match=r"cut\.png' is damaged"):
        images.check()


def test_the_digest_says_which_files_in_which_order(tmp_path):
    one, two = files(tmp_path, ["a.png", "b.png"]), files(tmp_path, ["b.png", "a.png"])
    assert one.digest != two.digest
    names = f"{tmp_path}/a.png\0{tmp_path}/b.png"
    assert one.digest == hashlib.sha256(names.encode()).hexdigest()


def test_images_of_a_dataset():
    dataset = small_dataset()
    images = DatasetImages(dataset, dataset.classes, limit=4)
    batches = list(images.batches(3, done=[1]))
    assert len(images) == 4
    assert [batch.indices.tolist() for batch in batches] == [[0, 2], [3]]
    assert torch.equal(batches[0].images, dataset.images([0, 2]))
    assert batches[0].labels.tolist() == [0, 1]
    assert batches[1].names == ["small/test/00003"]
    assert images.digest == dataset.digest
    assert len(DatasetImages(dataset, (), limit=100)) == 5


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (("cat", "dog"), [0, 1, 1, 0, 1]),
        (("dog", "cow", "cat"), [2, 0, 0, 2, 0]),
        (("cow", "dog"), [-1, 1, 1, -1, 1]),
        ((), [0, 1, 1, 0, 1]),
    ],
)
def test_labels_are_the_models_classes_by_name(classes, labels):
    assert DatasetImages(small_dataset(), classes).labels.tolist() == labels


def test_a_dataset_comes_as_the_model_was_trained_on_it():
    known = classifier(3, 20, classes=("3", "5"), dataset="digits", dataset_classes=["3", "5"])
    dataset = dataset_for("digits", "test", known, ExplainConfig())
    assert dataset.shape == (3, 20, 20)
    assert dataset.classes == ("3", "5")
    whole = ModelInput(1, 28, 28, "bilinear", (0.5,), (1.0,))
    unknown = replace(classifier(side=28), input=whole)
    other = dataset_for("digits", "train", unknown, ExplainConfig())
    assert other.digest == load_dataset("digits", "train").digest


def test_its_own_dataset_has_the_label_and_sensitive_attributes_of_its_training():
    name = "biased-mnist:of=digits"
    told = {"dataset": name, "label": "colour", "sensitive": ["shape"]}
    own = replace(classifier(3, 28, ("red", "green"), name), training=told)
    dataset = dataset_for(name, "test", own, ExplainConfig())
    assert (dataset.classes, list(dataset.sensitive)) == (("red", "green"), ["shape"])
    assert torch.equal(dataset.labels, dataset.attributes["colour"].values)
    # Another dataset has attributes of its own, also where a generator says that it is the one.
    for other in (own, replace(own, dataset="biased-mnist:of=digits,seed=1")):
        found = dataset_for("biased-mnist:of=digits,seed=1", "test", other, ExplainConfig())
        assert (found.classes, list(found.sensitive)) == (("0-4", "5-9"), ["colour"])
    # A checkpoint from before there were attributes says nothing of them.
    old = replace(own, training={"dataset": name})
    assert dataset_for(name, "test", old, ExplainConfig()).classes == ("0-4", "5-9")


class Untouchable(io.RawIOBase):
    def readable(self):
        raise AssertionError("standard input was read")


def test_standard_input_is_read_only_when_asked(tmp_path, monkeypatch):
    path = save_picture(tmp_path / "a.png")
    monkeypatch.setattr(sys, "stdin", Untouchable())
    assert len(open_images(ExplainConfig(images=(path,)), classifier())) == 1
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"\n{path}\n".encode())))
    images = open_images(ExplainConfig(images=(Path("-"), path), limit=5), classifier())
    assert isinstance(images, ImageFiles)
    assert images.paths == [path, path]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no images are given, but files, - or --dataset NAME are wanted"),
        ({"images": ("-",)}, "standard input has no paths, but one image path a line is wanted"),
    ],
)
def test_no_images(monkeypatch, options, message):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n \n")))
    with pytest.raises(ConfigError, match=message):
        open_images(ExplainConfig(**options), classifier())


def test_unreadable_pictures_of_a_folder_are_skipped(tmp_path):
    for name in ("train/a/0.png", "test/a/0.png", "test/a/2.png"):
        save_picture(tmp_path / name)
    truncated_picture(tmp_path / "test/a/1.png")
    config = ExplainConfig(dataset=f"folder:{tmp_path}")
    with pytest.raises(DataError, match=r"1\.png' is damaged"):
        open_images(config, classifier())
    skipping = ExplainConfig(dataset=f"folder:{tmp_path}", on_error="skip")
    images = open_images(skipping, classifier())
    assert [batch.names for batch in images.batches(9)] == [["test/a/0.png", "test/a/2.png"]]
    assert images.skipped == [f"test/a/1.png in folder:{tmp_path}"]


def test_classes_are_of_one_normal_form_whatever_the_model_says():
    assert replace(classifier(), classes=("cafe\u0301", "the")).classes == ("caf\u00e9", "the")
