"""``evaluate`` of a recommender: folds, pooling, controls, and what cannot be measured."""

import statistics
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.model_selection import KFold

from tests.golden import missing
from tests.trained import recommender_config, recommender_run
from xaitool import registry
from xaitool.core.metrics.recommendation.aspect_ranking import bottom_recall, top_recall
from xaitool.core.metrics.recommendation.specific_agreement import specific_agreement
from xaitool.core.recommenders.aspects.preferences import preference_truth
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.recommenders.fit import recommend_fit
from xaitool.workflows.recommenders.ratings import held_out, ratings_for
from xaitool.workflows.recommenders.recommender import load_recommender
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
PUBLISHED = {"svd": {"factors": 120, "epochs": None}, "linear": {}}
CONTROLS = ("", "-random", "-popularity")


def measure(run, **options):
    config = EvaluateConfig(artifacts=(run,), device="cpu", **options)
    rows = evaluate(config)
    assert isinstance(rows, list)
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", "recommender")
        assert row["source"] == str(run)
    assert len({row["metric"] for row in rows}) == len(rows)
    return {row["metric"]: row for row in rows}


@pytest.fixture(scope="module")
def data():
    return ratings_for(recommender_config(None), data_dir=None)


@pytest.fixture(scope="module")
def refitted(data):
    """The parts of three folds by scikit-learn, and recommenders fitted to them."""
    recipe = load_recommender(recommender_run("svd"), CPU).recipe
    folds = []
    for train, test in KFold(3, shuffle=True, random_state=7).split(np.arange(len(data.ratings))):
        seen = data.ratings.select(torch.from_numpy(np.sort(train)))
        held = data.ratings.select(torch.from_numpy(np.sort(test)))
        folds.append((seen, held, recipe.fit(seen, data.aspects, CPU)))
    return folds


@pytest.fixture(scope="module")
def rows():
    return measure(recommender_run("svd"), folds=3, seed=7)


def test_errors_are_pooled_over_the_folds(rows, refitted):
    errors = [
        (fitted.model.rate(held.users, held.items) - held.values).double().numpy()
        for _, held, fitted in refitted
    ]
    pooled = np.concatenate(errors)
    assert rows["rmse"]["value"] == pytest.approx(np.sqrt((pooled**2).mean()), abs=1e-12)
    assert rows["mae"]["value"] == pytest.approx(np.abs(pooled).mean(), abs=1e-12)
    spread = statistics.stdev(float(np.sqrt((part**2).mean())) for part in errors)
    assert rows["rmse"]["std"] == pytest.approx(spread, abs=1e-12)
    assert rows["rmse"]["n"] == rows["mae"]["n"] == 2400


@pytest.mark.parametrize(
    ("metric", "recall", "options"),
    [
        ("t1@3", top_recall, {"top": 1, "within": 3}),
        ("t3@5", top_recall, {"top": 3, "within": 5}),
        ("b1@3", bottom_recall, {"bottom": 1, "within": 3}),
        ("b3@5", bottom_recall, {"bottom": 3, "within": 5}),
    ],
)
def test_aspects_are_ranked_against_the_training_ratings(
    metric, recall, options, rows, refitted, data
):
    values = torch.cat(
        [
            recall(
                preference_truth(seen, data.aspects),
                fitted.amcf.general_preference(torch.arange(80)),
                **options,
            )
            for seen, _, fitted in refitted
        ]
    )
    assert rows[metric]["value"] == pytest.approx(float(values.nanmean()), abs=1e-12)
    assert rows[metric]["n"] == int((~values.isnan()).sum())
    assert rows[f"{metric}-random"]["value"] < rows[metric]["value"]


def test_reasons_for_single_items_are_judged_on_the_test_pairs(rows, refitted, data):
    values = torch.cat(
        [
            specific_agreement(
                preference_truth(seen, data.aspects)[held.users] * data.aspects[held.items],
                fitted.amcf.specific_preference(held.users, held.items),
            )
            for seen, held, fitted in refitted
        ]
    )
    assert rows["score_s"]["value"] == pytest.approx(float(values.nanmean()), abs=1e-9)
    assert rows["score_s"]["n"] == int((~values.isnan()).sum())
    assert abs(rows["score_s-random"]["value"]) < 0.1 < rows["score_s-general"]["value"]


def test_the_published_truth_is_of_all_ratings(rows, refitted, data):
    published = measure(
        recommender_run("svd"), folds=3, seed=7, truth="all", metric=("t1@3", "rmse")
    )
    truth = preference_truth(data.ratings, data.aspects, decimals=3)
    values = torch.cat(
        [
            top_recall(truth, fitted.amcf.general_preference(torch.arange(80)), top=1, within=3)
            for _, _, fitted in refitted
        ]
    )
    assert published["t1@3"]["value"] == pytest.approx(float(values.nanmean()), abs=1e-12)
    assert published["rmse"] == rows["rmse"]
    assert set(published) == {"rmse", *(f"t1@3{name}" for name in CONTROLS)}


def test_every_registered_metric_has_its_rows(rows):
    controlled = ("t1@3", "t3@5", "b1@3", "b3@5", "score_s", "planted", "ndcg@10", "recall@10")
    expected = {f"{name}{control}" for name in controlled for control in CONTROLS}
    expected |= {"rmse", "mae", "rmse-warm", "rmse-cold-user", "rmse-cold-item"}
    assert set(rows) == expected | {"score_s-general", "explained-share", "explained-share-random"}
    assert rows["planted"]["value"] > 0.5 > rows["planted-popularity"]["value"]
    assert rows["explained-share"]["value"] > rows["explained-share-random"]["value"]
    assert rows["rmse-cold-user"] == {**rows["rmse-cold-item"], "metric": "rmse-cold-user"}
    assert (rows["rmse-cold-user"]["value"], rows["rmse-cold-user"]["n"]) == (None, 0)


def test_a_metric_alone_is_the_same(rows):
    alone = measure(recommender_run("svd"), folds=3, seed=7, metric=("recall",), top=10)
    assert alone == {name: row for name, row in rows.items() if name.startswith("recall@10")}
    longer = measure(recommender_run("svd"), folds=3, seed=7, metric=("recall",), top=20)
    assert longer["recall@20"]["value"] > alone["recall@10"]["value"]


@pytest.mark.parametrize("split", ["random", "time", "leave-one-out"])
def test_a_run_that_held_ratings_out_is_measured_on_them_as_it_is(split, data):
    run = recommender_run("svd", split)
    recommender = load_recommender(run, CPU)
    mask = held_out(data, recommender_config(None, split=split))
    assert mask is not None
    held = data.ratings.select(mask)
    error = (recommender.model.rate(held.users, held.items) - held.values).double()
    row = measure(run, metric=("rmse",))["rmse"]
    assert row["value"] == pytest.approx(float(error.square().mean().sqrt()), abs=1e-12)
    assert (row["n"], row["std"]) == (len(held), None)
    # Asked for folds, it is fitted again, to all that is not in the fold.
    assert measure(run, metric=("rmse",), folds=2)["rmse"]["n"] == 2400


def test_cold_users_and_items_apart(tmp_path):
    # Users 0 and 1 rate items 0 to 9; user 2 and item 10 come at the end of time.
    early = [
        f"{user},{item},{(user + item) % 5 + 1},{item}" for user in (0, 1) for item in range(10)
    ]
    late = ["2,0,5,100", "2,1,4,101", "0,10,1,102"]
    (tmp_path / "r.csv").write_text("\n".join(early + late) + "\n")
    items = [f"{item},{'ab'[item % 2]}" for item in range(11)]
    (tmp_path / "aspects.csv").write_text("\n".join(items) + "\n")
    config = recommender_config(
        tmp_path / "run",
        dataset=f"csv:{tmp_path / 'r.csv'}",
        base="baseline",
        split="time",
        hold_out=3 / 23,
    )
    recommend_fit(config)
    rows = measure(tmp_path / "run")
    counts = {name: rows[f"rmse-{name}"]["n"] for name in ("warm", "cold-user", "cold-item")}
    assert counts == {"warm": 0, "cold-user": 2, "cold-item": 1}
    model = load_recommender(tmp_path / "run", CPU).model
    predicted = model.rate(torch.tensor([0]), torch.tensor([10]))
    assert rows["rmse-cold-item"]["value"] == pytest.approx(float((predicted - 1).abs()))
    assert rows["rmse-warm"]["value"] is None


def test_relevance_is_three_quarters_up_the_scale():
    asked = measure(recommender_run("svd"), metric=("ndcg",), relevant=4)
    assert asked == measure(recommender_run("svd"), metric=("ndcg",))
    assert asked != measure(recommender_run("svd"), metric=("ndcg",), relevant=5)


@pytest.mark.parametrize("base", registry.names("base"))
def test_a_base_has_the_rows_that_it_allows(base):
    rows = measure(recommender_run(base), folds=2)
    assert ("t1@3" in rows) == ("score_s" in rows) == (base != "baseline")
    assert ("explained-share" in rows) == (base not in ("linear", "baseline"))
    if base == "linear":
        assert rows["score_s"]["value"] == rows["score_s-general"]["value"]
    for row in rows.values():
        assert row["value"] is None or np.isfinite(row["value"])


@pytest.mark.parametrize(
    ("base", "metric", "reason"),
    [
        ("baseline", "t1@3", "its base explains nothing"),
        ("baseline", "planted", "its base explains nothing"),
        ("linear", "explained-share", "its base has no item vectors"),
    ],
)
def test_a_metric_that_is_asked_for_in_vain(base, metric, reason):
    with pytest.raises(ConfigError, match=f"metric '{metric}' does not measure .*: {reason}"):
        measure(recommender_run(base), metric=(metric,))


def few_aspects(folder: Path):
    lines = [f"{n % 6},{n // 6},{n % 5 + 1}" for n in range(36)]
    (folder / "r.csv").write_text("\n".join(lines) + "\n")
    (folder / "aspects.csv").write_text("\n".join(f"{n},{'abcd'[n % 4]}" for n in range(6)) + "\n")
    recommend_fit(recommender_config(folder / "run", dataset=f"csv:{folder / 'r.csv'}"))
    return folder / "run"


def test_too_few_aspects_for_a_recall(tmp_path):
    run = few_aspects(tmp_path)
    rows = measure(run, folds=2)
    assert "t1@3" in rows
    assert not {"t3@5", "planted"} & set(rows)
    with pytest.raises(ConfigError, match="its items have 4 different aspects"):
        measure(run, metric=("t3@5",))
    with pytest.raises(ConfigError, match="only synthetic-ratings has planted preferences"):
        measure(run, metric=("planted",))


def test_changed_data_is_refused(tmp_path):
    run = few_aspects(tmp_path)
    (tmp_path / "r.csv").write_text((tmp_path / "r.csv").read_text().replace("0,0,1", "0,0,2"))
    with pytest.raises(DataError, match=r"is not what .*run was fitted to, but the same ratings"):
        measure(run)


def test_moved_data_is_found_by_its_new_name(tmp_path):
    run = few_aspects(tmp_path)
    before = measure(run, folds=2, metric=("rmse",))
    (tmp_path / "new").mkdir()
    for name in ("r.csv", "aspects.csv"):
        (tmp_path / name).rename(tmp_path / "new" / name)
    assert before == measure(
        run, folds=2, metric=("rmse",), dataset=f"csv:{tmp_path / 'new' / 'r.csv'}"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "train"}, "--split is train, but a recommender is measured on test folds"),
        ({"limit": 3}, "--limit is 3, but all held-out ratings"),
        ({"folds": 2401}, "folds are 2401, but 2 to 2400 are wanted"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(ConfigError, match=message):
        measure(recommender_run("svd"), **options)


def test_two_measurements_are_equal(rows):
    assert measure(recommender_run("svd"), folds=3, seed=7) == rows


@pytest.mark.data
def test_movielens_100k(real_data, tmp_path):
    figures = ("rmse", "t1@3", "t3@5", "b1@3", "b3@5", "score_s")
    rows = {}
    for base in ("svd", "linear"):
        config = recommender_config(
            tmp_path / base, dataset="ml-100k", base=base, data_dir=real_data, **PUBLISHED[base]
        )
        recommend_fit(config)
        rows[base] = measure(tmp_path / base, metric=figures, data_dir=real_data, truth="all")
    svd = {name: row["value"] for name, row in rows["svd"].items()}
    assert svd["rmse"] < 0.909
    assert (svd["t1@3"] > 0.54) & (svd["t3@5"] > 0.56)
    assert (svd["b1@3"] > 0.53) & (svd["b3@5"] > 0.57)
    assert svd["score_s"] > 0.33
    assert rows["linear"]["rmse"]["value"] < 1.02
    assert rows["svd"]["rmse"]["n"] == 100_000
