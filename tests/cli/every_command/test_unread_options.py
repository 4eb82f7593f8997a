"""An option that nothing in a run reads is refused; where something reads it, it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import COMMANDS
from tests.cli.conftest import Invoke, Refused
from tests.trained import recommender_run, three_digits_run
from tests.workflows.pictures import save_picture

NETWORKS = """
from torch import nn

def grey():
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))

def coloured():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 28 * 28, 10))

def generator():
    return nn.Sequential(nn.Linear(8, 28 * 28), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))

def discriminator():
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 1))

def explained(images, discriminator, references):
    return images
"""

# The lines of runs. What stands in braces is a path.
GAN = "train-gan --latent 8 --classes 0,1"
PLAIN, GUIDED = f"{GAN} --xai none", f"{GAN} --xai shap"
BASELINE_GAN = "train-baseline-gan --classifier {classifier}"
CVAE = "train-baseline-gan --generator-kind cvae"
ALONE = "train-baseline-gan --generator-kind standalone"
USERS = f"{ALONE} --classifier nets:grey --channels 1 --input-size 28"
CLASSIFIER = "train-classifier --classes 0,1,2"
CIA = "train-classifier --dataset biased-mnist:of=digits --augment cia"
FIT = "recommend fit"
CSV = f"{FIT} --dataset csv:ratings.csv"
WHY = "recommend explain --model {recommender} --user u7 --item i3"
EXPLAIN = "explain --model nets:grey --channels 1 --input-size 28"
SALIENCY = f"{EXPLAIN} --method saliency --dataset digits --limit 2"
INTEGRATED = f"{EXPLAIN} --method integrated-gradients --dataset digits --limit 2"
EXPECTED = f"{EXPLAIN} --method expected-gradients --dataset digits --limit 2"
FILE = f"{EXPLAIN} --method saliency image.png"
COLOURED = (
    "explain --model nets:coloured --input-size 28 --dataset biased-mnist:of=digits --limit 2"
)

# An option, a run that does not read it, and one that does; empty where no run of the command does.
CASES = [
    ("--explained-output probability", PLAIN, GUIDED),
    ("--explained-output probability", f"{GAN} --xai nets:explained", GUIDED),
    ("--references 3", PLAIN, GUIDED),
    ("--references 3", f"{GAN} --xai saliency", f"{GAN} --xai integrated-gradients"),
    ("--xai-option of=saliency", PLAIN, f"{GAN} --xai random"),
    ("--evidence fake", PLAIN, GUIDED),
    ("--mask-normalisation batch", PLAIN, GUIDED),
    ("--mask boost", PLAIN, GUIDED),
    ("--mask-strength 0.3", PLAIN, GUIDED),
    ("--mask-offset 0.1", PLAIN, GUIDED),
    ("--mask-rescale", PLAIN, GUIDED),
    ("--mask-samples fake", PLAIN, GUIDED),
    ("--background class", f"{GUIDED} --references 0", GUIDED),
    ("--reservoir 50", f"{GAN} --xai deeplift", f"{GAN} --xai deeplift --references 2"),
    ("--reservoir 50", f"{GAN} --xai nets:explained", f"{GAN} --xai nets:explained --references 2"),
    ("--mask-start 2", PLAIN, GUIDED),
    ("--mask-stop 2", PLAIN, GUIDED),
    ("--mask-every 2", PLAIN, GUIDED),
    ("--mask-anneal", PLAIN, f"{GUIDED} --mask-stop 3"),
    (
        "--architecture dcgan",
        f"{PLAIN} --generator nets:generator --discriminator nets:discriminator",
        f"{PLAIN} --generator nets:generator",
    ),
    ("--beta1 0.3", f"{PLAIN} --optimiser sgd", f"{PLAIN} --optimiser adamw"),
    ("--beta2 0.9", f"{PLAIN} --optimiser rmsprop", PLAIN),
    ("--momentum 0.3", PLAIN, f"{PLAIN} --optimiser sgd"),
    ("--sensitive colour", PLAIN, ""),
    ("--latent 3", BASELINE_GAN, CVAE),
    ("--beta 0.5", BASELINE_GAN, CVAE),
    ("--reconstruction squared-error", ALONE, CVAE),
    ("--tie 0", ALONE, CVAE),
    ("--condition both", BASELINE_GAN, CVAE),
    ("--cvae-network mlp", BASELINE_GAN, CVAE),
    ("--interpolations-shown 3", BASELINE_GAN, CVAE),
    ("--sensitive colour", ALONE, CVAE),
    ("--classifier {classifier}", CVAE, ALONE),
    ("--lambda-class 3", CVAE, BASELINE_GAN),
    ("--lambda-reconstruction 3", CVAE, BASELINE_GAN),
    ("--lambda-similarity 3", CVAE, BASELINE_GAN),
    ("--lambda-penalty 3", CVAE, BASELINE_GAN),
    ("--adversarial-loss log", CVAE, BASELINE_GAN),
    ("--include-source", CVAE, BASELINE_GAN),
    ("--n-critic 2", CVAE, BASELINE_GAN),
    ("--width 4", CVAE, BASELINE_GAN),
    ("--blocks 1", CVAE, BASELINE_GAN),
    ("--critic-layers 2", CVAE, BASELINE_GAN),
    ("--critic-learning-rate 0.01", CVAE, BASELINE_GAN),
    ("--schedule linear", CVAE, ""),
    ("--schedule constant", "", BASELINE_GAN),
    ("--ema-decay 0.5", CVAE, BASELINE_GAN),
    ("--weights weights.pt", ALONE, USERS),
    ("--classes-file names.txt", ALONE, USERS),
    ("--input-size 28", ALONE, f"{ALONE} --classifier nets:grey --channels 1"),
    ("--channels 1", ALONE, f"{ALONE} --classifier nets:grey --input-size 28"),
    ("--mean 0.5 --std 0.5", ALONE, USERS),
    ("--resize 300", ALONE, USERS),
    ("--interpolation bicubic", ALONE, USERS),
    ("--architecture nets:grey", ALONE, ""),
    ("--momentum 0.3", CLASSIFIER, f"{CLASSIFIER} --optimiser sgd"),
    ("--milestones 5", CLASSIFIER, f"{CLASSIFIER} --schedule steps"),
    ("--factor 0.5", CLASSIFIER, f"{CLASSIFIER} --schedule steps --milestones 5"),
    (
        "--class-weights inverse-frequency",
        f"{CLASSIFIER} --loss pc",
        f"{CLASSIFIER} --loss logistic",
    ),
    ("--rotation 5", f"{CLASSIFIER} --augment flip", f"{CLASSIFIER} --augment flip,rotate"),
    ("--crop-padding 2", CLASSIFIER, f"{CLASSIFIER} --augment crop"),
    ("--cvae recolour", CLASSIFIER, CIA),
    ("--interpolations 5", CLASSIFIER, f"{CIA} --cvae recolour"),
    ("--augment-limit 50", CLASSIFIER, f"{CIA} --cvae recolour"),
    ("--replace-originals", CLASSIFIER, f"{CIA} --cvae recolour"),
    ("--group-step 0.1", f"{CIA} --cvae recolour", f"{CIA} --cvae recolour --debias group-dro"),
    ("--adversarial-epsilon 0.1", CLASSIFIER, f"{CLASSIFIER} --adversarial fgsm"),
    (
        "--adversarial-steps 3",
        f"{CLASSIFIER} --adversarial fgsm --adversarial-epsilon 0.1",
        f"{CLASSIFIER} --adversarial pgd --adversarial-epsilon 0.1",
    ),
    ("--factors 3", f"{FIT} --base linear", f"{FIT} --base ncf"),
    ("--epochs 3", f"{FIT} --base baseline", f"{FIT} --base svd++"),
    ("--attention signed", f"{FIT} --base linear", f"{FIT} --base fm"),
    ("--amcf-option aspect-decay=0.1", f"{FIT} --base baseline", FIT),
    ("--aspects genres.csv", FIT, CSV),
    ("--scale 0,6", FIT, CSV),
    ("--duplicates last", FIT, CSV),
    ("--hold-out 0.1", f"{FIT} --split leave-one-out", f"{FIT} --split random"),
    ("--overwrite", WHY, f"{WHY} --plot why.png"),
    ("--path recolour", f"{COLOURED} --method saliency", f"{COLOURED} --method cgi"),
    ("--baseline zero", SALIENCY, INTEGRATED),
    ("--baseline-option sigma=2", SALIENCY, f"{INTEGRATED} --baseline blur"),
    ("--references 7", SALIENCY, f"{INTEGRATED} --baseline dataset"),
    (
        "--references 7",
        INTEGRATED,
        f"{EXPLAIN} --method expected-gradients --dataset digits --limit 2",
    ),
    (
        "--references 7",
        f"{INTEGRATED} --baseline uniform --baseline-option references=3",
        f"{INTEGRATED} --baseline uniform",
    ),
    ("--dataset digits", FILE, f"{EXPLAIN} --method deep-shap image.png"),
    ("--split train", FILE, SALIENCY),
    ("--split train", f"{EXPLAIN} --method deep-shap image.png --dataset digits", SALIENCY),
]


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "nets.py").write_text(NETWORKS)
    (tmp_path / "names.txt").write_text("\n".join("0123456789"))
    save_picture(tmp_path / "image.png")
    torch.save({"1.weight": torch.ones(10, 784), "1.bias": torch.ones(10)}, tmp_path / "weights.pt")
    lines = [f"u{user},i{item},{1 + (user + item) % 5}" for user in range(4) for item in range(4)]
    (tmp_path / "ratings.csv").write_text("\n".join(["user,item,rating", *lines]))
    for name in ("aspects", "genres"):
        rows = [f"i{item},{'a|b' if item % 2 else 'a'}" for item in range(4)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["item,aspects", *rows]))


def words(line: str) -> list[str]:
    if "{classifier}" in line:
        line = line.replace("{classifier}", str(three_digits_run()))
    if "{recommender}" in line:
        line = line.replace("{recommender}", str(recommender_run("svd")))
    return line.split()


def of(line: str) -> str:
    return next(name for name in COMMANDS if f"{line} ".startswith(f"{name} "))


def names(option: str) -> list[str]:
    flags = [word for word in option.split() if word.startswith("--")]
    return [flag[2:].replace("-", "_") for flag in flags]


@pytest.mark.parametrize(("option", "line"), [(option, line) for option, line, _ in CASES if line])
def test_what_nothing_reads_is_refused(
    option: str, line: str, invoke: Invoke, refused: Refused, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    (reader,) = (one for one in COMMANDS[of(line)].readers if names(option)[0] in one.reads)
    result = invoke(*words(f"{line} {option}"), "-q", "--device", "cpu")
    refused(result, f"{option.split()[0]} is ", f"{reader.name} would read it")
    assert ", but nothing in this run reads it" in result.stderr
    assert set(tmp_path.iterdir()) - {tmp_path / "__pycache__"} == before


@pytest.mark.parametrize("line", dict.fromkeys(line for _, _, line in CASES if line))
def test_what_is_read_is_not(line: str, invoke: Invoke) -> None:
    options = " ".join(dict.fromkeys(option for option, _, other in CASES if other == line))
    dry = [] if line == f"{WHY} --plot why.png" else ["--dry-run"]
    result = invoke(*words(f"{line} {options}"), "-q", "--device", "cpu", *dry)
    assert result.returncode == 0, result.stderr


def test_every_reader_is_tried() -> None:
    tried = {(of(line or other), name) for option, line, other in CASES for name in names(option)}
    declared = {
        (command, name)
        for command, config in COMMANDS.items()
        if command != "evaluate"  # its own are tried beside its metrics'
        for reader in config.readers
        for name in reader.reads
    }
    assert tried == declared
