from itertools import groupby

import pytest
import torch

from tests.trained import recommender_run
from tests.workflows.fitted import fitted
from xaitool import registry
from xaitool.errors import ModelError
from xaitool.workflows.configs.recommend import RecommendPreferencesConfig
from xaitool.workflows.recommenders import preferences as module
from xaitool.workflows.recommenders.preferences import as_text, recommend_preferences

USERS = ("u7", "u1")
EXPLAINED = [base for base in registry.names("base") if base != "baseline"]


def rows_of(base="svd", user=USERS):
    config = RecommendPreferencesConfig(model=recommender_run(base), user=user, device="cpu")
    return list(recommend_preferences(config))


class Plain:
    width = 80

    def can_show(self, text):
        return True

    def paint(self, text, positive):
        return text


@pytest.mark.parametrize("base", EXPLAINED)
def test_they_are_those_of_the_explanation_most_liked_first(base):
    recommender = fitted(base)
    assert recommender.explainer is not None
    users = torch.tensor([recommender.names.user_index(user) for user in USERS])
    wanted = recommender.explainer.general_preference(users)
    groups = groupby(rows_of(base), lambda row: row["user"])
    for (user, rows), name, values in zip(groups, USERS, wanted, strict=True):
        found = {row["aspect"]: row["raw"] for row in rows}
        named = dict(zip(recommender.names.aspect_names, values.tolist(), strict=True))
        assert user == name
        assert found == pytest.approx(named, abs=2e-6)
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_magnitudes_of_a_user_add_to_one():
    for _, rows in groupby(rows_of(), lambda row: row["user"]):
        own = list(rows)
        assert sum(abs(row["preference"]) for row in own) == pytest.approx(1, abs=1e-5)
        total = sum(abs(row["raw"]) for row in own)
        for row in own:
            assert row["preference"] == pytest.approx(row["raw"] / total, abs=1e-5)


def test_blocks_change_nothing(monkeypatch):
    whole = rows_of()
    monkeypatch.setattr(module, "USERS", 1)
    assert rows_of() == whole


def test_as_text():
    rows = rows_of()
    lines = list(as_text(rows, Plain()))
    assert lines[0] == "user u7: preference, and the same in rating units"
    assert lines[7:9] == ["", "user u1: preference, and the same in rating units"]
    assert len(lines) == 15
    shown = [line.split()[-2:] for line in lines[1:7]]
    assert shown == [[f"{row['preference']:+.3f}", f"{row['raw']:+.3f}"] for row in rows[:6]]


def test_a_base_without_aspects():
    with pytest.raises(ModelError, match="base 'baseline' knows nothing of aspects") as caught:
        rows_of("baseline")
    assert caught.value.hint == (
        "fit another, such as xaitool recommend fit --base svd, or --base linear"
    )
