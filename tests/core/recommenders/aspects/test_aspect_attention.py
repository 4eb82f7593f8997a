import numpy as np
import pytest
import torch

from tests.reference.aspect_projection import gram_schmidt_coefficients
from xaitool.core.recommenders.aspects.aspect_attention import attend, projection


def sample(items=40, aspects=6, size=10, seed=0):
    draws = torch.Generator().manual_seed(seed)
    has = torch.rand(items, aspects, generator=draws) < 0.4
    has[0] = False
    has[1] = True
    vectors = torch.randn(items, size, generator=draws, dtype=torch.float64)
    embeddings = torch.randn(aspects, size, generator=draws, dtype=torch.float64)
    return vectors, embeddings, has


def lstsq(vector, embeddings, has):
    found = np.zeros(len(has))
    found[has] = np.linalg.lstsq(embeddings[has].T, vector, rcond=None)[0]
    return found


def each(function, vectors, embeddings, has):
    return np.stack(
        [
            function(vector, embeddings.numpy(), own)
            for vector, own in zip(vectors.numpy(), has.numpy(), strict=True)
        ]
    )


def test_projection_equals_numpy_lstsq():
    vectors, embeddings, has = sample()
    wanted = each(lstsq, vectors, embeddings, has)
    np.testing.assert_allclose(projection(vectors, embeddings, has), wanted, atol=1e-12)


def test_projection_equals_gram_schmidt():
    vectors, embeddings, has = sample(seed=1)

    def closed_form(vector, embeddings, own):
        found = np.zeros(len(own))
        found[own] = gram_schmidt_coefficients(vector, embeddings[own])
        return found

    wanted = each(closed_form, vectors, embeddings, has)
    np.testing.assert_allclose(projection(vectors, embeddings, has), wanted, atol=1e-11)


@pytest.mark.parametrize("size", [1, 3, 10])
def test_projection_of_dependent_embeddings_is_the_shortest(size):
    vectors, embeddings, has = sample(size=size, seed=2)
    embeddings[3] = embeddings[1]
    embeddings[4] = 0
    wanted = each(lstsq, vectors, embeddings, has)
    np.testing.assert_allclose(projection(vectors, embeddings, has), wanted, atol=1e-9)


def test_projection_keeps_the_dtype():
    vectors, embeddings, has = sample()
    found = projection(vectors.float(), embeddings.float(), has)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, projection(vectors, embeddings, has).float())


@pytest.mark.parametrize("attention", ["masked-softmax", "softmax", "signed"])
def test_absent_aspects_get_nothing(attention):
    _, _, has = sample()
    found = attend(attention, torch.randn(has.shape), has)
    assert found.isfinite().all()
    assert not found[~has].any()


@pytest.mark.parametrize("attention", ["masked-softmax", "signed"])
def test_logits_of_zero_are_equal_parts(attention):
    _, _, has = sample()
    parts = has / has.sum(1, keepdim=True).clamp(min=1)
    torch.testing.assert_close(attend(attention, torch.zeros(has.shape), has), parts)


def test_masked_softmax_is_a_softmax_of_the_own_aspects():
    logits = torch.tensor([[1.0, 2.0, 3.0], [300.0, -300.0, 0.0]])
    has = torch.tensor([[True, False, True], [False, True, False]])
    wanted = torch.zeros(2, 3)
    wanted[0, [0, 2]] = logits[0, [0, 2]].softmax(0)
    wanted[1, 1] = 1
    torch.testing.assert_close(attend("masked-softmax", logits, has), wanted)


def test_published_softmax_leaks_to_absent_aspects():
    logits, has = torch.zeros(1, 4), torch.tensor([[True, False, False, False]])
    assert attend("softmax", logits, has).tolist() == [[0.25, 0, 0, 0]]


def test_signed_attention_can_be_negative():
    has = torch.tensor([[True, True]])
    assert attend("signed", torch.tensor([[-1.0, 2.0]]), has).tolist() == [[-0.5, 2.5]]
