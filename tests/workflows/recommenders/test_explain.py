import pytest
import torch
from PIL import Image

from tests.trained import recommender_run
from tests.workflows.fitted import changed, fitted, give_lines, with_titles
from tests.workflows.tiny_runs import Recorder
from xaitool import registry
from xaitool.core.recommenders.biased import BiasedModel
from xaitool.errors import ConfigError, ModelError, UnknownNameError
from xaitool.workflows.configs.recommend import RecommendExplainConfig
from xaitool.workflows.recommenders import explain as module
from xaitool.workflows.recommenders.explain import recommend_explain

USERS, ITEMS = ("u7", "u1"), ("i3", "i60", "i1")
EXPLAINED = [base for base in registry.names("base") if base != "baseline"]


def records_of(base="svd", *, reporter=None, **options):
    options = {
        "model": recommender_run(base),
        "user": USERS,
        "item": ITEMS,
        "device": "cpu",
        **options,
    }
    return list(recommend_explain(RecommendExplainConfig(**options), reporter))


def test_every_user_is_asked_about_every_item():
    pairs = [(record["user"], record["item"]) for record in records_of()]
    assert pairs == [(user, item) for user in USERS for item in ITEMS]


@pytest.mark.parametrize("base", EXPLAINED)
def test_the_parts_add_up_to_the_rating(base):
    model, names = fitted(base).model, fitted(base).names
    assert isinstance(model, BiasedModel)
    for record in records_of(base):
        biases = record["mean"] + record["user_bias"] + record["item_bias"]
        assert record["raw"] == pytest.approx(biases + record["interest"], abs=1e-5)
        explained = sum(record["aspects"].values())
        assert record["interest"] == pytest.approx(explained + record["unexplained"], abs=1e-5)
        user, item = names.user_index(record["user"]), names.item_index(record["item"])
        pair = torch.tensor([user]), torch.tensor([item])
        assert record["raw"] == pytest.approx(model.rate(*pair).item(), abs=2e-6)
        assert record["user_bias"] == pytest.approx(model.user_biases[user].item(), abs=2e-6)


def test_a_linear_model_explains_everything():
    for record in records_of("linear"):
        assert record["unexplained"] == pytest.approx(0, abs=2e-6)
        assert record["explained_share"] == 1


def test_shares_have_magnitudes_of_sum_one_and_the_order_of_the_aspects():
    for record in records_of():
        assert sum(map(abs, record["shares"].values())) == pytest.approx(1, abs=1e-5)
        assert list(record["shares"]) == list(record["aspects"])
        assert set(record["aspects"]) == {
            name
            for name, present in zip(
                fitted().names.aspect_names,
                fitted().aspects[fitted().names.item_index(record["item"])].tolist(),
                strict=True,
            )
            if present
        }


def test_the_users_own_rating():
    seen, names = fitted().seen, fitted().names
    for record in records_of(user=tuple(names.user_ids), item=("i5",)):
        pair = (names.user_index(record["user"]), names.item_index("i5"))
        own = seen.values[(seen.users == pair[0]) & (seen.items == pair[1])].tolist()
        assert record["rated"] == (own[0] if own else None)


def test_clipped(tmp_path):
    model = changed(tmp_path / "a.pt", scale=(3.9, 4.0))
    for record in records_of(model=model):
        assert record["rating"] == min(max(record["raw"], 3.9), 4.0)


@pytest.mark.parametrize("pairs", [1, 4, 7])
def test_blocks_change_nothing(pairs, monkeypatch):
    whole = records_of("linear")
    monkeypatch.setattr(module, "PAIRS", pairs)
    assert records_of("linear") == whole


def test_items_by_title(tmp_path):
    model = with_titles(tmp_path / "a.pt")
    (record,) = records_of(model=model, user=("u1",), item=("ζορμπάς (1964)",))
    assert (record["item"], record["title"]) == ("i3", "Ζορμπάς (1964)")
    with pytest.raises(UnknownNameError, match="unknown item 'Zorba'"):
        records_of(model=model, item=("Zorba",))
    with pytest.raises(UnknownNameError) as caught:
        records_of(model=model, item=("Film 12",))
    assert "'Film 12 (1990)'" in (caught.value.hint or "")


def test_an_item_without_aspects(tmp_path):
    aspects = fitted().aspects.clone()
    aspects[2] = False
    reporter = Recorder()
    model = changed(tmp_path / "a.pt", aspects=aspects)
    plot = tmp_path / "a.png"
    for shares in (False, True):
        options = {"plot": plot, "overwrite": True, "shares": shares, "reporter": reporter}
        record = records_of(model=model, user=("u1",), item=("i3",), **options)[0]
        assert (record["aspects"], record["shares"], record["explained_share"]) == ({}, {}, 0)
        assert record["unexplained"] == record["interest"]
    assert reporter.warnings == ["item 'i3' has no aspects, so none explains a rating"] * 2


def test_a_picture_is_drawn_of_the_first_pairs(tmp_path, monkeypatch):
    reporter, plot = Recorder(), tmp_path / "new" / "figure.png"
    monkeypatch.setattr(module, "MOST_PANELS", 3)
    assert len(records_of(plot=plot, reporter=reporter)) == 6
    assert reporter.messages == [f"picture: {plot}", "the picture has the first 3 of 6 pairs"]
    with Image.open(plot) as picture:
        assert picture.format == "PNG"
    with pytest.raises(ConfigError, match="exists, but a new file is wanted"):
        records_of(plot=plot)
    before = plot.read_bytes()
    records_of(plot=plot, overwrite=True, shares=True)
    assert plot.read_bytes() != before


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"item": ()}, ConfigError, "no item is given"),
        ({"model": None}, ConfigError, "no model is given"),
        ({"plot": "a.gif"}, ConfigError, "--plot is a.gif, but a name that ends in .png"),
        ({"base": "baseline"}, ModelError, "'baseline' knows nothing of aspects"),
        ({"user": ("u1", "nobody")}, UnknownNameError, "unknown user 'nobody'"),
    ],
)
def test_refused(options, error, message):
    with pytest.raises(error, match=message):
        records_of(**options)


def test_users_from_standard_input(monkeypatch):
    give_lines(monkeypatch, USERS)
    assert records_of(user=("-",)) == records_of()
