"""``recommend fit``: what a run leaves behind, and what is refused before anything is written."""

import json
import os
import signal

import pytest
import torch

from tests.golden import missing
from tests.trained import recommender_config
from tests.workflows.tiny_runs import files
from xaitool.core.recommenders.aspects.aspect_attention import ATTENTIONS as IN_CORE
from xaitool.errors import ConfigError, DataError, StoppedBySignal, UnknownNameError
from xaitool.io.jsonl import MetricsLog
from xaitool.workflows.configs.recommend_fit import ATTENTIONS
from xaitool.workflows.recommenders.fit import FitResult, recommend_fit
from xaitool.workflows.recommenders.recommender import load_recommender
from xaitool.workflows.runs.progress import SilentTask
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


class Told:
    """A reporter that remembers, and may send this process a signal after some epochs."""

    def __init__(self, signal_after=0):
        self.messages, self.warnings, self.tasks = [], [], []
        self.left = signal_after

    def message(self, text):
        self.messages.append(text)

    def warning(self, text):
        self.warnings.append(text)

    def task(self, name, total, unit, done=0):
        self.tasks.append((name, total, unit))
        told = self

        class Counting(SilentTask):
            def advance(self, steps=1, **values):
                told.left -= 1
                if told.left == 0:
                    os.kill(os.getpid(), signal.SIGTERM)

        return Counting()


def test_the_files_of_a_run(tmp_path):
    told = Told()
    result = recommend_fit(recommender_config(tmp_path / "run", epochs=3), told)
    assert isinstance(result, FitResult)
    run = tmp_path / "run"
    assert files(run) == {
        ".lock", "best.pt", "config.json", "environment.json", "metrics.jsonl", "status.json"
    } - ({".lock"} - files(run))  # fmt: skip
    entries = MetricsLog(run / "metrics.jsonl").read()
    assert [entry["epoch"] for entry in entries] == [1, 2, 3]
    assert not missing(entries[0], "recommend_fit", "metrics")
    assert entries[0]["training_rmse"] > entries[-1]["training_rmse"]
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["epoch"]) == ("completed", 3)
    assert (result.run_dir, result.checkpoint) == (str(run), str(run / "best.pt"))
    assert result.metrics == entries[-1]
    assert told.tasks == [("fit", 3, "epoch")]
    assert "2,400 ratings" in told.messages[-1]


@pytest.mark.parametrize("base", ["svd", "ncf"])
def test_the_same_command_gives_the_same_bytes(base, tmp_path):
    for name in "ab":
        recommend_fit(recommender_config(tmp_path / name, base=base))
    recommend_fit(recommender_config(tmp_path / "c", base=base, seed=1))
    first, again, other = ((tmp_path / name / "best.pt").read_bytes() for name in "abc")
    assert first == again != other


def test_overwriting_fits_anew(tmp_path):
    recommend_fit(recommender_config(tmp_path / "run"))
    with pytest.raises(ConfigError, match="is not empty") as error:
        recommend_fit(recommender_config(tmp_path / "run"))
    assert error.value.hint == "replace it with --overwrite"
    recommend_fit(recommender_config(tmp_path / "run", overwrite=True, base="baseline"))
    assert load_recommender(tmp_path / "run", CPU).base == "baseline"
    assert len(MetricsLog(tmp_path / "run" / "metrics.jsonl").read()) == 1


def test_options_reach_the_models(tmp_path):
    config = recommender_config(
        tmp_path / "run",
        factors=5,
        epochs=2,
        base_option=("regularisation=2.5",),
        attention="signed",
        amcf_option=("aspect-decay=0.5",),
    )
    recommend_fit(config)
    recommender = load_recommender(tmp_path / "run", CPU)
    options = recommender.model.options
    assert (options.factors, options.epochs, options.regularisation) == (5, 2, 2.5)
    assert recommender.amcf is not None
    assert recommender.amcf.options.attention == "signed"
    assert recommender.amcf.options.aspect_decay == 0.5
    assert recommender.amcf.embeddings.abs().sum() > 0


def test_the_attentions_are_those_of_the_core():
    assert ATTENTIONS == IN_CORE


@pytest.mark.parametrize("base", ["linear", "baseline"])
def test_what_has_no_item_vectors_is_fitted_without_amcf(base, tmp_path):
    told = Told()
    recommend_fit(recommender_config(tmp_path / "a", base=base), told)
    assert told.warnings == []
    assert f"base '{base}' has no item vectors, so AMCF is left out" in told.messages
    assert load_recommender(tmp_path / "a", CPU).amcf is None
    with pytest.raises(ConfigError, match="--attention is signed, but nothing in this run"):
        recommend_fit(recommender_config(tmp_path / "b", base=base, attention="signed"), Told())


@pytest.mark.parametrize(
    ("options", "held_out"),
    [
        ({"hold_out": 0.25}, 600),
        ({"split": "random"}, 480),
        ({"split": "time", "hold_out": 0.1}, 240),
        ({"split": "leave-one-out"}, 80),
    ],
)
def test_what_is_held_out_is_not_seen(options, held_out, tmp_path):
    recommend_fit(recommender_config(tmp_path / "run", **options))
    seen = load_recommender(tmp_path / "run", CPU).seen
    assert len(seen) == 2400 - held_out
    assert (seen.user_count, seen.item_count) == (80, 60)
    plan = recommend_fit(recommender_config(None, dry_run=True, **options))
    assert isinstance(plan, dict)
    assert (plan["ratings"], plan["held_out"]) == (2400 - held_out, held_out)


def test_a_dry_run_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = recommend_fit(recommender_config(None, dry_run=True))
    assert isinstance(plan, dict)
    assert not missing(plan, "recommend_fit", "plan")
    assert json.loads(json.dumps(plan)) == plan
    assert plan["base_options"]["factors"] == 8
    assert plan["amcf_options"]["attention"] == "masked-softmax"
    assert plan["run_dir"].startswith("runs/recommend-fit/")
    assert list(tmp_path.iterdir()) == []


def write_ratings(folder, times):
    lines = [f"u{n % 4},i{n // 4},{n % 5 + 1},{time}" for n, time in enumerate(times)]
    (folder / "ratings.csv").write_text("\n".join(["user,item,rating,timestamp", *lines]) + "\n")
    items = [f"i{n},a|b" for n in range(3)]
    (folder / "aspects.csv").write_text("\n".join(["item,aspects", *items]) + "\n")
    return f"csv:{folder / 'ratings.csv'}"


@pytest.mark.parametrize("split", ["time", "leave-one-out"])
def test_a_split_by_time_wants_times(split, tmp_path):
    dataset = write_ratings(tmp_path, [7] * 12)
    with pytest.raises(DataError, match="but a split by time wants different ones") as error:
        recommend_fit(recommender_config(tmp_path / "run", dataset=dataset, split=split))
    assert error.value.hint == "split at random"
    assert not (tmp_path / "run").exists()


def test_a_users_own_ratings(tmp_path):
    dataset = write_ratings(tmp_path, range(12))
    told = Told()
    recommend_fit(
        recommender_config(tmp_path / "run", dataset=dataset, scale=(0, 5), split="time"), told
    )
    recommender = load_recommender(tmp_path / "run", CPU)
    assert recommender.scale == (0, 5)
    assert recommender.names.user_ids == ("u0", "u1", "u2", "u3")
    # The last two ratings were held out.
    assert len(recommender.seen) == 10


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"base": "svdd"}, UnknownNameError, "unknown base model 'svdd'; did you mean 'svd'?"),
        ({"attention": "soft"}, UnknownNameError, "unknown attention 'soft'"),
        ({"base_option": ("factor=3",)}, ConfigError, "base 'svd' has no option 'factor'"),
        ({"base_option": ("epochs=0",)}, ConfigError, "base 'svd': epochs is 0, but at least 1"),
        ({"base_option": ("epochs",)}, ConfigError, "base 'svd' 'epochs' has no value"),
        ({"base": "linear", "factors": 3}, ConfigError, "--factors is 3, but nothing in this run"),
        ({"amcf_option": ("speed=3",)}, ConfigError, "AMCF has no option 'speed'"),
        (
            {"dataset": "csv:nowhere.csv", "scale": (1, 2, 3)},
            ConfigError,
            "--scale has 3 numbers, but LOW,HIGH is wanted",
        ),
        ({"dataset": "ml-100"}, UnknownNameError, "unknown ratings 'ml-100'"),
        ({"split": "leave-one-out", "hold_out": 0.1}, ConfigError, "--hold-out is 0.1, but"),
    ],
)
def test_bad_options(options, error, message, tmp_path):
    with pytest.raises(error) as caught:
        recommend_fit(recommender_config(tmp_path / "run", **options))
    assert message in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_signal_leaves_no_recommender(tmp_path):
    with pytest.raises(StoppedBySignal, match="after epoch 2, so there is no") as stopped:
        recommend_fit(recommender_config(tmp_path / "run"), Told(signal_after=2))
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    assert not (tmp_path / "run" / "best.pt").exists()
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert (status["state"], status["signal"], status["epoch"]) == ("interrupted", "SIGTERM", 2)
    recommend_fit(recommender_config(tmp_path / "run", overwrite=True))
    assert load_recommender(tmp_path / "run", CPU).base == "svd"
