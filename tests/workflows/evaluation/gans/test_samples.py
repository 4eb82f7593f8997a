"""Images of a GAN as files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.golden import missing
from tests.trained import gan_run
from xaitool.core.models.gans.images import noise, sample
from xaitool.errors import ConfigError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.evaluation.gans import samples as generated_samples
from xaitool.workflows.gans.networks import generator_of


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder, *artifacts, **options):
    config = EvaluateConfig(
        artifacts=artifacts or (gan_run(),),
        metric=("samples",),
        out=folder,
        device="cpu",
        **options,
    )
    rows = evaluate(config)
    assert isinstance(rows, list)
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", "samples")
    return rows


def pixels(path):
    with Image.open(path) as picture:
        assert picture.mode == "L"
        return np.asarray(picture)


def test_the_files_are_the_generators_images(here, monkeypatch):
    monkeypatch.setattr(generated_samples, "AT_ONCE", 5)
    (row,) = written("out", samples=12, seed=3)
    assert (row["value"], row["n"], row["folder"]) == (12, 12, "out")
    names = [f"{number:04d}.png" for number in range(12)]
    assert sorted(path.name for path in (here / "out").iterdir()) == [*names, "grid.png"]
    checkpoint = load_checkpoint(gan_run(), kind="gan")
    latent = noise(12, checkpoint["latent"], 3, "samples", like=torch.zeros(1))
    images = sample(generator_of(checkpoint), latent)
    for name, image in zip(names, images, strict=True):
        difference = pixels(here / "out" / name) - image[0].numpy() * 255
        assert np.abs(difference).max() <= 0.501
    with Image.open(here / "out/grid.png") as grid:
        assert grid.size[0] == 4 * (56 + 2) + 2


def test_equal_seeds_give_equal_files(here):
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        written(folder, samples=3, seed=seed)
    files = [{path.name: path.read_bytes() for path in (here / name).iterdir()} for name in "abc"]
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_no_file_is_removed_or_written_through_a_link(here):
    victim, name = here / "victim", gan_run().resolve().name
    victim.mkdir()
    (victim / "0000.png").touch()
    (here / "out").mkdir()
    (here / "out" / name).symlink_to(victim)
    with pytest.raises(ConfigError, match=f"out/{name} is a link, but a folder is wanted"):
        written("out", gan_run(), gan_run() / "best.pt", samples=2, overwrite=True)
    (here / "out" / "0000.png").symlink_to(victim / "0000.png")
    written("out", samples=2, overwrite=True)
    assert (victim / "0000.png").read_bytes() == b""


def test_an_earlier_run_is_replaced_only_when_asked(here):
    written("out", samples=6)
    (here / "out/2026.txt").touch()
    with pytest.raises(ConfigError, match=r"0000\.png exists, but new files") as caught:
        written("out", samples=4)
    assert "--overwrite" in str(caught.value.hint)
    written("out", samples=4, overwrite=True)
    assert len(list((here / "out").glob("[0-9]*.png"))) == 4
    assert (here / "out/2026.txt").exists()


def test_each_gan_has_a_folder_of_its_own(here):
    (here / "other").symlink_to(gan_run() / "best.pt")
    rows = written("out", gan_run(), Path("other"), samples=2, limit=1)
    assert {row["value"] for row in rows} == {1}
    assert len({row["folder"] for row in rows}) == 2
    assert all((here / row["folder"] / "0000.png").is_file() for row in rows)


def test_no_place_to_write():
    with pytest.raises(ConfigError, match="has no --out, but the images want a folder"):
        written(None, samples=2)
    Path("out").touch()
    with pytest.raises(ConfigError, match="--out out is a file, but a folder"):
        written("out", samples=2)


def test_a_grid_that_is_there_is_not_replaced_unasked(here):
    (here / "out").mkdir()
    (here / "out/grid.png").write_text("mine")
    with pytest.raises(ConfigError, match=r"out/grid\.png exists"):
        written("out", samples=2)
    assert (here / "out/grid.png").read_text() == "mine"
