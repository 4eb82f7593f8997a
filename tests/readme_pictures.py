"""Makes the pictures of the README again: ``python -m tests.readme_pictures [NAME ...]``.

NAME is ``heat-maps``, ``counterfactuals`` or ``guided-gan``; all of them take a quarter of an hour
on two cores. Every one is what xaitool draws, cut out and made small, in ``.github/``. They want
XAITOOL_DATA, with MNIST and ImageNet weights, and the photos of scikit-image (extra ``oracle``).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).parent.parent / ".github"
WIDTH = 1000
LARGEST = 200_000
"""Bytes, so that a page with all of them loads fast."""

PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg")
METHODS = ("saliency", "guided-backprop", "integrated-gradients", "deeplift", "blur-ig", "agi")

DIGITS = range(2, 5)
"""The rows of the sample grid that are shown; each is a digit of that class."""
ROW = 58
"""Height of each, in pixels."""


def heat_maps(folder: Path) -> Image.Image:
    """Photographs, and their maps by several methods."""
    import skimage.data

    imagenet = Path(os.environ["XAITOOL_DATA"]) / "imagenet"
    photos = Path(skimage.data.__file__).parent
    model = ("--model", "torchvision:mobilenet_v2")
    weights = ("--weights", imagenet / "weights" / "mobilenet_v2.pth")
    names = ("--classes-file", imagenet / "imagenet_class_index.json")
    methods = [word for method in METHODS for word in ("--method", method)]
    drawn = ("--rendering", "percentile", "--heat-maps", 0, "--out", folder / "maps")
    xaitool("explain", *methods, *model, *weights, *names, *drawn, *(photos / p for p in PHOTOS))
    return Image.open(folder / "maps" / "grid.png")


def counterfactuals(folder: Path) -> Image.Image:
    """Digits, and what a generator makes of each of them for every other class."""
    classifier, run = folder / "classifier", folder / "baselines"
    xaitool("train-classifier", "--epochs", 20, "--out", classifier)
    small = ("--preset", "small", "--epochs", 60)
    xaitool("train-baseline-gan", "--classifier", classifier, *small, "--out", run)
    grid = Image.open(run / "samples" / "epoch-0060.png")
    return grid.crop((0, DIGITS.start * ROW, grid.width, DIGITS.stop * ROW))


def guided_gan(folder: Path) -> Image.Image:
    """Samples over the epochs, without guidance and with it."""
    common = ("--dataset", "mnist", "--classes", 7, "--batch-size", 100, "--epochs", 15)
    fast = ("--learning-rate", 2e-4, "--grid", 16, "--fid-samples", 0)
    plain, guided = folder / "plain", folder / "guided"
    xaitool("train-gan", *common, *fast, "--xai", "none", "--out", plain)
    xaitool("train-gan", *common, *fast, "--xai", "shap", "--evidence", "fake", "--out", guided)
    xaitool("evaluate", plain, guided, "-m", "convergence", "--out", folder / "comparison")
    return Image.open(folder / "comparison" / "samples.png")


def xaitool(*arguments: object) -> None:
    """One command, whose messages are shown."""
    subprocess.run([sys.executable, "-m", "xaitool", *map(str, arguments)], check=True)


def save(picture: Image.Image, path: Path) -> None:
    """As wide as a page, and of as many colours as are small enough."""
    height = round(picture.height * WIDTH / picture.width)
    small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    for colours in (256, 128, 64, 32):
        small.quantize(colours, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
        if path.stat().st_size < LARGEST:
            return


MAKERS = {
    "heat-maps": heat_maps,
    "counterfactuals": counterfactuals,
    "guided-gan": guided_gan,
}


def main(names: list[str]) -> None:
    """Make the named pictures, or all."""
    PICTURES.mkdir(exist_ok=True)
    for name in names or MAKERS:
        with tempfile.TemporaryDirectory() as folder:
            save(MAKERS[name](Path(folder)), PICTURES / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
