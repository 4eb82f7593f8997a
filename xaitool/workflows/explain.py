"""``explain``: images in, an attribution file and heat maps out."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.score import Output
from xaitool.errors import ConfigError, DataError, StoppedBySignal
from xaitool.io.attribution_layout import AttributionRows, partial_path
from xaitool.io.attribution_writer import AttributionWriter, check_new
from xaitool.io.provenance import versions
from xaitool.workflows.baseline_source import baseline_name, baseline_options, make_baseline
from xaitool.workflows.class_choice import ClassChoice, class_label
from xaitool.workflows.command_text import command_text
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explained_images import open_images
from xaitool.workflows.explainer import Explainer
from xaitool.workflows.heat_maps import HeatMaps
from xaitool.workflows.model_source import load_classifier
from xaitool.workflows.progress import Reporter, SilentReporter
from xaitool.workflows.runtime import Runtime
from xaitool.workflows.stop_signal import StopSignal

Record = dict[str, Any]


@dataclass(frozen=True)
class ExplainResult:
    """What was written.

    Attributes:
        files: The attribution file, then the heat maps.
        samples: How many images were explained.
        skipped: Images that could not be read.
    """

    files: list[Path]
    samples: int
    skipped: list[str]


def explain(
    config: ExplainConfig,
    reporter: Reporter | None = None,
    emit: Callable[[Record], None] | None = None,
) -> ExplainResult | dict[str, Any]:
    """Attribute a classifier's score to the pixels of images.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.
        emit: Called with a plain record for every image once it is explained: ``image``,
            ``output`` (the attribution file), ``index`` (its place among the images), ``method``,
            ``target``, ``target_name``, ``against`` (None without), ``prediction``,
            ``score_input``, ``completeness_gap`` (NaN where none is promised), ``heat_map`` (None
            without) and ``seconds``.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, an image or the model does not fit.
        StoppedBySignal: A signal came; ``--resume`` continues the unfinished file.
    """
    reporter = reporter or SilentReporter()
    runtime = Runtime.from_options(config)
    job = _Job(config, runtime, reporter)
    if config.dry_run:
        return job.plan()
    return job.run(emit or (lambda record: None))


class _Job:
    """One call of ``explain``: everything checked and loaded, nothing written yet."""

    def __init__(self, config: ExplainConfig, runtime: Runtime, reporter: Reporter) -> None:
        self.config = config
        self.reporter = reporter
        self.out = _free_place(config)
        method: type[AttributionMethod] = registry.load("method", config.method)
        options = method.Options.from_assignments(
            config.method_option, source=f"method '{config.method}'"
        )
        self.method_options = options.to_dict()
        self.baseline_name = baseline_name(config, method)
        self.baseline_options = baseline_options(config, method)
        self.output: Output = config.score or method.default_output  # type: ignore[assignment]
        self.classifier = load_classifier(config.model, config.weights, runtime)
        self.images = open_images(config, self.classifier)
        self.choice = ClassChoice(config.target, config.against, self.classifier.classes)
        self._check_choice(runtime)
        self.baseline = make_baseline(config, method, self.classifier, runtime)
        self.rows = runtime.rows(self.images.pixels, config.batch_size)
        self.explainer = Explainer(
            self.classifier,
            method(self.classifier.model, rows=self.rows, seed=config.seed, **self.method_options),
            self.choice,
            self.output,
            self.baseline,
            runtime,
            reporter,
        )

    def plan(self) -> dict[str, Any]:
        """What would be done."""
        return self._attributes() | {"command": "explain", "out": str(self.out)}

    def run(self, emit: Callable[[Record], None]) -> ExplainResult:
        """Explain everything that is not explained yet."""
        self.explainer.runtime.announce(self.reporter)
        files = [self.out]
        with StopSignal() as stop, _opened(self._writer(), self.out) as writer:
            with self._task(done=len(writer.indices)) as task:
                for rows, records in self._explained(writer):
                    files += [Path(one["heat_map"]) for one in records if one["heat_map"]]
                    for record in records:
                        emit(record)
                    task.advance(len(rows))
                    stop.raise_if_received(hint="continue with the same command and --resume")
            samples = len(writer.indices)
            self._report(samples)
        return ExplainResult(files, samples, self.images.skipped)

    def _explained(
        self, writer: AttributionWriter
    ) -> Iterator[tuple[AttributionRows, list[Record]]]:
        heat_maps = self._heat_maps()
        for batch in self.images.batches(self.rows, done=writer.indices):
            started = time.perf_counter()
            rows = self.explainer.explain(batch)
            # Before the samples are kept: a sample that is done is not looked at again.
            pictures = heat_maps.write(rows)
            writer.append(rows)
            seconds = round((time.perf_counter() - started) / len(rows), 4)
            yield (
                rows,
                [
                    self._record(rows, row, picture) | {"seconds": seconds}
                    for row, picture in enumerate(pictures)
                ],
            )

    def _report(self, samples: int) -> None:
        """Say what is missing.

        Raises:
            DataError: Everything is.
        """
        for reason in self.images.skipped:
            self.reporter.warning(f"skipped: {reason}")
        if not samples:
            raise DataError(
                f"none of {len(self.images)} images can be read, but at least one is wanted"
            )
        most = self.config.heat_maps
        if 0 < most < len(self.images):
            self.reporter.message(
                f"the first {most} of {len(self.images)} images have a heat map; "
                "--heat-maps sets how many"
            )

    def _check_choice(self, runtime: Runtime) -> None:
        """Refuse classes that do not fit, as far as this can be known before the predictions."""
        count = self.classifier.class_count(self.images.shape, runtime)
        self.choice.check(count)
        if self.choice.target == "predicted":
            return
        known = (
            self.choice if self.choice.against != "second" else replace(self.choice, against=None)
        )
        logits = torch.zeros(()).expand(len(self.images), count)
        known.score(logits, self.images.labels, self.output)

    def _task(self, done: int) -> contextlib.AbstractContextManager[Any]:
        return self.reporter.task("explain", len(self.images), "image", done)

    def _heat_maps(self) -> HeatMaps:
        return HeatMaps(
            self.out,
            self.config.heat_maps,
            title=self.config.method,
            output=self.output,
            classes=self.classifier.classes,
            replace=self.config.overwrite and not self.config.resume,
        )

    def _writer(self) -> AttributionWriter:
        baseline = self.baseline
        references = baseline.references if isinstance(baseline, DatasetReferences) else None
        if self.config.resume:
            return AttributionWriter.resume(self.out, self._attributes(), references=references)
        return AttributionWriter.create(
            self.out,
            self._attributes(),
            references=references,
            overwrite=self.config.overwrite,
        )

    def _attributes(self) -> dict[str, Any]:
        config, classifier = self.config, self.classifier
        return {
            "method": config.method,
            "method_options": self.method_options,
            "score": self.output,
            "target_rule": config.target,
            "against_rule": config.against,
            "baseline": self.baseline_name,
            "baseline_options": self.baseline_options,
            "dataset": config.dataset,
            "split": config.split if config.dataset else None,
            "images": len(self.images),
            "images_sha256": self.images.digest,
            "model_source": classifier.source,
            "model_weights": classifier.weights,
            "model_sha256": classifier.sha256,
            "normalisation_mean": list(classifier.mean),
            "normalisation_std": list(classifier.standard_deviation),
            "seed": config.seed,
            "precision": config.precision,
            "versions": versions(),
            "command": command_text("explain", config),
        }

    def _record(self, rows: AttributionRows, row: int, picture: Path | None) -> Record:
        target, against = int(rows.target[row]), int(rows.against[row])
        return {
            "image": rows.filename[row],
            "output": str(self.out),
            "index": int(rows.index[row]),
            "method": self.config.method,
            "target": target,
            "target_name": class_label(target, self.classifier.classes),
            "against": None if against < 0 else against,
            "prediction": int(rows.prediction[row].argmax()),
            "score_input": float(rows.score_input[row]),
            "completeness_gap": float(rows.completeness_gap[row]),
            "heat_map": None if picture is None else str(picture),
        }


def _free_place(config: ExplainConfig) -> Path:
    """Where the attribution file goes.

    Raises:
        InputError: It cannot go there.
    """
    out = config.out or Path(f"{config.method}.h5")
    if out.suffix != ".h5":
        raise ConfigError(f"--out is {out}, but a name that ends in .h5 is wanted")
    if out.is_dir():
        raise ConfigError(f"--out is the folder {out}, but a file is wanted")
    check_new(out, overwrite=config.overwrite, resume=config.resume)
    return out


@contextlib.contextmanager
def _opened(writer: AttributionWriter, out: Path) -> Iterator[AttributionWriter]:
    """The writer; an error before the first sample leaves no unfinished file in the way."""
    try:
        with writer:
            yield writer
    except Exception as error:
        if not writer.indices and not isinstance(error, StoppedBySignal):
            shutil.rmtree(partial_path(out))
        raise
