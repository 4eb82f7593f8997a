from dataclasses import replace

import pytest
import torch
from PIL import Image

from tests.trained import baseline_gan_run, classifier_run, three_digits_run
from tests.workflows.explanations.test_explain_cgi import cvae_checkpoint
from xaitool import registry
from xaitool.core.baselines.base import Need
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.baselines.zero import Zero
from xaitool.core.score import Score
from xaitool.core.seeding import random_stream
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, ConfigError, InputError, ModelError
from xaitool.io.checkpoints import file_sha256
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.counterfactuals.generator import check_generator, load_generator
from xaitool.workflows.explanations.baselines import explained_baseline
from xaitool.workflows.explanations.plan import planned_files
from xaitool.workflows.explanations.supply import Supply
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), torch.float64)


def made(method, **options):
    found = opened(method, **options)
    return None if found is None else found.baseline


def opened(method, **options):
    config = ExplainConfig(**{"model": str(classifier_run()), **options}, method=method)
    classifier = load_classifier(config.model, config.weights, RUNTIME, options=config)
    [explanation] = planned_files(config)
    return explained_baseline(
        explanation, config, classifier, RUNTIME, against=config.held_against is not None
    )


@pytest.mark.parametrize(
    ("method", "options", "name"),
    [
        ("saliency", {}, None),
        ("agi", {}, None),
        ("integrated-gradients", {}, "zero"),
        ("deep-shap", {}, "dataset"),
        ("deep-shap", {"baseline": "zero"}, "zero"),
        ("deeplift", {"baseline": "dataset"}, "dataset"),
    ],
)
def test_which_baseline(method, options, name):
    [explanation] = planned_files(ExplainConfig(method=method, **options))
    assert explanation.baseline == name


def test_the_baselines_themselves():
    assert made("agi") is None
    assert isinstance(made("deeplift"), Zero)
    assert isinstance(made("deep-shap", references=2), DatasetReferences)


def test_a_method_without_a_baseline_refuses_one():
    with pytest.raises(ConfigError, match="method 'agi' takes no baseline, but --baseline is set"):
        made("agi", baseline="zero")


@pytest.mark.parametrize("dataset", [None, "digits"])
def test_references_are_drawn_from_the_training_split(dataset):
    found = made("deep-shap", references=7, seed=5, dataset=dataset)
    train = load_dataset("digits", "train")
    order = torch.randperm(len(train), generator=random_stream(5, "references"))
    assert isinstance(found, DatasetReferences)
    assert torch.equal(found.references, train.images(order[:7]).double())


def test_other_seeds_draw_other_references():
    one, two = (made("deep-shap", references=5, seed=seed) for seed in (1, 2))
    assert isinstance(one, DatasetReferences)
    assert isinstance(two, DatasetReferences)
    assert not torch.equal(one.references, two.references)


def test_more_references_than_there_are():
    with pytest.raises(ConfigError, match=r"--references is 9999, but dataset digits has 1438"):
        made("deep-shap", references=9999)


def test_nothing_to_draw_from():
    classifier = load_classifier(str(classifier_run()), None, RUNTIME)
    object.__setattr__(classifier, "dataset", None)
    config = ExplainConfig(method=("deep-shap",))
    [explanation] = planned_files(config)
    with pytest.raises(ConfigError, match="'dataset' has nothing to draw from") as caught:
        explained_baseline(
            explanation, config, classifier, RUNTIME, against=config.held_against is not None
        )
    assert caught.value.hint == "or --baseline zero"


# Recolouring wants images in colour.
@pytest.mark.parametrize("name", [one for one in registry.names("baseline") if one != "recolour"])
def test_every_registered_baseline_can_be_made(name, tmp_path):
    Image.new("L", (40, 30), 200).save(tmp_path / "grey.png")
    cvae = cvae_checkpoint(tmp_path, shape=(1, 28, 28), classes=("0", "1", "2"))
    files = {"image": tmp_path / "grey.png", "ganmex": baseline_gan_run(), "cvae": cvae}
    given = f"{name}:{files[name]}" if name in files else name
    baseline = made(
        "cgi" if name == "cvae" else "deeplift",
        model=str(three_digits_run()),
        baseline=given,
        against="second",
        references=3,
        seed=4,
    )
    images = load_dataset("digits", "test").images([0, 1]).double()
    score = Score(torch.tensor([0, 1]), torch.tensor([1, 0]))
    found = baseline.for_images(images, score)
    assert found.shape[0] == 2
    assert found.shape[2:] == images.shape[1:]
    assert found.min() >= 0
    assert found.max() <= 1
    several = {"dataset": 3, "uniform": 3, "gaussian": 3, "target-class": 3, "cvae": 51}
    assert found.shape[1] == several.get(name, 1)
    assert torch.equal(found, baseline.for_images(images, score))


def test_a_supply_meets_every_need():
    for need in Need:
        assert need is Need.SECOND_CLASS or callable(getattr(Supply, need))


def test_noise_follows_the_seed():
    images = load_dataset("digits", "test").images([0]).double()
    score = Score(torch.tensor([0]))
    one, two = (made("deeplift", baseline="uniform", seed=seed) for seed in (1, 2))
    assert not torch.equal(one.for_images(images, score), two.for_images(images, score))


def test_an_option_of_the_baseline_is_used():
    blurred = made("deeplift", baseline="blur", baseline_option=("sigma=0.5",))
    assert blurred.options.sigma == 0.5
    several = made("deeplift", baseline="uniform", baseline_option=("references=7",))
    assert several.options.references == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baseline": "blurr"}, "unknown baseline 'blurr'; did you mean 'blur'"),
        ({"baseline": "zero:x"}, "image:FILE, ganmex:CHECKPOINT or cvae:CHECKPOINT is wanted"),
        ({"baseline": "image"}, "image:FILE, ganmex:CHECKPOINT or cvae:CHECKPOINT is wanted"),
        ({"baseline": "ganmex"}, "image:FILE, ganmex:CHECKPOINT or cvae:CHECKPOINT is wanted"),
        ({"baseline": "cvae"}, "image:FILE, ganmex:CHECKPOINT or cvae:CHECKPOINT is wanted"),
        ({"baseline": "cvae:nosuch.pt"}, "is a path, but method 'deeplift' wants single"),
        ({"baseline": "image:nosuch.png"}, "nosuch.png"),
        ({"baseline": "ganmex:nosuch.pt"}, "'ganmex:nosuch.pt' looks for images of a second"),
        ({"baseline": "ganmex:nosuch.pt", "against": "second"}, "nosuch.pt does not exist"),
        ({"baseline": "nearest-target"}, "looks for images of a second class"),
        ({"baseline": "blur", "baseline_option": ("width=3",)}, "has no option 'width'"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        made("deeplift", **options)


@pytest.mark.parametrize("generator", ["ganmex", "standalone"])
def test_a_generator_says_what_it_is(generator):
    run = baseline_gan_run(generator)
    found = opened(
        "deeplift",
        model=str(three_digits_run()),
        baseline=f"ganmex:{run}",
        against="second",
    )
    assert found.warnings == ()
    assert found.facts == {
        "baseline_generator": generator,
        "baseline_checkpoint": str(run / "best.pt"),
        "baseline_sha256": file_sha256(run / "best.pt"),
    }


def other(count=3, names=()):
    """A classifier of three digits that no generator was trained against."""
    network = load_classifier(str(three_digits_run()), None, RUNTIME)
    head = torch.nn.Linear(count, count) if count == 3 else torch.nn.Linear(3, count)
    model = torch.nn.Sequential(network.model, head.double())
    return replace(network, model=model, sha256="another", classes=names, source="other")


def seeing(**changes):
    """It, with other images for input."""
    classifier = other()
    return replace(classifier, input=replace(classifier.input, **changes))


def test_a_generator_of_another_classifier_is_a_warning():
    found = load_generator(baseline_gan_run(), RUNTIME)
    [warning] = check_generator(found, other(), RUNTIME)
    assert "best.pt was trained against another classifier than other" in warning
    standalone = load_generator(baseline_gan_run("standalone"), RUNTIME)
    assert check_generator(standalone, other(), RUNTIME) == ()


def test_a_generator_of_other_images_or_classes():
    found = load_generator(baseline_gan_run(), RUNTIME)
    for classifier, message in (
        (seeing(crop=32), "makes images 1x28x28, but the model takes 1x32x32"),
        (seeing(channels=3), "makes images 1x28x28, but the model takes 3x28x28"),
        (other(4), "knows 3 classes, but the model tells 4 apart"),
        (other(3, ("a", "b", "c")), "has the classes 0, 1, 2, but other was trained on a, b, c"),
    ):
        with pytest.raises(ModelError, match=message):
            check_generator(found, classifier, RUNTIME)


def test_the_same_classifier_may_have_other_names():
    found = load_generator(baseline_gan_run(), RUNTIME)
    classifier = load_classifier(str(three_digits_run()), None, RUNTIME)
    renamed = replace(classifier, classes=("zero", "one", "two"))
    assert check_generator(found, renamed, RUNTIME) == ()


def opened_cvae(path, classifier=None, **options):
    """An autoencoder for the classifier of three digits, or for another."""
    config = ExplainConfig(method=("cgi",), baseline=(f"cvae:{path}",))
    [explanation] = planned_files(config)
    classifier = classifier or load_classifier(str(three_digits_run()), None, RUNTIME)
    return explained_baseline(explanation, config, classifier, RUNTIME, against=False, **options)


def test_an_autoencoder_says_what_it_is(tmp_path):
    path = cvae_checkpoint(tmp_path, shape=(1, 28, 28), classes=("0", "1", "2"))
    found = opened_cvae(path, sensitive={"colour": ("red", "green")})
    assert found.warnings == ()
    assert found.facts == {
        "baseline_generator": "cvae",
        "baseline_checkpoint": str(path),
        "baseline_sha256": file_sha256(path),
    }
    assert next(found.baseline.cvae.parameters()).dtype == torch.float64


def test_an_autoencoder_of_other_images_labels_or_attributes(tmp_path):
    path = cvae_checkpoint(tmp_path, shape=(1, 28, 28), classes=("0", "1", "2"))
    for classifier, options, message in (
        (other(3, ("a", "b", "c")), {}, "the labels 0, 1, 2, but a, b, c is wanted"),
        (other(4), {}, "knows 3 labels, but the model tells 4 classes apart"),
        (seeing(channels=3), {}, r"images \(1, 28, 28\), but \(3, 28, 28\) is wanted"),
        (other(), {"sensitive": {"colour": ("red", "blue")}}, "attributes colour"),
        (other(), {"sensitive": {"Male": ("red", "green")}}, r"Male \(red, green\) is wanted"),
    ):
        with pytest.raises(ModelError, match=message):
            opened_cvae(path, classifier, **options)
    with pytest.raises(ArtifactError, match="is a classifier, but a cvae is wanted"):
        opened_cvae(three_digits_run())


def test_a_checkpoint_that_is_no_generator():
    with pytest.raises(ArtifactError, match="is a classifier, but a baseline-gan is wanted"):
        opened("deeplift", baseline=f"ganmex:{classifier_run()}", against="second")
