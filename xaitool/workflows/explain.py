"""``explain``: images in, an attribution file and heat maps out."""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool import registry
from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.score import Output, Score
from xaitool.errors import ConfigError, ModelError
from xaitool.io.atomic import atomic_write
from xaitool.io.attribution_layout import AttributionRows
from xaitool.io.attribution_writer import AttributionWriter, check_new
from xaitool.io.provenance import versions
from xaitool.report.heat_map import heat_map_picture
from xaitool.workflows.baseline_source import make_baseline
from xaitool.workflows.class_choice import ClassChoice, class_label
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explained_images import Batch, open_images
from xaitool.workflows.model_source import load_classifier
from xaitool.workflows.progress import Reporter, SilentReporter
from xaitool.workflows.runtime import Runtime, with_smaller_batches
from xaitool.workflows.stop_signal import StopSignal


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
    emit: Callable[[dict[str, Any]], None] | None = None,
) -> ExplainResult | dict[str, Any]:
    """Attribute a classifier's score to the pixels of images.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.
        emit: Called with a plain record for every image once it is explained.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, an image or the model does not fit.
        StoppedBySignal: A signal came; ``--resume`` continues the unfinished file.
    """
    reporter = reporter or SilentReporter()
    runtime = Runtime.from_options(config, reporter)
    job = _Job(config, runtime, reporter)
    if config.dry_run:
        return job.plan()
    return job.run(emit or (lambda record: None))


class _Job:
    """One call of ``explain``: everything checked and loaded, nothing written yet."""

    def __init__(self, config: ExplainConfig, runtime: Runtime, reporter: Reporter) -> None:
        method: type[AttributionMethod] = registry.load("method", config.method)
        options = method.Options.from_assignments(
            config.method_option, source=f"method '{config.method}'"
        )
        self.config = config
        self.runtime = runtime
        self.reporter = reporter
        self.out = config.out or Path(f"{config.method}.h5")
        if self.out.suffix != ".h5":
            raise ConfigError(f"--out is {self.out}, but a name that ends in .h5 is wanted")
        check_new(self.out, overwrite=config.overwrite, resume=config.resume)
        self.classifier = load_classifier(config.model, config.weights, runtime)
        self.images = open_images(config, self.classifier)
        self.choice = ClassChoice(config.target, config.against, self.classifier.classes)
        self.choice.check(self._class_count())
        self.baseline = make_baseline(config, method, self.classifier, runtime)
        self.output: Output = config.score or method.default_output  # type: ignore[assignment]
        self.method_options = options.to_dict()
        self.method = method(
            self.classifier.model,
            rows=runtime.rows(self.images.pixels, config.batch_size),
            seed=config.seed,
            **self.method_options,
        )

    def plan(self) -> dict[str, Any]:
        """What would be done."""
        return {"command": "explain", "out": str(self.out), **self._attributes()} | {
            "images": len(self.images)
        }

    def run(self, emit: Callable[[dict[str, Any]], None]) -> ExplainResult:
        """Explain everything that is not explained yet."""
        files = [self.out]
        with (
            StopSignal() as stop,
            self._writer() as writer,
            self.reporter.task("explain", len(self.images), "image", len(writer.indices)) as task,
        ):
            for batch in self.images.batches(done=writer.indices):
                started = time.perf_counter()
                rows = self._explain(batch)
                writer.append(rows)
                seconds = (time.perf_counter() - started) / max(1, len(rows))
                for record in self._finished(rows, files):
                    emit({**record, "seconds": round(seconds, 4)})
                task.advance(len(rows))
                stop.raise_if_received(hint="continue with the same command and --resume")
            explained = len(writer.indices)
        for reason in self.images.skipped:
            self.reporter.warning(f"skipped: {reason}")
        if len(files) - 1 < explained and self.config.heat_maps:
            self.reporter.message(
                f"{len(files) - 1} of {explained} images have a heat map; --heat-maps sets how many"
            )
        return ExplainResult(files, explained, self.images.skipped)

    def _explain(self, batch: Batch) -> AttributionRows:
        inputs = self.runtime.place(batch.images)
        logits = self._logits(inputs)
        score = self.choice.score(logits, batch.labels, self.output)
        baselines = None if self.baseline is None else self.baseline.for_images(inputs, score)
        result, self.method.rows = with_smaller_batches(
            lambda rows: self._attribute(rows, inputs, score, baselines),
            self.method.rows,
            lambda rows: self.reporter.warning(f"out of memory: going on with {rows} rows"),
        )
        against = torch.full_like(score.target, -1) if score.against is None else score.against
        return AttributionRows(
            attribution=result.values,
            label=batch.labels,
            prediction=logits,
            index=batch.indices,
            input=batch.images,
            target=score.target,
            against=against,
            score_input=result.score_input,
            score_baseline=result.score_baseline,
            completeness_gap=result.completeness_gap,
            filename=batch.names,
            extra=result.extras,
        )

    def _attribute(
        self, rows: int, inputs: Tensor, score: Score, baselines: Tensor | None
    ) -> Attribution:
        self.method.rows = rows
        return self.method.attribute(inputs, score, baselines)

    @torch.no_grad()
    def _logits(self, inputs: Tensor) -> Tensor:
        logits = torch.cat([self.classifier.model(part) for part in inputs.split(self.method.rows)])
        if logits.ndim != 2:
            raise ModelError(
                f"model {self.classifier.source} returns {tuple(logits.shape)}, "
                "but logits (images, classes) are wanted"
            )
        if not logits.isfinite().all():
            raise ModelError(f"model {self.classifier.source} returns NaN or infinite logits")
        return logits

    def _class_count(self) -> int:
        side = self.classifier.crop
        blank = self.runtime.place(torch.zeros(1, self.classifier.channels, side, side))
        with torch.no_grad():
            return int(self.classifier.model(blank).shape[-1])

    def _writer(self) -> AttributionWriter:
        references = getattr(self.baseline, "images", None)
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
            "baseline": None if self.baseline is None else type(self.baseline).__name__,
            "dataset": config.dataset,
            "split": config.split if config.dataset else None,
            "model_source": classifier.source,
            "model_weights": classifier.weights,
            "model_sha256": classifier.sha256,
            "normalisation_mean": list(classifier.mean),
            "normalisation_std": list(classifier.standard_deviation),
            "seed": config.seed,
            "precision": config.precision,
            "versions": versions(),
            "command": shlex.join(["xaitool", *sys.argv[1:]]),
        }

    def _finished(self, rows: AttributionRows, files: list[Path]) -> Iterator[dict[str, Any]]:
        classes = self.classifier.classes
        for row, index in enumerate(rows.index.tolist()):
            target, against = int(rows.target[row]), int(rows.against[row])
            record = {
                "image": rows.filename[row],
                "output": str(self.out),
                "index": index,
                "method": self.config.method,
                "target": target,
                "target_name": class_label(target, classes),
                "against": None if against < 0 else against,
                "prediction": int(rows.prediction[row].argmax()),
                "score_input": float(rows.score_input[row]),
                "completeness_gap": float(rows.completeness_gap[row]),
                "heat_map": None,
            }
            if len(files) - 1 < self.config.heat_maps:
                files.append(self._heat_map(rows, row, record))
                record["heat_map"] = str(files[-1])
            yield record

    def _heat_map(self, rows: AttributionRows, row: int, record: dict[str, Any]) -> Path:
        folder = self.out.with_name(f"{self.out.stem}-heat-maps")
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", Path(rows.filename[row]).stem)
        path = folder / f"{record['index']:06d}-{name}.png"
        against = record["against"]
        versus = (
            "" if against is None else f" against {class_label(against, self.classifier.classes)}"
        )
        caption = [
            f"{self.config.method}: {record['target_name']}{versus}",
            f"{self.output} {record['score_input']:.4g}, "
            f"completeness gap {record['completeness_gap']:.2g}",
        ]
        picture = heat_map_picture(
            rows.input[row].float(), rows.attribution[row].float(), caption=caption
        )
        with atomic_write(path) as file:
            picture.save(file, format="PNG")
        return path
