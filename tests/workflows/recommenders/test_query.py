"""Whom a command asks about: users by name, or by the lines of standard input."""

import pytest
import torch

from tests.trained import recommender_run
from tests.workflows.fitted import changed, fitted, give_lines
from tests.workflows.tiny_runs import Recorder
from xaitool.errors import ConfigError, DataError, ModelError, UnknownNameError
from xaitool.workflows.configs.recommend import RecommendPreferencesConfig
from xaitool.workflows.recommenders.query import Query


def query(*users, reporter=None, **options):
    values = {"model": recommender_run("svd"), "user": users, "device": "cpu", **options}
    return Query(RecommendPreferencesConfig(**values), reporter or Recorder())


@pytest.mark.parametrize(("size", "sizes"), [(2, [2, 2, 1]), (5, [5]), (9, [5]), (0, [1] * 5)])
def test_blocks_keep_the_order(size, sizes):
    names = ("u9", "u2", "u9", "u80", "u1")
    blocks = list(query(*names).blocks(size))
    assert [len(block) for block, _ in blocks] == sizes
    assert tuple(name for block, _ in blocks for name in block) == names
    wanted = [fitted().names.user_ids.index(name) for name in names]
    assert torch.cat([users for _, users in blocks]).tolist() == wanted


def test_lines_stand_between_names(monkeypatch):
    give_lines(monkeypatch, ["u5", "  u6 "])
    ((block, _),) = query("u1", "-", "u2").blocks(10)
    assert block == ["u1", "u5", "u6", "u2"]


def test_a_block_comes_before_the_next_name_is_read(monkeypatch):
    give_lines(monkeypatch, ["u5", "nobody"])
    blocks = query("-").blocks(1)
    assert next(blocks)[0] == ["u5"]
    with pytest.raises(UnknownNameError, match="unknown user 'nobody'"):
        next(blocks)


def test_no_line(monkeypatch):
    give_lines(monkeypatch, [])
    with pytest.raises(DataError, match="standard input has no users, but one id a line"):
        list(query("-").blocks(1))


def test_users_of_whom_nothing_is_known(tmp_path):
    seen = fitted().seen
    first = fitted().names.user_index("u1")
    model = changed(tmp_path / "a.pt", seen=seen.select(seen.users != first))
    reporter = Recorder()
    list(query("u1", "u2", "u1", model=model, reporter=reporter).blocks(2))
    told = "users without a training rating, of whom nothing is known: 2"
    assert reporter.warnings == [told]


def test_what_is_not_given():
    with pytest.raises(ConfigError, match="no model is given, but --model RUN is wanted"):
        query("u1", model=None)
    with pytest.raises(ConfigError, match="no user is given, but --user ID"):
        query()


def test_a_base_that_knows_no_aspects():
    assert query("u1").explainer() is not None
    with pytest.raises(ModelError, match="base 'baseline' knows nothing of aspects") as caught:
        query("u1", model=recommender_run("baseline")).explainer()
    assert "xaitool recommend fit --base svd" in str(caught.value.hint)
