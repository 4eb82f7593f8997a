"""Makes one attribution file and its heat maps."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from xaitool.core.attribution.base import is_silent
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.errors import DataError
from xaitool.io.attribution_layout import AttributionRows, partial_path
from xaitool.io.attribution_writer import AttributionWriter, check_begun
from xaitool.io.provenance import versions
from xaitool.options.command_text import command_text
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.baseline_hits import file_reached, reached_share
from xaitool.workflows.explanations.baselines import explained_baseline
from xaitool.workflows.explanations.class_choice import ClassChoice, class_label
from xaitool.workflows.explanations.explained_rows import ExplainedRows
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.images import ExplainedImages
from xaitool.workflows.explanations.network_answer import answers
from xaitool.workflows.explanations.pictures import HeatMaps, classes_reached
from xaitool.workflows.explanations.plan import PlannedFile
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.stop_signal import StopSignal

Record = dict[str, Any]


@dataclass(frozen=True)
class WrittenFiles:
    """What a job wrote.

    Attributes:
        files: The attribution file, then its heat maps.
        samples: How many images it holds.
    """

    files: list[Path]
    samples: int


class AttributionJob:
    """One explanation of all images; made without writing anything.

    Args:
        setup: What is made.
        context: The options of the command.
        classifier: What is explained.
        images: Those to explain.
        choice: The class whose score is explained.
        classes: How many the classifier has.

    Raises:
        InputError: The baseline cannot be made, or the file to resume is of another run.
    """

    def __init__(
        self,
        setup: PlannedFile,
        context: Context[ExplainConfig],
        classifier: Classifier,
        images: ExplainedImages,
        choice: ClassChoice,
        classes: int,
    ) -> None:
        config = context.config
        self.out = setup.out
        self.setup = setup
        self.classifier = classifier
        self._config = config
        self._images = images
        self._choice = choice
        self._reporter = context.reporter
        opened = explained_baseline(
            setup,
            config,
            classifier,
            context.runtime,
            against=config.held_against is not None,
            sensitive=images.sensitive or None,
        )
        self._baseline = None if opened is None else opened.baseline
        self._baseline_facts = {} if opened is None else opened.facts
        self.warnings = () if opened is None else opened.warnings
        explainer = Explainer(
            setup.bound(classifier.model, config.seed),
            self._baseline,
            context.rows(images.pixels, config.batch_size),
            classes=classes if choice.against == "all" else None,
            asks=True,
        )
        self._rows = ExplainedRows(
            setup,
            explainer,
            classifier,
            images,
            lambda logits, batch: choice.score(logits, batch.labels, setup.output),
            context.runtime,
            config.on_error,
            targets=choice.targets,
        )
        self._finished = config.resume and self.out.exists() and not partial_path(self.out).exists()
        if config.resume:
            check_begun(self.out, self.attributes(), references=self._references())

    def run(self, emit: Callable[[Record], None], stop: StopSignal) -> WrittenFiles:
        """Explain everything that is not explained yet.

        Args:
            emit: Called with a record of every image once it is explained.
            stop: Looked at after every batch.

        Raises:
            InputError: The model, the method or the classes do not fit an image.
            StoppedBySignal: A signal came.
        """
        if self._finished:
            self._tell_reached()
            return WrittenFiles([self.out], len(self._images))
        files, silent = [self.out], list[str]()
        with self._writer() as writer:
            with self._task(done=len(set(writer.indices))) as task:
                for rows, records in self._explained(writer):
                    files += _pictures(records)
                    silent += _silent(rows)
                    for record in records:
                        emit(record)
                    task.advance(len(set(rows.index.tolist())))
                    stop.raise_if_received(hint="continue with the same command and --resume")
            samples = len(set(writer.indices))
            if not samples:
                raise DataError(
                    f"none of {len(self._images)} images can be read and explained, "
                    "but at least one is wanted"
                )
        self._tell_reached()
        self._tell_silent(silent)
        return WrittenFiles(files, samples)

    def attributes(self) -> dict[str, Any]:
        """What the file says of itself."""
        config, classifier, setup = self._config, self.classifier, self.setup
        return {
            "method": setup.name,
            "method_options": setup.method_options,
            "score": setup.output,
            "target_rule": self._choice.target,
            "against_rule": self._choice.against,
            "baseline": setup.baseline,
            "baseline_options": setup.baseline_options,
            **self._baseline_facts,
            "dataset": config.dataset,
            "split": config.split if config.dataset else None,
            "only": config.only,
            "images": len(self._images),
            "images_sha256": self._images.digest,
            **({"class_parts": parts} if (parts := self._images.class_parts) else {}),
            **({"sensitive": names} if (names := dict(self._images.sensitive)) else {}),
            **({"class_names": list(known)} if (known := classifier.classes) else {}),
            "model_source": classifier.source,
            "model_weights": classifier.weights,
            "model_options": classifier.options,
            "model_sha256": classifier.sha256,
            "normalisation_mean": list(classifier.input.mean),
            "normalisation_std": list(classifier.input.standard_deviation),
            "seed": config.seed,
            "precision": config.precision,
            "versions": versions(),
            "command": command_text("explain", config),
        }

    def _explained(
        self, writer: AttributionWriter
    ) -> Iterator[tuple[AttributionRows, list[Record]]]:
        heat_maps = HeatMaps(
            self.setup,
            self._config,
            classes=self.classifier.classes,
            places=self._images.places[: self._config.heat_maps],
        )
        heat_maps.tidy()
        started = time.perf_counter()
        for rows in self._rows.all(done=writer.indices):
            yield rows, self._kept(rows, writer, heat_maps, started)
            started = time.perf_counter()

    def _kept(
        self, rows: AttributionRows, writer: AttributionWriter, heat_maps: HeatMaps, started: float
    ) -> list[Record]:
        """Write samples and their pictures."""
        # Before the samples are kept: a sample that is done is not looked at again.
        pictures = list(zip(heat_maps.write(rows), heat_maps.write_paths(rows), strict=True))
        writer.append(rows)
        seconds = round((time.perf_counter() - started) / len(rows), 4)
        return [
            self._record(rows, row, *both) | {"seconds": seconds}
            for row, both in enumerate(pictures)
        ]

    def _tell_reached(self) -> None:
        """Of all samples, also those that an earlier run explained."""
        reached = file_reached(self.out)
        if reached is not None:
            self._reporter.message(
                f"{self.setup.title}: {reached.hits} of {reached.count} baselines are of the "
                "class of --against to the model"
            )

    def _tell_silent(self, names: list[str]) -> None:
        """Of the samples that this run explained."""
        if names:
            self._reporter.warning(
                f"{self.setup.title} is 0 everywhere for {len(set(names))} of "
                f"{len(self._images)} images whose score is not that of a baseline, the first is "
                f"'{names[0]}': the method sees nothing there"
            )

    def _task(self, done: int) -> contextlib.AbstractContextManager[Any]:
        return self._reporter.task(f"explain {self.setup.title}", len(self._images), "image", done)

    def _writer(self) -> AttributionWriter:
        config, references = self._config, self._references()
        if config.resume:
            return AttributionWriter.resume(self.out, self.attributes(), references=references)
        return AttributionWriter.create(
            self.out, self.attributes(), references=references, overwrite=config.overwrite
        )

    def _references(self) -> Tensor | None:
        """Those that all images share; they are kept once."""
        baseline = self._baseline
        return baseline.references if isinstance(baseline, DatasetReferences) else None

    def _record(
        self, rows: AttributionRows, row: int, picture: Path | None, path_picture: Path | None
    ) -> Record:
        target, against = int(rows.target[row]), int(rows.against[row])
        climbed = classes_reached(rows, row)
        return {
            "image": rows.filename[row],
            "output": str(self.out),
            "index": int(rows.index[row]),
            "method": self.setup.name,
            "baseline": self.setup.baseline,
            "target": target,
            "target_name": class_label(target, self.classifier.classes),
            "against": None if against < 0 else against,
            "prediction": int(rows.prediction[row].argmax()),
            "top": answers(rows, row, self.classifier.classes),
            "score_input": float(rows.score_input[row]),
            "completeness_gap": float(rows.completeness_gap[row]),
            "baseline_reached": reached_share(rows, row),
            "classes": None if climbed is None else climbed[1],
            "classes_reached": None if climbed is None else climbed[0],
            "heat_map": None if picture is None else str(picture),
            "path_picture": None if path_picture is None else str(path_picture),
        }


def _silent(rows: AttributionRows) -> list[str]:
    """The names of those whose attribution is 0 though there is something to explain."""
    silent = is_silent(rows.attribution, rows.score_input, rows.score_baseline)
    return [rows.filename[row] for row in silent.nonzero().flatten().tolist()]


def _pictures(records: list[Record]) -> list[Path]:
    """Each heat map, followed by the picture of its path."""
    names = (record[kind] for record in records for kind in ("heat_map", "path_picture"))
    return [Path(name) for name in names if name is not None]
