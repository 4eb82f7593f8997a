"""The images that the options of a training name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.workflows.pictures import save_picture, truncated_picture
from tests.workflows.tiny_runs import classifier_config
from xaitool.errors import DataError, DataWarning, UnknownNameError
from xaitool.workflows.models.datasets import data_record, load_training_data
from xaitool.workflows.runs.runtime import Runtime


def test_the_options_name_the_images() -> None:
    config = classifier_config(None, classes=("7", "3"), image_size=12)
    found = load_training_data(config, Runtime.from_options(config))
    assert (found.classes, found.shape, found.split) == (("7", "3"), (1, 12, 12), "train")
    with pytest.raises(UnknownNameError):
        load_training_data(classifier_config(None, classes=("x",)), Runtime.from_options(config))


def test_the_options_name_label_and_sensitive_attributes() -> None:
    options = {"dataset": "biased-mnist:of=digits", "label": "shape", "classes": None}
    config = classifier_config(None, **options)
    clean = load_training_data(config, Runtime.from_options(config))
    assert (clean.classes, list(clean.sensitive)) == (("0-4", "5-9"), ["colour"])
    assert torch.equal(clean.labels, clean.attributes["shape"].values)
    config = classifier_config(None, **options | {"label": None, "sensitive": ("shape",)})
    noisy = load_training_data(config, Runtime.from_options(config))
    assert list(noisy.sensitive) == ["shape"]
    assert not torch.equal(noisy.labels, clean.labels)
    assert config.to_dict("experiment")["sensitive"] == ["shape"]


def test_broken_pictures_of_a_training_are_skipped_named_and_counted(tmp_path: Path) -> None:
    for name in ("train/a/1.png", "train/a/2.png", "train/b/0.png", "train/b/1.png", "val/a/0.png"):
        save_picture(tmp_path / name)
    # The first one would say how large and of which colours all are.
    for name in ("train/a/0.png", "train/b/2.png"):
        truncated_picture(tmp_path / name)
    options = {"dataset": f"folder:{tmp_path}", "classes": None}
    runtime = Runtime.from_options(classifier_config(None))
    with pytest.raises(DataError, match=r"train/a/0\.png' is damaged") as caught:
        load_training_data(classifier_config(None, **options), runtime)
    assert caught.value.hint == "--on-error skip leaves such images out"
    skipping = classifier_config(None, **options, on_error="skip")
    found = []
    for _ in range(2):
        with pytest.warns(DataWarning) as told:
            found.append(load_training_data(skipping, runtime))
        assert [str(one.message) for one in told] == [
            f"skipped: train/a/0.png in folder:{tmp_path}",
            f"skipped: train/b/2.png in folder:{tmp_path}",
        ]
    assert data_record(found[0]) == {"dataset_digest": found[1].digest, "skipped": 2}
    assert [found[0].filename(row) for row in range(len(found[0]))] == [
        "train/a/1.png", "train/a/2.png", "train/b/0.png", "train/b/1.png"
    ]  # fmt: skip
    (tmp_path / "train/a/0.png").unlink()
    (tmp_path / "train/b/2.png").unlink()
    whole = load_training_data(classifier_config(None, **options), runtime)
    assert data_record(whole) == {"dataset_digest": found[0].digest}
