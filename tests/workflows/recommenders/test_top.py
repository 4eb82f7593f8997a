from itertools import groupby

import pytest
import torch

from tests.trained import classifier_run, recommender_run
from tests.workflows.fitted import changed, fitted, give_lines
from tests.workflows.tiny_runs import Recorder
from xaitool import registry
from xaitool.errors import ArtifactError, ConfigError, DataError, ModelError, UnknownNameError
from xaitool.workflows.configs.recommend import RecommendTopConfig
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.recommenders import top as module
from xaitool.workflows.recommenders.fit import recommend_fit
from xaitool.workflows.recommenders.top import recommend_top

USERS = ("u7", "u1", "u80", "u7")
EPOCHS = dict.fromkeys(("svd", "svd++", "ncf", "fm"), 1) | {"linear": None, "baseline": None}
EXPLAINED = [base for base in registry.names("base") if base != "baseline"]


def rows_of(base="svd", *, reporter=None, **options):
    options = {"model": recommender_run(base), "user": USERS, "device": "cpu", **options}
    return list(recommend_top(RecommendTopConfig(**options), reporter))


def by_user(rows):
    return [(user, list(own)) for user, own in groupby(rows, lambda row: row["user"])]


@pytest.mark.parametrize("base", registry.names("base"))
def test_they_are_the_items_with_the_highest_ratings(base):
    recommender = fitted(base)
    names, items = recommender.names, torch.arange(60)
    for user, rows in by_user(rows_of(base, number=7)):
        place = names.user_index(user)
        ratings = recommender.model.rate(torch.full((60,), place), items)
        chosen = torch.tensor([names.item_index(row["item"]) for row in rows])
        raw = torch.tensor([row["raw"] for row in rows])
        torch.testing.assert_close(raw, ratings[chosen], atol=2e-6, rtol=0)
        assert [row["rank"] for row in rows] == list(range(1, 8))
        assert (raw.diff() <= 0).all()
        rest = ratings[~torch.isin(items, chosen)]
        assert rest.max() <= raw.min() + 1e-5


def test_users_come_as_they_are_named():
    assert [user for user, _ in by_user(rows_of())] == list(USERS)


def test_unasked_it_is_ten_items_or_all_of_fewer(tmp_path):
    assert len(rows_of()) == 10 * len(USERS)
    for base in registry.names("base"):
        for items in (1, 3):
            model = few_items(tmp_path / f"{base}-{items}", base, items)
            rows = rows_of(model=model, user=("u1", "u2"))
            assert [row["rank"] for row in rows] == 2 * list(range(1, items + 1))


def few_items(folder, base, items):
    """A recommender of two users and so many items."""
    folder.mkdir()
    lines = [f"u{user},i{item},{item + user}\n" for user in (1, 2) for item in range(items)]
    (folder / "ratings.csv").write_text("".join(lines))
    (folder / "aspects.csv").write_text("".join(f"i{item},a|b{item % 2}\n" for item in range(3)))
    config = RecommendFitConfig(
        dataset=f"csv:{folder / 'ratings.csv'}", base=base, out=folder / "run", epochs=EPOCHS[base]
    )
    recommend_fit(config)
    return folder / "run"


def test_a_row():
    row = rows_of(number=1)[0]
    assert list(row) == ["user", "rank", "item", "title", "rating", "raw"]
    assert {type(value) for value in row.values()} == {str, int, float}


def test_ratings_are_clipped_but_raw_orders(tmp_path):
    model = changed(tmp_path / "a.pt", scale=(3.9, 4.0))
    rows = rows_of(model=model, number=60)
    assert rows == [{**row, "rating": min(max(row["raw"], 3.9), 4.0)} for row in rows]
    assert [row["item"] for row in rows] == [row["item"] for row in rows_of(number=60)]


def test_what_was_seen_is_left_out():
    seen = fitted().seen
    for user, rows in by_user(rows_of(exclude_seen=True, number=60)):
        place = fitted().names.user_index(user)
        own = {f"i{item + 1}" for item in seen.items[seen.users == place].tolist()}
        assert {row["item"] for row in rows} == {f"i{item}" for item in range(1, 61)} - own
        assert len(rows) == 30


@pytest.mark.parametrize("base", EXPLAINED)
def test_aspects_are_those_of_the_item_and_add_what_amcf_says(base):
    recommender = fitted(base)
    names = recommender.names
    assert recommender.explainer is not None
    for row in rows_of(base, explain=True, number=4):
        user, item = names.user_index(row["user"]), names.item_index(row["item"])
        (values,) = recommender.explainer.specific_preference(
            torch.tensor([user]), torch.tensor([item])
        )
        wanted = {
            names.aspect_names[place]: values[place].item()
            for place in recommender.aspects[item].nonzero()[:, 0].tolist()
        }
        assert row["aspects"] == pytest.approx(wanted, abs=2e-6)
        magnitudes = [abs(value) for value in row["aspects"].values()]
        assert magnitudes == sorted(magnitudes, reverse=True)


@pytest.mark.parametrize(("pairs", "rows"), [(1, 1), (130, 1000), (1000, 8)])
def test_blocks_change_nothing(pairs, rows, monkeypatch):
    whole = rows_of(explain=True, exclude_seen=True)
    monkeypatch.setattr(module, "PAIRS", pairs)
    monkeypatch.setattr(module, "ROWS", rows)
    for one, other in zip(rows_of(explain=True, exclude_seen=True), whole, strict=True):
        assert one == {**other, "rating": pytest.approx(other["rating"], abs=2e-6)} | {
            "raw": pytest.approx(other["raw"], abs=2e-6),
            "aspects": pytest.approx(other["aspects"], abs=2e-6),
        }


def test_rows_come_before_the_last_user_is_read(monkeypatch):
    monkeypatch.setattr(module, "PAIRS", 60)

    def lines():
        yield b"u1\n"
        raise AssertionError("the second user was read too early")

    class Input:
        buffer = lines()

    monkeypatch.setattr("sys.stdin", Input)
    config = RecommendTopConfig(model=recommender_run("svd"), user=("-",), device="cpu")
    assert next(recommend_top(config))["user"] == "u1"


def test_users_from_standard_input(monkeypatch):
    give_lines(monkeypatch, ["u7", "", " u1 ", "u80\r", "u7"])
    assert rows_of(user=("-",)) == rows_of()
    give_lines(monkeypatch, ["u1", "u80"])
    assert rows_of(user=("u7", "-", "u7")) == rows_of()


def test_users_without_training_ratings_are_told_of(tmp_path):
    seen = fitted().seen
    model = changed(tmp_path / "a.pt", seen=seen.select(seen.users >= 7))
    reporter = Recorder()
    rows = rows_of(model=model, exclude_seen=True, number=60, reporter=reporter)
    assert [len(own) for _, own in by_user(rows)] == [60, 60, 30, 60]
    (warning,) = reporter.warnings
    assert warning == "users without a training rating, of whom nothing is known: 3"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": None}, ConfigError, "no model is given"),
        ({"user": ()}, ConfigError, "no user is given"),
        ({"user": ("u81",)}, UnknownNameError, "unknown user 'u81'; did you mean 'u8'"),
        ({"number": 61}, ConfigError, "--number is 61, but the model has 60 items"),
        ({"user": ("-",)}, DataError, "standard input has no users"),
        ({"base": "baseline", "explain": True}, ModelError, "'baseline' knows nothing of aspects"),
        ({"device": "gpu"}, ConfigError, "--device is gpu"),
    ],
)
def test_refused(options, error, message, monkeypatch):
    give_lines(monkeypatch, ["", " "])
    with pytest.raises(error, match=message):
        rows_of(**options)


def test_another_artifact():
    with pytest.raises(ArtifactError, match="is a classifier, but a recommender is wanted"):
        rows_of(model=classifier_run())
