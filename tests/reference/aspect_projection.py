"""Projection of a vector on aspect embeddings by Gram-Schmidt and back-substitution, in NumPy."""

import numpy as np


def gram_schmidt_coefficients(vector, embeddings):
    """Coefficients v_i with sum v_i psi_i = projection of `vector`; psi linearly independent.

    The paper's section 3.4 put right: every step divides by the squared length, and
    v_i = c_i - sum_{j > i} (<psi_j, o_i> / |o_i|²) v_j, with o the orthogonal vectors and c the
    coefficients on them. The paper's own correction misses v_j and is 0 by construction.
    """
    count = len(embeddings)
    orthogonal: list[np.ndarray] = []
    shares = np.zeros((count, count))
    for i, embedding in enumerate(embeddings):
        rest = embedding.copy()
        for j, earlier in enumerate(orthogonal):
            shares[i, j] = embedding @ earlier / (earlier @ earlier)
            rest -= shares[i, j] * earlier
        orthogonal.append(rest)
    on_orthogonal = [vector @ part / (part @ part) for part in orthogonal]
    found = np.zeros(count)
    for i in reversed(range(count)):
        found[i] = on_orthogonal[i] - sum(shares[j, i] * found[j] for j in range(i + 1, count))
    return found
