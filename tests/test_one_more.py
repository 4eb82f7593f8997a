"""One more of something is one file and one registry entry, and its command reaches it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.trained import SMALL_RATINGS, classifier_run, gan_run, recommender_run
from xaitool.io.checkpoints import save_checkpoint
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import explain

NAME = "onemore"
SUMMARY = "there is one more of them"
TARGET = "one_more:OneMore"
CPU = ("--device", "cpu", "-q")


class Result(NamedTuple):
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


Run = Callable[..., Result]
Program = Callable[[str], AbstractContextManager[Run]]


@pytest.fixture
def program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Program:
    """The program with one more file in it: imported anew, and gone again at the end.

    What a command offers is settled when it is imported, so an entry has to be there before.
    """
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Result:
        app = importlib.import_module("xaitool.cli.app")
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["xaitool", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            app.main()
        return Result(int(ended.value.code or 0), *capfd.readouterr())

    @contextmanager
    def imported(code: str) -> Iterator[Run]:
        (tmp_path / "one_more.py").write_text(code)
        before = _taken_out()
        importlib.import_module("xaitool").__path__.append(str(tmp_path))
        try:
            yield command
        finally:
            _taken_out()
            sys.modules.update(before)

    return imported


def _taken_out() -> dict[str, ModuleType]:
    """Our modules, which the next import makes anew."""
    names = [name for name in sys.modules if name.partition(".")[0] == "xaitool"]
    return {name: sys.modules.pop(name) for name in names}


def offered(run: Run, command: str, flag: str, *line: str | Path) -> None:
    """The list tells of it, and a slip of the pen is told its name."""
    assert NAME in run(*command.split(), "--list").stdout
    slip = run(*command.split(), *line, flag, "onemor")
    assert slip.status == 2
    assert f"did you mean '{NAME}'" in slip.stderr


# Metrics: a function of an artifact, or a part of a pass that several share.

ALONE = """
def OneMore(path, metrics, context):
    yield {"metric": "onemore", "value": 40 + context.config.step, "n": 1, "source": str(path)}
"""
TOGETHER = """
def OneMore(paths, context):
    yield {"metric": "onemore", "value": 41 + len(paths), "n": 1, "source": "all"}
"""
LOGITS = """
class OneMore:
    def __init__(self, classifier, classes):
        self.seen = 0

    def update(self, logits, labels):
        self.seen += len(logits)

    def rows(self, source):
        yield {"metric": "onemore", "value": 40 + self.seen, "n": self.seen, "source": source}
"""
FIGURE = """
from xaitool.workflows.gans.figures import Figure

def OneMore(images):
    return Figure(40.0 + images.made.statistics.count)
"""
MAPS = """
class OneMore:
    def __init__(self, file, first, config):
        self.seen = 0

    def update(self, samples):
        self.seen += len(samples)

    def rows(self):
        yield {"metric": "onemore", "value": 40 + self.seen, "n": self.seen}
"""
CURVE = """
import torch
from xaitool.core.metrics.explanation.insertion_deletion import PixelCurve

def OneMore(model, images, maps, score, *, step, rows, mean, channel_sum):
    values = torch.full((len(images), 2), 42.0, dtype=torch.float64)
    return PixelCurve(values[:, 0], values, torch.tensor([0.0, 1.0]))
"""
FOLD = """
from xaitool.workflows.evaluation.recommenders.fold import FoldFigure, FoldMetric

class OneMore(FoldMetric):
    def figures(self, fold):
        yield FoldFigure(self.name, 42.0, len(fold.test))
"""


def explained(folder: Path) -> Path:
    """An attribution file of two images."""
    config = ExplainConfig(
        method=("saliency",),
        model=str(classifier_run()),
        dataset="digits",
        limit=2,
        heat_maps=0,
        device="cpu",
        out=folder / "maps.h5",
    )
    explain(config)
    return folder / "maps.h5"


def header_alone(kind: str) -> Callable[[Path], Path]:
    """Makes a checkpoint that says what it is, and no more."""

    def make(folder: Path) -> Path:
        save_checkpoint(folder / "artifact.pt", kind, {})
        return folder / "artifact.pt"

    return make


@dataclass(frozen=True)
class MetricTrial:
    """A metric of artifacts of one kind; its value is 42.

    Attributes:
        kind: Of the artifact.
        artifact: Makes it in a folder.
        code: The file.
        beside: A metric of that kind that is measured by the same pass; empty where it is alone.
        facts: What else the entry says.
        line: Options.
    """

    kind: str
    artifact: Callable[[Path], Path]
    code: str
    beside: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    line: tuple[str | Callable[[], Path], ...] = ()


STEP: dict[str, Any] = {"facts": {"reads": ("step",)}, "line": ("--step", "2")}
METRICS = [
    MetricTrial("classifier", lambda folder: classifier_run(), ALONE, **STEP),
    MetricTrial("cvae", header_alone("cvae"), ALONE, **STEP),
    MetricTrial("baseline-gan", header_alone("baseline-gan"), ALONE, **STEP),
    MetricTrial("gan", header_alone("gan"), TOGETHER, facts={"compares": True}),
    MetricTrial(
        "classifier",
        lambda folder: classifier_run(),
        LOGITS,
        "accuracy",
        {"reads": ("limit",)},
        ("--limit", "2"),
    ),
    MetricTrial(
        "gan",
        lambda folder: gan_run(),
        FIGURE,
        "fid",
        {"reads": ("samples", "features")},
        ("--samples", "2", "--features", classifier_run),
    ),
    MetricTrial("recommender", lambda folder: recommender_run("baseline"), FOLD, "rmse"),
    MetricTrial("attribution", explained, MAPS, "gini"),
    MetricTrial("attribution", explained, CURVE, "insertion"),
]


@pytest.mark.parametrize("trial", METRICS, ids=lambda trial: f"{trial.kind}-{trial.beside}")
def test_a_metric(trial: MetricTrial, program: Program, tmp_path: Path) -> None:
    artifact = trial.artifact(tmp_path)
    line = [str(one() if callable(one) else one) for one in trial.line]
    with program(trial.code) as run:
        registry = importlib.import_module("xaitool.registry")
        metrics = registry.METRICS_OF[trial.kind]
        measure = metrics[trial.beside].measure if trial.beside else ""
        metrics[NAME] = registry.Metric(TARGET, SUMMARY, "nobody", measure=measure, **trial.facts)
        # It has put the names of all kinds together already.
        importlib.reload(registry)

        measured = run("evaluate", artifact, "--metric", NAME, *line, *CPU)
        assert measured.status == 0, measured.stderr
        rows = [text.split("\t")[:2] for text in measured.stdout.splitlines()]
        assert rows == [["metric", "value"], [NAME, "42"]]
        offered(run, "evaluate", "--metric", artifact)


# What commands choose from. Each leaves a file behind when it is used.

METHOD = """
import torch
from pathlib import Path
from xaitool.core.attribution.base import Attribution, AttributionMethod

class OneMore(AttributionMethod):
    def _attribute(self, inputs, score, baselines, rows):
        Path("used").touch()
        score_input, nothing = torch.zeros(len(inputs)), torch.full((len(inputs),), torch.nan)
        return Attribution(torch.ones_like(inputs), score_input, nothing, nothing)
"""
BASELINE = """
from pathlib import Path
from xaitool.core.baselines.base import Baseline

class OneMore(Baseline):
    def for_images(self, images, score, *, rows=1):
        Path("used").touch()
        return images.new_zeros(()).expand(len(images), 1, *images.shape[1:])
"""
ATTACK = """
from pathlib import Path
from xaitool.core.attacks.base import FixedBudgetAttack

class OneMore(FixedBudgetAttack):
    kind = "black-box"

    def _attack(self, model, images, labels, draws, outcome):
        Path("used").touch()
"""
LOSS = """
import torch.nn.functional as F
from pathlib import Path
from xaitool.core.losses.base import Loss

class OneMore(Loss):
    def _loss(self, logits, labels):
        Path("used").touch()
        return F.cross_entropy(logits, labels)
"""
OBJECTIVE = """
from pathlib import Path
from xaitool.core.objectives.base import GanObjective

class OneMore(GanObjective):
    def discriminator_loss(self, real_logits, generated_logits):
        return generated_logits.mean() - real_logits.mean()

    def generator_loss(self, generated_logits):
        Path("used").touch()
        return -generated_logits.mean()
"""
DATASET = """
from pathlib import Path
from xaitool.data.sets.digits import load

def OneMore(request):
    Path("used").touch()
    return load(request)
"""
BASE = """
from pathlib import Path
from xaitool.core.recommenders.biases import Biases

class OneMore(Biases):
    def fit(self, ratings, **options):
        Path("used").touch()
        return super().fit(ratings, **options)
"""

LOG = """
from pathlib import Path
from xaitool.workflows.runs.logs.base import RunLog

class OneMore(RunLog):
    library = "json"

    def __init__(self, run):
        self.id, self.step, self.place = None, 0, "nowhere"

    def write(self, step, figures, pictures):
        Path("used").touch()

    def close(self, completed):
        pass
"""

CHOICES = {
    "method": (METHOD, "explain --method onemore --dataset digits --limit 2 --heat-maps 0"),
    "baseline": (BASELINE, "explain --baseline onemore --dataset digits --limit 2 --heat-maps 0"),
    "dataset": (DATASET, "explain --dataset onemore --limit 2 --heat-maps 0"),
    "attack": (ATTACK, "evaluate CLASSIFIER -m robustness --attack onemore --limit 2"),
    "loss": (LOSS, "train-classifier --loss onemore --classes 0,1 --epochs 1"),
    "objective": (
        OBJECTIVE,
        "train-gan --objective onemore --classes 0,1 --epochs 1 --xai none --fid-samples 0",
    ),
    "base": (BASE, f"recommend fit --base onemore --dataset {SMALL_RATINGS}"),
    "log": (LOG, f"recommend fit --log onemore --dataset {SMALL_RATINGS}"),
}
"""By kind: the file, and a command that takes it."""


@pytest.mark.parametrize("kind", CHOICES)
def test_a_choice(
    kind: str, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, command = CHOICES[kind]
    line = command.replace("CLASSIFIER", str(classifier_run())).split()
    name = "recommend fit" if line[0] == "recommend" else line[0]
    model = ("--model", str(classifier_run())) if name == "explain" else ()
    place = () if name == "evaluate" else ("--out", "out.h5" if name == "explain" else "out")
    with program(code) as run:
        registry = importlib.import_module("xaitool.registry")
        registry.KINDS[kind][NAME] = registry.Entry(TARGET, SUMMARY, "nobody")

        training = importlib.import_module("xaitool.workflows.runs.training")
        monkeypatch.setattr(training, "write_curves", lambda *arguments: None)
        used = run(*line, *model, *place, *CPU)
        assert used.status == 0, used.stderr
        assert (tmp_path / "used").exists()
        offered(run, name, f"--{kind}", *model)
