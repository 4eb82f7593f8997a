"""What ``evaluate`` says of the maps in an attribution file, on files made by hand."""

from pathlib import Path

import pytest
import torch

from tests.trained import classifier_run
from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionRows, AttributionWriter
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.evaluation.attributions import target_similarity
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.explanations.explain import explain

PARTS = [["shirt", "sea"], ["bag", "sea"], ["shirt", "wood"], ["bag", "wood"]]
MASK = torch.tensor([[[1, 0, 0, 0]]], dtype=torch.uint8)
NAMES = ("different object", "different scene", "overall")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(maps, target, against, *, parts=PARTS, masks=True, extra=None, name="a.h5"):
    """A file of one-vs-one maps ``(N, C, H, W)``."""
    count = len(maps)
    rows = AttributionRows(
        attribution=maps,
        label=torch.full((count,), -1),
        prediction=torch.zeros(count, 4),
        index=torch.arange(count),
        input=torch.zeros_like(maps),
        target=torch.tensor(target),
        against=torch.tensor(against),
        score_input=torch.zeros(count),
        score_baseline=torch.zeros(count),
        completeness_gap=torch.zeros(count),
        filename=[str(row) for row in range(count)],
        object_mask=MASK.expand(count, 1, 1, 4) if masks else None,
        extra=extra or {},
    )
    attributes = {"class_parts": parts} if parts else {}
    with AttributionWriter.create(Path(name), attributes, overwrite=True) as writer:
        writer.append(rows)


def measure(*metrics, artifact="a.h5", **options):
    config = EvaluateConfig(artifacts=(Path(artifact),), metric=metrics, device="cpu", **options)
    rows = evaluate(config)
    assert isinstance(rows, list)
    return rows


def maps_of(*rows):
    return torch.tensor(rows).view(len(rows), 1, 1, 4)


def test_gini_of_each_map():
    write(maps_of([0.0, 0, -2, 0], [1.0, 1, 1, -1], [0.0, 0, 0, 0]), [0] * 3, [1] * 3)
    [row] = measure("gini")
    assert list(row)[:4] == ["metric", "value", "n", "source"]
    assert row["value"] == pytest.approx(0.375)
    assert row["std"] == pytest.approx(0.375)
    assert (row["n"], row["undefined"], row["source"]) == (2, 1, "a.h5")
    [row] = measure("gini", limit=1)
    assert row["value"] == pytest.approx(0.75)


def test_gini_of_zeros_only():
    write(maps_of([0.0] * 4), [0], [1])
    [row] = measure("gini")
    assert (row["value"], row["std"], row["n"], row["undefined"]) == (None, None, 0, 1)


def test_inverse_localisation_by_kind_of_pair():
    maps = maps_of(
        [4.0, 1, -1, 1],  # another object: common 1, differing 4
        [-4.0, 2, 2, 2],  # another object
        [4.0, 1, 1, 1],  # another scene: common 4, differing 1
        [1.0, 1, 1, 1],  # neither is shared
        [0.0, 1, 1, 1],  # another object: nothing where they differ
    )
    write(maps, [0, 3, 0, 0, 0], [1, 2, 2, 3, 1])
    rows = measure("inverse-localisation")
    assert tuple(row["pair"] for row in rows) == NAMES
    assert [row["value"] for row in rows] == pytest.approx([0.375, 4, (0.25 + 0.5 + 4) / 3])
    assert [row["n"] for row in rows] == [2, 1, 3]
    assert [row["undefined"] for row in rows] == [1, 0, 1]
    assert [row["no_common_region"] for row in rows] == [None, None, 1]
    assert rows[0]["std"] == pytest.approx(0.125)


def every_class(*rows):
    """One sample of class 0 with a map for each other class."""
    values = torch.zeros(1, 4, 1, 1, 4)
    values[0, 1:, 0, 0] = torch.tensor(rows)
    return {"classes": torch.tensor([[-1, 1, 2, 3]]), "class_values": values}


def test_inverse_localisation_of_a_map_for_each_class():
    extra = every_class([4.0, 1, 1, 1], [4.0, 1, 1, 1], [9.0, 9, 9, 9])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    rows = measure("inverse-localisation")
    assert [row["value"] for row in rows] == pytest.approx([0.25, 4, 2.125])
    assert rows[2]["no_common_region"] == 1


def test_gini_of_a_map_for_each_class_is_their_mean():
    extra = every_class([4.0, 0, 0, 0], [1.0, 1, 1, 1], [0.0, 0, 0, 0])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    [row] = measure("gini")
    assert (row["value"], row["n"]) == (pytest.approx(0.375), 1)


def test_similarity_between_target_classes():
    extra = every_class([1.0, 2, 3, 4], [-2.0, 4, 6, 8], [8.0, 6, 4, 2])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    [row] = measure("target-similarity")
    assert row["value"] == row["spearman"] == pytest.approx((1 - 1 - 1) / 3)
    assert row["cosine"] == pytest.approx((1 + 2 * 20 / 30) / 3)
    assert (row["ssim"], row["pairs"], row["n"]) == (None, 3, 1)


def test_similarity_draws_some_of_very_many_pairs(monkeypatch):
    monkeypatch.setattr(target_similarity, "MOST_PAIRS", 2)
    monkeypatch.setattr(target_similarity, "NUMBERS_AT_ONCE", 4)
    extra = every_class([1.0, 2, 3, 4], [-2.0, 4, 6, 8], [8.0, 6, 4, 2])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    first, again = (measure("target-similarity", seed=1) for _ in range(2))
    assert first == again
    assert first[0]["pairs"] == 2


def test_one_pass_serves_several_metrics():
    write(maps_of([4.0, 1, 1, 1]), [0], [1])
    found = [row["metric"] for row in measure("inverse-localisation", "gini")]
    assert found == ["inverse-localisation"] * 3 + ["gini"]


@pytest.mark.parametrize(
    ("options", "metric", "message", "hint"),
    [
        ({"masks": False}, "inverse-localisation", "a.h5 has no object masks", "composite"),
        ({"parts": None}, "inverse-localisation", "a.h5 has no object masks", "composite"),
        ({"parts": PARTS[:3]}, "inverse-localisation", "each of 4 classes", None),
        ({"parts": "sea"}, "inverse-localisation", "each of 4 classes", None),
        ({"against": [-1]}, "inverse-localisation", "classes by themselves", "--against all"),
        ({}, "target-similarity", "a.h5 has one map an image", "--against all"),
    ],
)
def test_refusals(options, metric, message, hint):
    write(**{"maps": maps_of([1.0] * 4), "target": [0], "against": [1], **options})
    with pytest.raises(ArtifactError, match=message) as error:
        measure(metric)
    assert (hint or "") in (error.value.hint or "")


def test_zero_baselines_depend_less_on_the_class_than_images_of_it():
    """Appendix B.1 of GANMEX, on digits."""
    found = {}
    for baseline in ("zero", "nearest-target"):
        out = Path(f"{baseline}.h5")
        config = ExplainConfig(
            model=str(classifier_run()),
            dataset="digits",
            limit=6,
            target="label",
            against="all",
            baseline=(baseline,),
            method_option=("steps=10",),
            heat_maps=0,
            out=out,
            device="cpu",
        )
        explain(config)
        [row] = measure("target-similarity", artifact=str(out))
        assert row["pairs"] == 6 * 36
        found[baseline] = row["spearman"]
    assert found["nearest-target"] < found["zero"] - 0.1
