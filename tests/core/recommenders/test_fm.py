import pytest
import torch

from tests.core.recommenders.planted import (
    ASPECTS,
    ITEMS,
    USERS,
    aspects,
    population,
    rmse,
    with_cold,
)
from xaitool.core.recommenders.fm import Fm, FmOptions, _Machine
from xaitool.errors import ShapeError


def machine():
    shares = aspects() / aspects().sum(1, keepdim=True).clamp_min(1)
    made = _Machine(with_cold(), shares, FmOptions(factors=4), seed=0)
    for part in (made.users, made.items, made.aspects):
        part.data.normal_(generator=torch.Generator().manual_seed(len(part)))
    return made, shares


def test_predicts_what_the_sum_over_all_pairs_of_features_gives():
    made, shares = machine()
    users, items = torch.tensor([4, 9, 30]), torch.tensor([0, 17, 38])
    found, penalty = made(users, items)
    table = torch.cat([made.users, made.items, made.aspects])
    weights, vectors = table[:, -1], table[:, :-1]
    expected_penalty = torch.zeros(())
    for row, (user, item) in enumerate(zip(users, items, strict=True)):
        features = torch.zeros(USERS + ITEMS + ASPECTS)
        features[user] = 1
        features[USERS + item] = 1
        features[USERS + ITEMS :] = shares[item]
        pairs = torch.triu((vectors @ vectors.T) * features[:, None] * features, diagonal=1)
        expected = made.mean + weights @ features + pairs.sum()
        torch.testing.assert_close(found[row], expected, rtol=1e-5, atol=1e-5)
        expected_penalty += 0.06 * features @ vectors.square().sum(1)
        expected_penalty += 0.01 * features @ weights.square()
    torch.testing.assert_close(penalty, expected_penalty, rtol=1e-5, atol=1e-5)


def test_what_is_kept_rates_as_the_machine_does():
    made, _ = machine()
    model = Fm(USERS, ITEMS, aspects=aspects(), factors=4)
    model._keep(made)
    users, items = torch.tensor([4, 9, 30]), torch.tensor([0, 17, 38])
    torch.testing.assert_close(model.rate(users, items), made(users, items)[0])


def test_recovers_a_planted_factorisation():
    train, test = population(density=0.7)
    model = Fm(
        USERS,
        ITEMS,
        aspects=aspects(),
        factors=6,
        epochs=40,
        batch_size=128,
        learning_rate=0.02,
        regularisation=1e-4,
        bias_regularisation=1e-4,
    )
    assert rmse(model.fit(train), test) < 0.1


def test_aspects_of_another_form_are_refused():
    with pytest.raises(ShapeError, match=r"aspects are int64 \(40, 5\), but bool"):
        Fm(USERS, ITEMS, aspects=aspects().long())
