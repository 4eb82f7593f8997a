"""``--log tensorboard``: event files in the run directory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from PIL import Image

from xaitool.workflows.runs.logs.base import LoggedRun, RunLog

NAME = "events.out.tfevents"
COLOUR_SPACES = {"L": 1, "RGB": 3, "RGBA": 4}


class TensorBoardLog(RunLog):
    """One more event file each time that the run goes on; figures are kept in single precision.

    TensorBoard reads the files of a folder by their names. A second start, at a step, takes back
    what the files before it have from that step on.
    """

    library = "tensorboard"

    def __init__(self, run: LoggedRun) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.id = None
        self.step = run.step
        self.place = f"tensorboard --logdir {quote(str(run.folder))}"
        before = run.folder.glob(f"{NAME}.*")
        number = max((int(path.suffix[1:]) + 1 for path in before), default=0)
        # Not TensorBoard's own writer: its thread would hang on a full disk.
        self._file = (run.folder / f"{NAME}.{number:04}").open("xb")
        self._records = RecordWriter(self._file)
        self._add(file_version="brain.Event:2")
        self._add(step=run.step + 1, session_log={"status": "START"})

    def write(self, step: int, figures: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        """Add a step, as one event."""
        scalars = [{"tag": name, "simple_value": value} for name, value in figures.items()]
        images = [{"tag": name, "image": _image(path)} for name, path in pictures.items()]
        self._add(step=step, summary={"value": [*scalars, *images]})

    def close(self, completed: bool) -> None:
        """Close the file."""
        self._records.close()

    def _add(self, **event: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._records.write(Event(wall_time=time.time(), **event).SerializeToString())
        self._records.flush()


def _image(path: Path) -> dict[str, Any]:
    with Image.open(path) as picture:
        width, height, mode = *picture.size, picture.mode
    return {
        "encoded_image_string": path.read_bytes(),
        "width": width,
        "height": height,
        "colorspace": COLOUR_SPACES.get(mode, 3),
    }
