"""Rows of a GAN: what the judge says, named and once."""

import math

import pytest
import torch

from tests.golden import missing
from tests.trained import classifier_run, gan_run
from xaitool.core.models.gans.images import noise
from xaitool.core.models.gans.mlp_gan import MLPGan
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, InputError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.gans.figures import measure_gan
from xaitool.workflows.features import lenet as feature_network
from xaitool.workflows.features.source import feature_source
from xaitool.workflows.gans.judge import GanJudge, figure_names
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import SilentReporter
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = feature_network.Recipe(epochs=1, least_steps=1)
    monkeypatch.setattr(feature_network, "RECIPE", recipe)


def rows(path, metrics=(), **options):
    metrics = metrics or tuple(figure_names())
    values = {"samples": 60, "seed": 5, "device": "cpu", **options}
    config = EvaluateConfig(**values)
    found = list(measure_gan(path, metrics, Context(config, CPU, SilentReporter())))
    for row in found:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", row["metric"])
    return {row["metric"]: row for row in found}


def test_every_figure_of_the_judge_is_a_row(monkeypatch):
    judgements = []
    judge = GanJudge.judge

    def counted(self, *arguments, **options):
        judgements.append(judge(self, *arguments, **options))
        return judgements[-1]

    monkeypatch.setattr(GanJudge, "judge", counted)
    found = rows(gan_run())
    assert list(found) == figure_names()
    (figures,) = judgements
    named = {name.replace("-", "_"): row["value"] for name, row in found.items()}
    assert named | {"kid_std": 0.0} == figures
    assert {row["std"] for row in found.values()} == {None}


def test_rows_are_the_judges_own(tmp_path):
    torch.manual_seed(0)
    shape = (1, 28, 28)
    network = feature_source(
        "lenet",
        "digits",
        image_size=None,
        data_dir=None,
        workers=1,
        runtime=CPU,
        reporter=SilentReporter(),
    )
    assert network is not None
    dataset = load_dataset("digits", "test", classes=["0", "1"])
    checkpoint = load_checkpoint(gan_run(), kind="gan")
    generator = MLPGan(shape, latent=8).generator
    generator.load_state_dict(checkpoint["state"]["generator"])
    latent = noise(60, 8, 5, "evaluate", like=torch.zeros(1))
    judge = GanJudge(network, dataset, 60, 5, CPU.device)
    figures = judge.judge(generator, latent, kid_subsets=7)
    found = rows(gan_run(), kid_subsets=7)
    for name, row in found.items():
        assert row["value"] == pytest.approx(figures[name.replace("-", "_")], rel=1e-5, abs=1e-7)
        assert (row["n"], row["real"]) == (60, 60)
        assert row["features"] == f"lenet5:{network.sha256[:12]}"


def test_another_network_gives_other_features():
    found = rows(gan_run(), features=str(classifier_run()))
    own = rows(gan_run())
    assert found["fid"]["features"].startswith(f"{classifier_run()}:")
    assert found["fid"]["value"] != own["fid"]["value"]
    assert found["pixel-deviation"]["value"] == pytest.approx(own["pixel-deviation"]["value"])


@pytest.mark.parametrize(("spread", "std"), [(0.5, 0.5), (0.0, None)])
def test_one_subset_of_kid_has_no_spread(monkeypatch, spread, std):
    figures = {"kid": 2.0, "kid_std": spread}
    monkeypatch.setattr(GanJudge, "judge", lambda *_, **__: figures)
    assert rows(gan_run(), ("kid",))["kid"]["std"] == std


def test_what_is_not_defined_has_no_value():
    found = rows(gan_run(), limit=3)
    assert found["precision"]["value"] is None
    assert found["coverage"]["value"] is None
    assert math.isfinite(found["fid"]["value"])


def edited(path, **changes):
    content = load_checkpoint(gan_run(), kind="gan")
    for name in HEADER:
        del content[name]
    content["config"] |= changes.pop("config", {})
    save_checkpoint(path, "gan", content | changes)
    return path


def test_the_network_that_judged_the_training_is_the_default(tmp_path):
    path = edited(tmp_path / "a.pt", config={"features": str(classifier_run())})
    assert rows(path, ("fid",)) == {
        "fid": rows(gan_run(), ("fid",), features=str(classifier_run()))["fid"]
        | {"source": str(path)}
    }


def test_code_that_a_checkpoint_names_is_not_loaded(tmp_path):
    path = edited(tmp_path / "a.pt", config={"features": "networks_of_tests:make"})
    with pytest.raises(InputError, match="is code"):
        rows(path)
    path = edited(tmp_path / "a.pt", generator_source="networks_of_tests:make")
    with pytest.raises(ArtifactError, match="--generator") as caught:
        rows(path)
    assert "--generator" in str(caught.value.hint)


def test_a_generator_of_a_users_own(tmp_path):
    path = edited(
        tmp_path / "a.pt", generator_source="tests.workflows.evaluation.gans.test_figures:own"
    )
    found = rows(path, generator="tests.workflows.evaluation.gans.test_figures:own")
    expected = rows(gan_run())
    assert found["fid"]["value"] == expected["fid"]["value"]


def own():
    return MLPGan((1, 28, 28), latent=8).generator
