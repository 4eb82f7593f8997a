import copy

import pytest
import torch

from tests.core.recommenders.given_vectors import GivenVectors, given
from xaitool.core.metrics.statistics.rank_correlation import rank_correlation
from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.core.recommenders.aspects.aspect_attention import ATTENTIONS
from xaitool.errors import ConfigError, DivergenceError, ModelError, ShapeError, UnknownNameError

USERS = torch.arange(60)
ITEMS = torch.arange(200)


def fitted(data=None, **options):
    data = data or given()
    return Amcf(data.model, data.aspects, **options).fit(data.ratings), data


@pytest.fixture(params=ATTENTIONS)
def attention(request):
    return request.param


def test_the_rating_model_is_not_touched(attention):
    data = given()
    pairs = data.ratings.users, data.ratings.items
    before = copy.deepcopy(data.model.state_dict())
    rated = data.model.rate(*pairs)
    amcf, _ = fitted(data, attention=attention)
    amcf.specific_preference(*pairs)
    assert all(torch.equal(part, before[name]) for name, part in data.model.state_dict().items())
    assert torch.equal(data.model.rate(*pairs), rated)
    assert torch.equal(amcf.model.rate(*pairs), rated)
    assert all(part.grad is None and part.requires_grad for part in data.model.parameters())


def test_fits_are_bitwise_equal(attention):
    first, second = (fitted(attention=attention)[0].state_dict() for _ in range(2))
    assert all(torch.equal(part, second[name]) for name, part in first.items())


def test_state_rebuilds_it(attention):
    amcf, data = fitted(attention=attention)
    blank = GivenVectors(*(torch.zeros_like(part) for part in (data.model.users, data.model.items)))
    other = Amcf(blank, torch.zeros_like(data.aspects), attention=attention)
    other.load_state_dict(amcf.state_dict())
    pairs = data.ratings.users, data.ratings.items
    assert torch.equal(amcf.specific_preference(*pairs), other.specific_preference(*pairs))


def test_recovers_planted_preferences(attention):
    amcf, data = fitted(attention=attention)
    found = rank_correlation(data.preferences, amcf.general_preference(USERS))
    # Published attention cannot make an item of its aspects alone, and pays for it.
    assert found.mean() >= (0.9 if attention == "softmax" else 0.95)


def test_general_preference_is_the_interest_in_the_embeddings():
    amcf, data = fitted()
    wanted = data.model.users @ amcf.embeddings.T
    torch.testing.assert_close(amcf.general_preference(USERS), wanted.detach())


@pytest.mark.parametrize("curved", [False, True])
def test_specific_preference_is_the_interest_in_the_weighted_embeddings(attention, curved):
    data = given()
    data.model.curved = curved
    amcf, _ = fitted(data, attention=attention)
    users, items = data.ratings.users, data.ratings.items
    found = amcf.specific_preference(users, items)
    weighted = amcf.attention(items)[:, :, None] * amcf.embeddings
    torch.testing.assert_close(found, data.model.interest(users, weighted).detach())
    assert not found[~data.aspects[items]].any()


def test_chunks_change_nothing(monkeypatch):
    amcf, data = fitted()
    pairs = data.ratings.users, data.ratings.items
    whole = amcf.general_preference(USERS), amcf.specific_preference(*pairs)
    monkeypatch.setattr("xaitool.core.recommenders.aspects.amcf.ROWS", 7)
    torch.testing.assert_close(amcf.general_preference(USERS), whole[0])
    torch.testing.assert_close(amcf.specific_preference(*pairs), whole[1])


def test_specific_preferences_add_up_to_a_noiseless_rating():
    amcf, data = fitted(given(noise=0), attention="least-squares", aspect_decay=1e-14)
    users, items = data.ratings.users, data.ratings.items
    whole = data.model.rate(users, items) - 3.5 - data.model.bias[items]
    torch.testing.assert_close(amcf.specific_preference(users, items).sum(1), whole.detach())
    torch.testing.assert_close(amcf.explained_share(ITEMS), torch.ones(200).double())


def test_explained_share_is_that_of_the_projection():
    amcf, data = fitted(given(noise=0.5), attention="least-squares")
    share = amcf.explained_share(ITEMS)
    assert ((share > 0) & (share < 1)).all()
    torch.testing.assert_close(share, amcf.explained_share(ITEMS, projected=False))
    approximate = amcf.attention(ITEMS) @ amcf.embeddings
    wanted = approximate.square().sum(1) / data.model.items.square().sum(1)
    torch.testing.assert_close(share, wanted.detach())


def test_no_attention_explains_more_than_the_projection(attention):
    amcf, _ = fitted(given(noise=0.5), attention=attention)
    own = amcf.explained_share(ITEMS, projected=False)
    assert (own <= amcf.explained_share(ITEMS) + 1e-12).all()


def test_items_without_aspects_or_vector_are_0(attention):
    data = given()
    data.aspects[:3] = False
    with torch.no_grad():
        data.model.items[5] = 0
    amcf, _ = fitted(data, attention=attention)
    nothing = torch.tensor([0, 1, 2])
    assert not amcf.attention(nothing).any()
    assert not amcf.specific_preference(nothing, nothing).any()
    for projected in (True, False):
        share = amcf.explained_share(ITEMS, projected=projected)
        assert share.isfinite().all()
        assert not share[[0, 1, 2, 5]].any()


def test_nothing_to_learn_gives_nothing(attention):
    data = given()
    data.aspects[:] = False
    amcf, _ = fitted(data, attention=attention)
    assert not amcf.general_preference(USERS).any()
    assert not amcf.explained_share(ITEMS).any()


def test_unrated_items_and_aspects_do_not_count():
    data = given()
    train = data.ratings.select(data.ratings.items < 100)
    first = Amcf(data.model, data.aspects).fit(train)
    with torch.no_grad():
        data.model.items[100:] = 1e3
    second = Amcf(data.model, data.aspects).fit(train)
    assert torch.equal(first.embeddings, second.embeddings)


def test_weighting_counts_ratings_or_items():
    data = given(noise=0.5)
    repeated = data.ratings.select(torch.arange(len(data.ratings)).repeat(2))
    for weighting in ("ratings", "uniform"):
        once, _ = fitted(data, weighting=weighting)
        twice = Amcf(data.model, data.aspects, weighting=weighting).fit(repeated)
        torch.testing.assert_close(once.embeddings, twice.embeddings)
    assert not torch.equal(fitted(data)[0].embeddings, once.embeddings)


def test_scale_of_the_vectors_does_not_matter(attention):
    data, large = given(), given()
    with torch.no_grad():
        large.model.items *= 1000
    small, big = (fitted(part, attention=attention)[0] for part in (data, large))
    torch.testing.assert_close(big.embeddings, 1000 * small.embeddings, rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(big.attention(ITEMS), small.attention(ITEMS), rtol=1e-4, atol=1e-5)


def test_equal_parts_are_a_ridge_regression():
    data = given(noise=0.5)
    amcf, _ = fitted(data, attention="least-squares", aspect_decay=0.05)
    parts = (data.aspects / data.aspects.sum(1, keepdim=True)).double()
    counts = torch.bincount(data.ratings.items, minlength=200).double()
    vectors = data.model.items.detach()
    ridge = torch.linalg.lstsq(
        torch.cat([counts.sqrt()[:, None] * parts, counts.sum().sqrt() * torch.eye(8)]),
        torch.cat([counts.sqrt()[:, None] * vectors, torch.zeros(8, 16)]),
    ).solution
    # The fit stretches the ridge's solution as a whole.
    stretch = amcf.embeddings.norm() / ridge.norm()
    torch.testing.assert_close(amcf.embeddings, stretch * ridge)
    assert stretch > 1


def test_float32_is_kept():
    data = given()
    amcf, _ = fitted(data)
    single = Amcf(data.model.float(), data.aspects).fit(data.ratings)
    assert single.general_preference(USERS).dtype == torch.float32
    torch.testing.assert_close(single.embeddings, amcf.embeddings.float(), rtol=1e-3, atol=1e-3)


def test_no_pairs_give_no_preferences(attention):
    amcf, _ = fitted(attention=attention)
    none = torch.zeros(0, dtype=torch.int64)
    assert amcf.specific_preference(none, none).shape == (0, 8)
    assert amcf.general_preference(none).shape == (0, 8)


def test_bad_vectors_are_refused():
    data = given()
    with torch.no_grad():
        data.model.items[data.ratings.items[0], 0] = torch.nan
    with pytest.raises(DivergenceError, match="NaN or infinite"):
        fitted(data)


@pytest.mark.parametrize(
    "aspects", [torch.ones(200, 8), torch.ones(199, 8) > 0, torch.ones(200, 0) > 0]
)
def test_bad_aspects_are_refused(aspects):
    with pytest.raises(ShapeError, match=r"bool \(200, A\) is wanted"):
        Amcf(given().model, aspects)


def test_a_model_without_vectors_is_refused(monkeypatch):
    monkeypatch.setattr(GivenVectors, "explains_vectors", False)
    with pytest.raises(ModelError, match="no item vectors"):
        fitted()


def test_bad_options_are_refused():
    with pytest.raises(UnknownNameError, match="unknown attention 'soft'"):
        fitted(attention="soft")
    with pytest.raises(ConfigError, match="more than 0"):
        fitted(aspect_decay=0)
