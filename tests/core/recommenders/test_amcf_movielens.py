"""The paper's Table 3 on MovieLens 100K, one of five folds, under the published protocol."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from xaitool.core.metrics.recommendation.aspect_ranking import bottom_recall, top_recall
from xaitool.core.metrics.recommendation.specific_agreement import specific_agreement
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.core.recommenders.aspects.preferences import for_items, preference_truth
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.svd import Svd

FOLDER = Path(os.environ.get("XAITOOL_DATA", "absent")) / "ml-100k"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not FOLDER.exists(), reason="XAITOOL_DATA has no ml-100k"),
]


@pytest.fixture(scope="module")
def parts():
    rows = torch.from_numpy(np.loadtxt(FOLDER / "u.data", dtype=np.int64))
    ratings = Ratings(rows[:, 0] - 1, rows[:, 1] - 1, rows[:, 2].float(), 943, 1682)
    lines = (FOLDER / "u.item").read_text(encoding="latin-1").splitlines()
    aspects = torch.tensor([[flag == "1" for flag in line.split("|")[6:]] for line in lines])
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    train, test = ratings.select(order[20000:]), ratings.select(order[:20000])
    return train, test, aspects, preference_truth(ratings, aspects, decimals=3)


@pytest.fixture(scope="module")
def amcf(parts):
    train, _, aspects, _ = parts
    return Amcf(Svd(943, 1682).fit(train), aspects).fit(train)


def score_s(amcf, test, truth):
    specific = amcf.specific_preference(test.users, test.items)
    wanted = for_items(truth[test.users], amcf.aspects[test.items])
    mean = defined_mean(specific_agreement(wanted, specific)).value
    assert mean is not None
    return mean


@pytest.mark.parametrize(
    ("measure", "options", "wanted"),
    [
        (top_recall, {"top": 1, "within": 3}, 0.50),
        (bottom_recall, {"bottom": 1, "within": 3}, 0.48),
        (top_recall, {"top": 3, "within": 5}, 0.54),
        (bottom_recall, {"bottom": 3, "within": 5}, 0.55),
    ],
)
def test_general_preference_reaches_the_paper(parts, amcf, measure, options, wanted):
    *_, truth = parts
    found = measure(truth, amcf.general_preference(torch.arange(943)), **options)
    mean = defined_mean(found).value
    assert mean is not None
    assert mean >= wanted


def test_specific_preference_is_far_from_chance(parts, amcf):
    _, test, _, truth = parts
    assert score_s(amcf, test, truth) >= 0.32


def test_published_attention_reaches_the_paper_s_score_s(parts):
    train, test, aspects, truth = parts
    base = Svd(943, 1682, regularisation=1.1).fit(train)
    amcf = Amcf(base, aspects, attention="softmax").fit(train)
    assert score_s(amcf, test, truth) >= 0.375
    errors = base.rate(test.users, test.items) - test.values
    assert float(errors.square().mean().sqrt()) < 0.914
