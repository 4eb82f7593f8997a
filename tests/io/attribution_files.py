"""Attribution files of samples that depend on their index alone, whole or stopped half-way."""

import itertools

import numpy as np
import pytest
import torch

from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionFile, AttributionRows, AttributionWriter

ATTRIBUTES = {
    "method": "agi",
    "method_options": {"steps": 10, "classes": [1, 2], "rate": None},
    "seed": 3,
    "epsilon": 0.1,
    "signed": True,
    "normalisation_mean": [0.485, 0.456, 0.406],
    "versions": {"torch": "2"},
    "baseline": None,
    "command": "xaitool explain a.png é lat\udce9.png",
}


REFERENCES = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(9))


def make_rows(start, stop, *, baseline=True, extra=True):
    """Samples that depend on their index alone."""
    images = torch.stack(
        [
            torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(index))
            for index in range(start, stop)
        ]
    )
    index = torch.arange(start, stop)
    gap = torch.full((stop - start,), float("nan"))
    return AttributionRows(
        attribution=images - 0.5,
        label=index % 10 - 1,
        prediction=images[:, :, 0, 0].double(),
        index=index,
        input=images,
        target=index % 10,
        against=torch.full_like(index, -1),
        score_input=images.mean((1, 2, 3)),
        score_baseline=images.double().sum((1, 2, 3)),
        completeness_gap=gap,
        filename=[f"ordner/bild-ü-{number}.png" for number in range(start, stop)],
        baseline=images * 0 if baseline else None,
        extra={"steps": index * 2, "paths": images[:, None] + 1} if extra else {},
    )


def write(path, batches, **options):
    with AttributionWriter.create(path, ATTRIBUTES, **options) as writer:
        for start, stop in batches:
            writer.append(make_rows(start, stop))


def assert_same(found, expected):
    columns = expected.columns()
    assert list(found.columns()) == list(columns)
    for name, column in found.columns().items():
        if name == "filename":
            assert column == columns[name]
        else:
            assert column.dtype == columns[name].dtype
            np.testing.assert_array_equal(column, columns[name])


def names(path):
    return sorted(file.name for file in path.parent.iterdir())


def stop_after(path, *stops, **options):
    """Write up to each of `stops`, then stop by Ctrl-C."""

    def run():
        with AttributionWriter.create(path, ATTRIBUTES, **options) as writer:
            for start, stop in itertools.pairwise((0, *stops)):
                writer.append(make_rows(start, stop))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()


def go_on(path, attributes=ATTRIBUTES, stop=12, **options):
    with AttributionWriter.resume(path, attributes, **options) as writer:
        done = len(writer.indices)
        if done < stop:
            writer.append(make_rows(done, stop))
        return done


def go_on_by_twos(path):
    with AttributionWriter.resume(path, ATTRIBUTES) as writer:
        for start in range(len(writer.indices), 12, 2):
            writer.append(make_rows(start, start + 2))
        raise KeyboardInterrupt


def one_line_error(path):
    with pytest.raises(ArtifactError) as caught:
        AttributionFile(path).read()
    assert "\n" not in str(caught.value)
    return caught.value
