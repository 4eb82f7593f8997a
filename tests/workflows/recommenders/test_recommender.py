"""The recommender artifact: what is saved is what is loaded, and damage is said."""

import pytest
import torch

from tests.trained import recommender_config, recommender_run
from xaitool import registry
from xaitool.errors import ArtifactError, InputError, UnknownNameError
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.recommenders.ratings import ratings_for
from xaitool.workflows.recommenders.recommender import load_recommender, save_recommender
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def content(run):
    return {
        key: value for key, value in load_checkpoint(run, kind=None).items() if key not in HEADER
    }


@pytest.mark.parametrize("base", registry.names("base"))
def test_loaded_as_fitted(base, tmp_path):
    config = recommender_config(None, base=base)
    recommender = load_recommender(recommender_run(base), CPU)
    data = ratings_for(config, data_dir=None)
    seen = recommender.seen
    assert torch.equal(seen.users, data.ratings.users)
    assert torch.equal(seen.items, data.ratings.items)
    assert torch.equal(seen.values, data.ratings.values)
    again = recommender.recipe.fit(seen, data.aspects, CPU)
    everyone, everything = torch.arange(80), torch.arange(60)
    assert torch.equal(recommender.model.rate_all(everyone), again.model.rate_all(everyone))
    assert (recommender.explainer is None) == (base == "baseline")
    assert (recommender.amcf is None) == (base in ("linear", "baseline"))
    if again.explainer and recommender.explainer:
        assert torch.equal(
            recommender.explainer.specific_preference(everyone[:60], everything),
            again.explainer.specific_preference(everyone[:60], everything),
        )
    assert recommender.base == base
    assert recommender.names == data.names
    assert torch.equal(recommender.aspects, data.aspects)
    assert (recommender.scale, recommender.digest) == (data.scale, data.digest)
    assert recommender.config == config.to_dict("experiment")
    save_recommender(tmp_path / "again.pt", recommender)
    assert (tmp_path / "again.pt").read_bytes() == (recommender_run(base) / "best.pt").read_bytes()


def test_precision():
    double = load_recommender(recommender_run("svd"), Runtime(torch.device("cpu"), torch.float64))
    assert double.model.item_vectors(torch.arange(2)).dtype == torch.float64
    assert double.seen.values.dtype == torch.float64


def remove(*keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return change


def shorten(content):
    content["state"]["model"]["item_factors"] = torch.zeros(3, 8)


def turn_scale(content):
    content["scale"] = content["scale"][::-1]


def less_seen(content):
    content["seen"]["users"] = content["seen"]["users"][:5]


def odd_attention(content):
    content["recipe"]["amcf_options"]["attention"] = 3


def other_amcf(content):
    content["state"]["amcf"]["embeddings"] = torch.zeros(1, 8)


@pytest.mark.parametrize(
    "change",
    [
        remove("recipe"),
        remove("seen", "values"),
        remove("state", "model", "mean"),
        remove("titles"),
        shorten,
        turn_scale,
        less_seen,
        odd_attention,
        other_amcf,
    ],
)
def test_damage_is_one_line(change, tmp_path):
    damaged = content(recommender_run("svd"))
    change(damaged)
    save_checkpoint(tmp_path / "a.pt", "recommender", damaged)
    with pytest.raises(ArtifactError, match=r"checkpoint .* has .*, but|is damaged .*, but"):
        load_recommender(tmp_path / "a.pt", CPU)


def test_what_is_not_there_or_something_else(tmp_path):
    with pytest.raises(ArtifactError, match="does not exist"):
        load_recommender(tmp_path / "a.pt", CPU)
    save_checkpoint(tmp_path / "a.pt", "classifier", {})
    with pytest.raises(ArtifactError, match="is a classifier, but a recommender is wanted"):
        load_recommender(tmp_path / "a.pt", CPU)


def test_a_base_of_a_later_version(tmp_path):
    later = content(recommender_run("svd"))
    later["recipe"]["base"] = "svd3"
    save_checkpoint(tmp_path / "a.pt", "recommender", later)
    with pytest.raises(UnknownNameError, match="unknown base 'svd3'"):
        load_recommender(tmp_path / "a.pt", CPU)


def test_indices_out_of_range(tmp_path):
    wrong = content(recommender_run("svd"))
    wrong["seen"]["users"] = wrong["seen"]["users"] + 1000
    save_checkpoint(tmp_path / "a.pt", "recommender", wrong)
    with pytest.raises(InputError, match="users are not int64 indices below 80"):
        load_recommender(tmp_path / "a.pt", CPU)
