import os
import re
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import convnext_tiny, resnet18

from xaitool.errors import ModelError
from xaitool.workflows.models.factory import find_attribute, make_model, mode_matters

MODULE = """
import os
from functools import cache, partial
from os import path, system
from torch import nn

__all__ = ["path", "system"]

class Kept(nn.Module):
    def __init__(self, *positional, **named):
        super().__init__()
        self.given = positional, named

    @staticmethod
    def nested(width):
        return Kept(width)

class Handy:
    make = staticmethod(lambda: Kept(7))
    kept = Kept()

@cache
def cached(): return Kept(1)

small = partial(Kept, 2)
made = Kept()
folded = lambda: Kept(3)
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The current folder, which holds a module of a factory that keeps what it was given."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.delitem(sys.modules, "kept_arguments", raising=False)
    Path("kept_arguments.py").write_text(MODULE)


@pytest.mark.parametrize(
    ("text", "positional", "named"),
    [
        ("", (), {}),
        ("()", (), {}),
        ("(width=32, pretrained=false)", (), {"width": 32, "pretrained": False}),
        ("(3, -1.5e-3, 'a(b):c', depth=[1, (2, none)])", (3, -1.5e-3, "a(b):c"), {"depth": 0}),
        ("(True, true, None, {'a': {1: false}},)", (True, True, None, {"a": {1: False}}), {}),
        ("( b'x' )", (b"x",), {}),
    ],
)
def test_plain_arguments(text, positional, named):
    given = make_model(f"kept_arguments:Kept{text}").given
    if "depth" in named:
        named = {"depth": [1, (2, None)]}
    assert given == (positional, named)


def test_a_function_of_a_class():
    assert make_model("kept_arguments:Kept.nested(width=2)").given == ((2,), {})


@pytest.mark.parametrize(
    "text",
    [
        "(width)",
        "(open('ran', 'w'))",
        "(__import__('os').system('touch ran'))",
        "(1 if true else 2)",
        "([x for x in (1, 2)])",
        "(*(1, 2))",
        "(**{'a': 1})",
        "(a=1, a=2)",
        "(a := 1)",
        "(2 ** 100)",
        "(f'{1}')",
        "(1)(2)",
        "(1) or open('ran', 'w')",
        "(1",
        "(1))",
        "(" * 500,
        "(\0)",
    ],
)
def test_arguments_that_are_no_plain_values(text):
    with pytest.raises(
        ModelError, match=r"arguments that cannot be read \(.*\), but plain"
    ) as caught:
        make_model(f"kept_arguments:Kept{text}")
    assert "\n" not in str(caught.value)
    assert not Path("ran").exists()


def test_an_argument_that_the_factory_does_not_take():
    with pytest.raises(ModelError, match=r"cannot be made \(TypeError: .*unexpected keyword .*dep"):
        make_model("kept_arguments:Kept.nested(depth=2)")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (nn.Linear(2, 2), False),
        (nn.Sequential(nn.Dropout()), True),
        (nn.Sequential(nn.Dropout()).eval(), False),
        (nn.RReLU(), True),
        (nn.InstanceNorm2d(2), False),
    ],
)
def test_whether_the_mode_matters(model, expected):
    assert mode_matters(model) is expected


def test_whether_the_mode_matters_to_torchvision():
    with torch.device("meta"):
        assert mode_matters(resnet18())
        assert mode_matters(convnext_tiny())


@pytest.mark.parametrize("place", ["Handy.make", "cached", "folded", "Kept.nested"])
def test_what_a_module_defines(place):
    assert callable(find_attribute(f"kept_arguments:{place}"))


@pytest.mark.parametrize("place", ["torchvision.models:resnet18", "torch.nn:Linear", "os:getcwd"])
def test_what_a_package_exports(place):
    module, _, name = place.partition(":")
    assert find_attribute(place) is getattr(sys.modules[module], name)


def test_what_all_lists():
    assert find_attribute("kept_arguments:system") is os.system


@pytest.mark.parametrize(
    ("place", "message", "hint"),
    [
        ("cache", "is only imported there, but what kept_arguments defines", "functools:cache"),
        ("nn", "is no function and no class", None),
        ("nn.Linear", "'kept_arguments:nn.Linear' is no function and no class", None),
        ("os.system", "is no function and no class", None),
        ("path.join", "is no function and no class", None),
        ("made", "is no function and no class", None),
        ("made.forward", "is no function and no class", None),
        ("small", "is no function and no class", None),
        ("Handy.kept", "is no function and no class", None),
        ("Handy.kept.forward", "is no function and no class", None),
        ("Kept.nested.__globals__", "is no function and no class", None),
        ("Kept.absent", "cannot be imported (AttributeError", None),
        (
            "cache_d",
            "'kept_arguments:cache_d' does not exist; did you mean 'cached'?",
            "kept_arguments has: system, Kept, Handy, cached, folded",
        ),
        ("", "but package.module:name is wanted", None),
    ],
)
def test_what_leads_elsewhere(place, message, hint):
    with pytest.raises(ModelError, match=re.escape(message)) as caught:
        make_model(f"kept_arguments:{place}('ran')")
    assert caught.value.hint == hint
    assert not Path("ran").exists()


@pytest.mark.parametrize("source", ["torchvision:ops.nms", "a/kept_arguments:Kept", "kept.pt2", ""])
def test_what_names_no_code_is_not_imported(source):
    with pytest.raises(ModelError, match=re.escape("but package.module:name is wanted")):
        make_model(source)


def test_a_file_for_a_module():
    with pytest.raises(ModelError, match="cannot be imported") as caught:
        make_model("kept_arguments.py:Kept(3)")
    assert caught.value.hint == "without .py: kept_arguments:Kept"


def test_of_many_names_the_first():
    with pytest.raises(
        ModelError, match="resnet17' does not exist; did you mean 'resnet1"
    ) as caught:
        find_attribute("torchvision.models.resnet:resnet17")
    assert str(caught.value.hint).endswith(", ...")
    assert str(caught.value.hint).count(",") == 10


def test_a_module_that_ends_the_program():
    Path("ends_at_once.py").write_text("raise SystemExit(0)")
    with pytest.raises(ModelError, match=r"cannot be imported \(SystemExit: 0\)"):
        make_model("ends_at_once:make")
