"""What reads an option is declared: it is read in every run, or one of its command's readers does.

An option that is in neither list here is new: if some runs do not read it, declare in `readers`,
beside the option, what does; else add it to `ALWAYS`.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import COMMANDS
from tests.workflows.tiny_runs import Recorder, gan_config
from xaitool.core.guidance.guidance import Guidance
from xaitool.errors import ConfigError
from xaitool.options import Options, option_fields
from xaitool.options.unread import refuse_unread
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.explanations.explain import explain
from xaitool.workflows.gans.train_gan import train_gan

TRAINING = "seed precision dataset label classes image_size batch_size learning_rate"
ALWAYS = {
    "train-gan": f"{TRAINING} xai generator discriminator latent ema_decay objective "
    "objective_option n_critic optimiser clip_gradient fraction features fid_samples grid "
    "first_epoch_grids",
    "train-baseline-gan": f"{TRAINING} preset generator_kind beta1 beta2 judged grid",
    "train-classifier": f"{TRAINING} sensitive architecture optimiser weight_decay schedule loss "
    "loss_option warm_up augment debias adversarial weights freeze_backbone head validation",
    "explain": "seed precision images method method_option pair target against score model weights "
    "architecture classes_file input_size resize interpolation channels mean std only limit "
    "on_error",
    "recommend fit": "seed precision dataset base base_option split",
    "recommend top": "model user number exclude_seen explain",
    "recommend explain": "model user item shares plot",
    "recommend preferences": "model user",
}


@pytest.mark.parametrize("command", ALWAYS)
def test_every_option_is_read_by_somebody(command: str) -> None:
    config = COMMANDS[command]
    own = {field.name for field in option_fields(config) if field.facts.role == "experiment"}
    read = Counter([name for reader in config.readers for name in reader.reads])
    assert read + Counter(ALWAYS[command].split()) == Counter(own)


def test_every_command_is_asked_but_evaluate_whose_metrics_say_what_they_read() -> None:
    assert {*COMMANDS} - {*ALWAYS} == {"evaluate"}


@pytest.mark.parametrize("config_class", [config for config in COMMANDS.values() if config.presets])
def test_a_presets_own_values_are_not_refused(config_class: type[Options]) -> None:
    for preset in config_class.presets:
        refuse_unread(config_class.from_mapping({"preset": preset}, source="test"))


@pytest.mark.parametrize(
    "options",
    [
        TrainGanConfig(preset="xai-gan", xai="none"),
        TrainGanConfig(preset="logicgan", xai="saliency", optimiser="sgd"),
        TrainClassifierConfig(preset="pc-cifar10-adversarial", adversarial="none"),
        TrainClassifierConfig(preset="lgl-inr-cifar10", schedule="cosine", augment=("none",)),
        TrainBaselineGanConfig(preset="authors-head", generator_kind="cvae"),
        TrainBaselineGanConfig(preset="cia-celeba", generator_kind="standalone"),
    ],
    ids=lambda config: config.preset,
)
def test_nor_where_another_option_leaves_them_unread(options: Options, tmp_path: Path) -> None:
    refuse_unread(options)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(options.to_dict()))
    refuse_unread(type(options).from_mapping(json.loads(path.read_text()), source="test"))


def test_references_of_a_preset_are_not_drawn_where_nothing_compares() -> None:
    config = TrainGanConfig(preset="xai-gan", xai="saliency")
    assert config.references == 128
    assert Guidance(config.xai, options=config).references == 0


def test_python_is_refused_as_the_command_line_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--mask-strength is 0\.3, but nothing in this run"):
        train_gan(gan_config(tmp_path / "run", xai="none", mask_strength=0.3))
    with pytest.raises(ConfigError, match="--references is 7, but nothing in this run"):
        explain(ExplainConfig(method=("saliency",), references=7, dataset="digits"))


def test_a_run_that_was_begun_with_an_unread_option_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"xai": "none", "mask_strength": 0.3, "epochs": 1, "fid_samples": 0}
    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("xaitool.workflows.runs.place.refuse_unread", lambda config: None)
        train_gan(gan_config(run, **options), Recorder())
    config = gan_config(None, **{**options, "epochs": 2}, resume=str(run))
    result = train_gan(config, Recorder())
    assert not isinstance(result, dict)
    assert result.state == "completed"
