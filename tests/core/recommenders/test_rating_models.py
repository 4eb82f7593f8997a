"""What every base rating model promises."""

import math

import pytest
import torch

from tests.core.recommenders.planted import ITEMS, USERS, aspects, rmse, with_cold
from xaitool.core.recommenders.biases import Biases
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.fm import Fm
from xaitool.core.recommenders.linear import Linear
from xaitool.core.recommenders.ncf import Ncf
from xaitool.core.recommenders.svd import Svd
from xaitool.core.recommenders.svd_plus_plus import SvdPlusPlus
from xaitool.errors import ConfigError, DataError, DivergenceError, ShapeError

MODELS = [Biases, Svd, SvdPlusPlus, Ncf, Fm, Linear]
LEARNED = [Svd, SvdPlusPlus, Ncf, Fm]


def make(model, **options):
    if model is not Biases and model is not Linear:
        options = {"factors": 6, "epochs": 3, **options}
    if issubclass(model, Ncf | Fm):
        options.setdefault("batch_size", 64)
    if model.reads_aspects:
        options["aspects"] = aspects()
    return model(USERS, ITEMS, **options)


@pytest.fixture(scope="module", params=MODELS, ids=lambda model: model.__name__)
def fitted(request):
    return make(request.param).fit(with_cold(), seed=1)


def pairs(count=50):
    draw = torch.Generator().manual_seed(7)
    users = torch.randint(USERS, (count,), generator=draw)
    return users, torch.randint(ITEMS, (count,), generator=draw)


def test_a_rating_is_mean_biases_and_interest(fitted):
    users, items = pairs()
    biases = fitted.mean + fitted.user_biases[users] + fitted.item_biases[items]
    interest = fitted.interest(users, fitted.item_vectors(items))
    found = fitted.rate(users, items)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, biases + interest, rtol=1e-6, atol=1e-6)


def test_all_ratings_equal_single_ones(fitted):
    users = torch.tensor([5, 0, 59])
    every = torch.arange(ITEMS)
    expected = torch.stack([fitted.rate(user.expand(ITEMS), every) for user in users])
    torch.testing.assert_close(fitted.rate_all(users), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rating", [0.0, 3.0, 0.01, -1e9])
def test_equal_ratings_are_predicted(model, rating):
    planted = with_cold()
    equal = Ratings(
        planted.users, planted.items, torch.full_like(planted.values, rating), USERS, ITEMS
    )
    found = make(model).fit(equal, seed=1).rate_all(torch.arange(USERS))
    torch.testing.assert_close(found, torch.full_like(found, rating), rtol=1e-6, atol=0.02)


@pytest.mark.parametrize("model", MODELS)
def test_ratings_of_a_milliard_are_fitted_no_worse_than_by_their_mean(model):
    planted = with_cold()
    signs = (planted.values > planted.values.median()) * 2e9 - 1e9
    large = Ratings(planted.users, planted.items, signs, USERS, ITEMS)
    fitted = make(model).fit(large, seed=1)
    error = (fitted.rate(large.users, large.items) - signs).double()
    assert error.square().mean() <= 1.01 * signs.double().var()
    assert fitted.rate_all(torch.arange(USERS)).isfinite().all()


def test_interest_of_many_vectors_equals_single_ones(fitted):
    users, items = pairs(6)
    vectors = fitted.item_vectors(items).view(2, 3, -1)
    both = fitted.interest(users[:2], vectors)
    assert both.shape == (2, 3)
    for column in range(3):
        single = fitted.interest(users[:2], vectors[:, column])
        torch.testing.assert_close(both[:, column], single, rtol=1e-5, atol=1e-6)


def test_no_item_interests_nobody(fitted):
    users, items = pairs()
    nothing = torch.zeros_like(fitted.item_vectors(items))
    assert not fitted.interest(users, nothing).any()


def test_a_cold_user_gets_mean_and_item_bias(fitted):
    cold = torch.full((ITEMS,), USERS - 1)
    items = torch.arange(ITEMS)
    expected = fitted.mean + fitted.item_biases
    assert torch.equal(fitted.rate(cold, items), expected)
    assert fitted.user_biases[-1] == 0


def test_a_cold_item_has_no_bias(fitted):
    assert fitted.item_biases[-1] == 0


@pytest.mark.parametrize("model", LEARNED)
def test_a_cold_item_has_no_vector(model):
    fitted = make(model).fit(with_cold())
    assert not fitted.item_vectors(torch.tensor([ITEMS - 1])).any()
    users = torch.arange(USERS)
    found = fitted.rate(users, torch.full_like(users, ITEMS - 1))
    assert torch.equal(found, fitted.mean + fitted.user_biases)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_state(model):
    first, second = (make(model).fit(with_cold(), seed=3).state_dict() for _ in range(2))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("model", MODELS)
def test_fitting_again_forgets_the_first_fit(model):
    twice = make(model).fit(with_cold(5), seed=4).fit(with_cold(), seed=3)
    once = make(model).fit(with_cold(), seed=3)
    users, items = pairs()
    assert torch.equal(twice.rate(users, items), once.rate(users, items))


@pytest.mark.parametrize("model", LEARNED)
def test_another_seed_gives_another_state(model):
    users, items = pairs()
    one, other = (make(model).fit(with_cold(), seed=seed).rate(users, items) for seed in (1, 2))
    assert not torch.equal(one, other)


@pytest.mark.parametrize("model", MODELS)
def test_the_state_is_everything(model):
    fitted = make(model).fit(with_cold())
    rebuilt = make(model)
    rebuilt.load_state_dict(fitted.state_dict())
    users, items = pairs()
    assert torch.equal(rebuilt.rate(users, items), fitted.rate(users, items))


@pytest.mark.parametrize("model", LEARNED)
def test_gradients_with_respect_to_a_vector_are_finite(model):
    fitted = make(model).fit(with_cold())
    users, items = pairs()
    vectors = fitted.item_vectors(items).detach().clone().requires_grad_()
    fitted.interest(users, vectors).sum().backward()
    assert vectors.grad.isfinite().all()
    assert vectors.grad.any()
    assert all(parameter.grad is None for parameter in fitted.parameters())


@pytest.mark.parametrize("model", MODELS)
def test_a_fitted_model_wants_no_gradients(model):
    fitted = make(model).fit(with_cold())
    users, items = pairs()
    assert not fitted.rate(users, items).requires_grad


@pytest.mark.parametrize("model", [Biases, *LEARNED])
def test_better_than_the_mean(model):
    ratings = with_cold()
    options = {"epochs": 15} if model in LEARNED else {}
    assert rmse(make(model, **options).fit(ratings), ratings) < float(ratings.values.std())


@pytest.mark.parametrize("model", MODELS)
def test_every_epoch_is_told(model):
    told = []
    make(model).fit(with_cold(), progress=lambda epoch, values: told.append((epoch, values)))
    assert [epoch for epoch, _ in told] == list(range(1, len(told) + 1))
    assert len(told) == (3 if model in LEARNED else 1)
    assert all(0 < values["rmse"] < 2 for _, values in told)


@pytest.mark.parametrize("model", MODELS)
def test_a_rating_that_is_no_number_is_divergence(model):
    ratings = with_cold()
    ratings.values[3] = math.nan
    with pytest.raises(DivergenceError, match=r"training error is nan after epoch [01], but"):
        make(model).fit(ratings)


@pytest.mark.parametrize("model", MODELS)
def test_no_ratings_or_those_of_others_are_refused(model):
    ratings = with_cold()
    with pytest.raises(DataError, match="0 ratings to fit, but at least 1"):
        make(model).fit(ratings.select(slice(0)))
    others = Ratings(ratings.users, ratings.items, ratings.values, USERS + 1, ITEMS)
    with pytest.raises(ShapeError, match=r"\(61, 40\), but the model is made for \(60, 40\)"):
        make(model).fit(others)


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_option_is_refused(model):
    with pytest.raises(ConfigError, match="has no option 'depth'"):
        make(model, depth=3)


@pytest.mark.parametrize("model", MODELS)
def test_one_rating_is_enough(model):
    one = with_cold().select(slice(1))
    users, items = pairs()
    assert make(model).fit(one).rate(users, items).isfinite().all()
