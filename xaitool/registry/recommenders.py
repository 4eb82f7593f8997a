"""Models of ratings."""

from __future__ import annotations

from xaitool.registry.entry import Entry

BASE_MODELS = {
    "svd": Entry(
        "core.recommenders.svd:Svd",
        "biased matrix factorisation",
        "Koren et al. 2009",
    ),
    "svd++": Entry(
        "core.recommenders.svd_plus_plus:SvdPlusPlus",
        "svd that learns from what was rated at all, too",
        "Koren 2008",
    ),
    "ncf": Entry(
        "core.recommenders.ncf:Ncf",
        "neural collaborative filtering (NeuMF) with explicit ratings",
        "He et al. 2017",
    ),
    "fm": Entry(
        "core.recommenders.fm:Fm",
        "factorisation machine over user, item and aspects",
        "Rendle 2010",
    ),
    "linear": Entry(
        "core.recommenders.linear:Linear",
        "a ridge regression a user on aspects, which explains itself",
        "Pan et al. 2020 (AMCF), section 4.2",
    ),
    "baseline": Entry(
        "core.recommenders.biases:Biases",
        "mean and biases only, which explain nothing",
        "Koren 2010",
    ),
}
