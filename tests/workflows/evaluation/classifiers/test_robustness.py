"""Robustness and misclassification ranks of a classifier, as ``evaluate`` measures them."""

import pytest

from tests.trained import classifier_run, gan_run, three_digits_run
from tests.workflows.evaluation.classifiers.attacked import (
    LIMIT,
    measure,
    network_and_images,
    seeded,
)
from tests.workflows.tiny_runs import Recorder
from xaitool.core.attacks.cw_l2 import CarliniWagnerL2
from xaitool.core.attacks.pgd import ProjectedGradientDescent
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.errors import ArtifactError, ConfigError, DataError, ModelError, UnknownNameError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def saturated(tmp_path):
    """The same classifier with logits so large that the softmax's gradients are exactly 0."""
    content = load_checkpoint(classifier_run(), kind="classifier")
    for name in HEADER:
        del content[name]
    state = content["state"]["model"]
    for last in list(state)[-2:]:
        state[last] *= 1e4
    (tmp_path / "saturated").mkdir()
    save_checkpoint(tmp_path / "saturated/best.pt", "classifier", content)
    return "saturated"


def test_accuracy_under_each_attack():
    fgsm_small, fgsm, pgd_small, pgd, worst_small, worst = measure(
        classifier_run(),
        attack=("fgsm", "pgd"),
        epsilon=(0.3, 0.1),
        attack_option=("pgd.steps=5",),
        seed=3,
    )
    network, images, labels = network_and_images()
    right = network(images).argmax(1) == labels
    attack = ProjectedGradientDescent(epsilon=0.1, steps=5)
    result = attack.run(network, images, labels, generator=seeded(3))
    left = int((right & ~result.success).sum())
    assert pgd_small["value"] == left / LIMIT
    assert (pgd_small["low"], pgd_small["high"]) == wilson_interval(left, LIMIT)
    assert pgd_small["clean"] == int(right.sum()) / LIMIT
    assert pgd_small["success"] == 1 - left / int(right.sum())
    fooled = right & result.success
    assert pgd_small["l2"] == pytest.approx(float(result.l2[fooled].double().quantile(0.5)))
    assert pgd_small["made_on"] == pgd_small["source"] == str(classifier_run())
    for small, large in ((fgsm_small, fgsm), (pgd_small, pgd), (worst_small, worst)):
        assert (small["epsilon"], large["epsilon"]) == (0.1, 0.3)
        assert small["n"] == LIMIT
        assert small["seed"] == 3
        assert small["value"] >= large["value"]
    assert worst["attack"] == worst_small["attack"] == "worst-case"
    assert worst_small["value"] <= min(fgsm_small["value"], pgd_small["value"])


def test_a_curve_begins_with_the_clean_images():
    recorder = Recorder()
    options = {"attack": ("fgsm", "pgd"), "attack_option": ("pgd.steps=5",)}
    rows = measure(classifier_run(), epsilon=("0", "8/255"), reporter=recorder, **options)
    assert [row["epsilon"] for row in rows] == [0, 8 / 255, 0, 8 / 255, 0, 8 / 255]
    for row in rows[::2]:
        assert row["value"] == row["clean"]
        assert (row["success"], row["l2"], row["signs"]) == (0, None, {})
    alone = measure(classifier_run(), epsilon=(0,), reporter=recorder, **options)
    assert alone == rows[::2]
    assert not recorder.warnings


def test_the_nearest_image_has_no_budget():
    options = {"search_steps": 3, "steps": 20, "initial_constant": 1.0}
    (row,) = measure(
        classifier_run(),
        attack=("cw-l2",),
        attack_option=tuple(f"{name}={value}" for name, value in options.items()),
    )
    network, images, labels = network_and_images()
    result = CarliniWagnerL2(rows=64, **options).run(network, images, labels, generator=seeded(0))
    fooled = result.success & (network(images).argmax(1) == labels)
    assert row["epsilon"] is None
    assert row["success"] == pytest.approx(int(fooled.sum()) / (row["clean"] * LIMIT))
    assert row["l2"] == pytest.approx(float(result.l2[fooled].double().quantile(0.5)))


def test_neither_the_batch_nor_a_repetition_changes_a_row():
    options = {"attack": ("pgd",), "epsilon": (0.1,), "precision": "float64", "limit": 20}
    rows = measure(classifier_run(), **options)
    assert measure(classifier_run(), batch_size=7, **options) == rows


def test_masked_gradients_are_found_out(saturated):
    recorder = Recorder()
    rows = measure(
        saturated,
        reporter=recorder,
        attack=("pgd", "square"),
        epsilon=(0.2,),
        attack_option=("square.queries=300",),
        transfer_from=(str(classifier_run()),),
    )
    own = {(row["attack"], row["made_on"]): row for row in rows if row["source"] == saturated}
    pgd, square = own["pgd", saturated], own["square", saturated]
    transferred = own["pgd", str(classifier_run())]
    assert pgd["zero_gradient"] > 0.5
    assert set(pgd["signs"]) == {"zero-gradient"}
    assert square["value"] < pgd["value"]
    assert square["signs"] == transferred["signs"] == {"black-box-stronger": "pgd"}
    assert transferred["zero_gradient"] is None
    shown = [warning for warning in recorder.warnings if "mask" in warning]
    assert len(shown) == len(recorder.warnings) == 4
    assert any(f"pgd from {classifier_run()} without its gradients" in one for one in shown)
    assert all(one.startswith("saturated may mask its gradients") for one in shown)
    assert all(one.endswith("at epsilon 0.2") for one in shown)


def test_the_transfer_matrix(saturated):
    run = str(classifier_run())
    rows = measure(run, attack=("fgsm",), epsilon=(0.2,), transfer_from=(saturated, saturated))
    places = [(row["source"], row["made_on"], row["attack"]) for row in rows]
    assert places == [
        (source, made_on, attack)
        for source in (run, saturated)
        for made_on, attack in ((run, "fgsm"), (saturated, "fgsm"), (None, "worst-case"))
    ]
    # Both decide alike, so what fools one fools the other.
    own, transferred, worst, *others = (row["value"] for row in rows)
    assert [own, transferred, worst] == others
    assert own < transferred
    assert worst <= own


def test_an_honest_classifier_draws_no_warning():
    recorder = Recorder()
    rows = measure(
        classifier_run(),
        reporter=recorder,
        epsilon=(0.05, 0.2),
        attack_option=("steps=10", "square.queries=50"),
    )
    assert not recorder.warnings
    assert len(rows) == 2 * 5
    assert not any(row["signs"] for row in rows)


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ConfigError, "--epsilon is -0.1, but at least 0 and at most 1", {"epsilon": (-0.1,)}),
        (ConfigError, "--epsilon is 8.0, but at least 0 and at most 1", {"epsilon": (0.1, 8.0)}),
        (ConfigError, "--epsilon is nan, but at least 0", {"epsilon": (float("nan"),)}),
        (UnknownNameError, "unknown attack 'pdg'; did you mean 'pgd'", {"attack": ("pdg",)}),
        (ConfigError, "sets epsilon, but --epsilon", {"attack_option": ("pgd.epsilon=0.1",)}),
        (ConfigError, "no attack of .* has an option 'stps'", {"attack_option": ("stps=1",)}),
        (ConfigError, "attack 'pgd': steps is 0", {"attack_option": ("pgd.steps=0",)}),
        (UnknownNameError, "unknown attack 'mim'", {"attack_option": ("mim.steps=1",)}),
        (
            ConfigError,
            "--attack is cw-l2, which has no budget",
            {"metric": "misclassification-rank", "attack": ("cw-l2",)},
        ),
        (ModelError, "model 'nosuch' does not exist", {"transfer_from": ("nosuch",)}),
    ],
)
def test_refusals(error, message, options):
    with pytest.raises(error, match=message) as caught:
        measure(classifier_run(), **options)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("metric", ["robustness", "misclassification-rank"])
def test_what_is_no_classifier_is_not_attacked(metric):
    message = f"metric '{metric}' does not measure .* of kind 'gan'"
    with pytest.raises(ConfigError, match=message):
        measure(gan_run(), metric=metric)


@pytest.mark.parametrize(
    ("error", "message", "other"),
    [
        (ModelError, "is the classifier itself, but another one", classifier_run),
        (DataError, "but .* was trained on 0, 1, 2", three_digits_run),
        (ArtifactError, "is a gan, but a classifier is wanted", gan_run),
    ],
)
def test_other_models_that_do_not_fit(error, message, other):
    with pytest.raises(error, match=message):
        measure(classifier_run(), transfer_from=(str(other()),))
