"""What a file keeps of the baselines that explained a batch, and which points a picture shows."""

import pytest
import torch

from xaitool.core.attribution.base import Attribution
from xaitool.core.baselines.counterfactual_path import RecolouringBaseline
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.baselines.uniform import Uniform
from xaitool.core.baselines.zero import Zero
from xaitool.core.score import Score
from xaitool.workflows.explanations.explainer import ExplainedBatch
from xaitool.workflows.explanations.file_rows import file_rows
from xaitool.workflows.explanations.images import Batch

IMAGES = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
BATCH = Batch(IMAGES, torch.tensor([1, -1]), ["a.png", "b.png"], torch.tensor([4, 7]))
LOGITS = torch.tensor([[0.0, 1.0], [2.0, 0.5]])
PATH = torch.linspace(0, 1, 25).view(1, 25, 1, 1, 1).expand(2, 25, 3, 4, 4)


def rows(baselines, baseline, against=None):
    score = Score(torch.tensor([1, 0]), against)
    facts = torch.tensor([1.0, 2.0])
    found = Attribution(-IMAGES, facts, facts / 2, facts / 4, {"steps": torch.tensor([3, 5])})
    return file_rows(BATCH, LOGITS, score, ExplainedBatch(found, baselines), baseline)


def test_a_row_says_what_was_explained_of_which_image():
    kept = rows(None, None)
    assert torch.equal(kept.attribution, -IMAGES)
    assert torch.equal(kept.input, IMAGES)
    assert torch.equal(kept.prediction, LOGITS)
    assert (kept.label.tolist(), kept.index.tolist()) == ([1, -1], [4, 7])
    assert kept.filename == ["a.png", "b.png"]
    assert (kept.target.tolist(), kept.against.tolist()) == ([1, 0], [-1, -1])
    facts = kept.score_input, kept.score_baseline, kept.completeness_gap
    assert [one.tolist() for one in facts] == [[1, 2], [0.5, 1], [0.25, 0.5]]
    assert kept.extra["steps"].tolist() == [3, 5]
    assert kept.baseline is None
    assert kept.path is None
    assert rows(None, None, torch.tensor([0, 1])).against.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("baseline", "count", "kept"),
    [
        (Zero(), 1, True),
        (Uniform(seed=0, references=3), 3, False),
        (DatasetReferences(IMAGES), 2, False),
        (DatasetReferences(IMAGES[:1]), 1, False),
        (RecolouringBaseline(points=25), 25, True),
        (RecolouringBaseline(points=1), 1, True),
    ],
)
def test_a_baseline_of_each_image_is_kept_and_shared_references_are_not(baseline, count, kept):
    found = rows(PATH[:, :count], baseline).baseline
    assert (found is not None) == kept
    assert found is None or torch.equal(found, PATH[:, 0])


def test_points_that_are_shown_are_evenly_spaced_and_have_both_ends():
    shown = rows(PATH, RecolouringBaseline(points=25)).path
    assert shown is not None
    torch.testing.assert_close(shown[0, :, 0, 0, 0], torch.linspace(0, 1, 9))
    few = rows(PATH[:, :4], RecolouringBaseline(points=4)).path
    assert few is not None
    assert torch.equal(few, PATH[:, :4])
    assert rows(PATH[:, :1], RecolouringBaseline(points=1)).path is None
    assert rows(PATH[:, :3], Uniform(seed=0, references=3)).path is None
