"""Networks that are no plain modules of tensors: explained as the plain one, or one true line."""

import functools
import warnings
from typing import Any

import pytest
import torch
import torch.distributed
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from xaitool import attribute, registry
from xaitool.core.models.classifiers.penultimate import penultimate
from xaitool.core.randomisation import cascading_randomisation, weight_layers
from xaitool.errors import InputError, ModelError

METHODS = registry.names("method")
GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(2, 3, 8, 8, generator=GENERATOR)
REFERENCES = torch.rand(3, 3, 8, 8, generator=GENERATOR)
POINTS = torch.rand(2, 3, 3, 8, 8, generator=GENERATOR)
OPTIONS: dict[str, dict[str, Any]] = {
    "agi": {"epsilon": 0.01, "classes": 2, "steps": 2},
    "blur-ig": {"steps": 3},
    "cgi": {"baseline": POINTS},
    "deep-shap": {"references": REFERENCES},
    "expected-gradients": {"references": REFERENCES, "samples": 3},
    "integrated-gradients": {"steps": 3},
    "occlusion": {"window": 4, "stride": 4},
    "smooth-grad": {"samples": 2},
}


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3)]
    rest = [nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, 5)]
    return nn.Sequential(*layers, *rest).eval()


class InTwo(nn.Module):
    def __init__(self, stem, rest):
        super().__init__()
        self.stem, self.rest = stem, rest

    def forward(self, images):
        return self.rest(self.stem(images))


class Checkpointed(InTwo):
    def __init__(self, *, first, last, use_reentrant):
        net = network()
        super().__init__(net[:first], net[last:])
        self.middle, self.use_reentrant = net[first:last], use_reentrant

    def forward(self, images):
        start = self.stem(images)
        return self.rest(checkpoint(self.middle, start, use_reentrant=self.use_reentrant))


class WithState(nn.Linear):
    def get_extra_state(self):
        return {"version": 1, "object": object()}

    def set_extra_state(self, state):
        pass


class Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx, images):
        ctx.save_for_backward(images)
        return F.relu(images)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * (ctx.saved_tensors[0] > 0)


class Rectifier(nn.Module):
    def forward(self, images):
        return Rectify.apply(images)


def with_layer(place, layer):
    net = network()
    layer.load_state_dict(net[place].state_dict(), strict=False)
    net[place] = layer
    return net.eval()


def exported():
    any_number = ({0: torch.export.Dim("batch", min=1, max=9)},)
    return torch.export.export(network(), (IMAGES,), dynamic_shapes=any_number).module()


def twice_run(model):
    """TorchScript rewrites what has been differentiated a few times."""
    for _ in range(4):
        torch.autograd.grad(model(IMAGES.clone().requires_grad_()).sum(), list(model.parameters()))
    return model


def distributed():
    store = torch.distributed.HashStore()  # type: ignore[attr-defined]
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        return InTwo(nn.parallel.DistributedDataParallel(network()[:2]), network()[2:])
    finally:
        torch.distributed.destroy_process_group()


def quantised_all():
    quantisation = torch.ao.quantization
    net = nn.Sequential(quantisation.QuantStub(), *network(), quantisation.DeQuantStub()).eval()
    net.qconfig = quantisation.get_default_qconfig("fbgemm")
    quantisation.prepare(net, inplace=True)(IMAGES)
    return quantisation.convert(net)


def quantised_linear():
    return torch.ao.quantization.quantize_dynamic(network(), {nn.Linear}, dtype=torch.qint8)


def optimised():
    return torch.jit.optimize_for_inference(torch.jit.script(network()))


EQUAL = {
    "extra state": lambda: with_layer(7, WithState(24, 5)),
    "traced by torch.fx": lambda: torch.fx.symbolic_trace(network()),
    "exported": exported,
    "exported, behind another": lambda: nn.Sequential(nn.Identity(), exported()),
    "compiled": lambda: torch.compile(network(), backend="eager"),
    "compiled in part": lambda: InTwo(torch.compile(network()[:3], backend="eager"), network()[3:]),
    "for several devices": lambda: nn.DataParallel(network()),
    "for several devices in part": lambda: InTwo(nn.DataParallel(network()[:3]), network()[3:]),
    "for several processes": distributed,
    "checkpointed": lambda: Checkpointed(first=0, last=3, use_reentrant=False),
    "checkpointed within": lambda: Checkpointed(first=2, last=6, use_reentrant=False),
}
OUT_OF_SIGHT = {
    "scripted": lambda: torch.jit.script(network()),
    "scripted and optimised": lambda: twice_run(torch.jit.script(network())),
    "frozen": lambda: torch.jit.freeze(torch.jit.script(network())),
    "traced": lambda: torch.jit.trace(network(), IMAGES),
    "scripted in part": lambda: InTwo(torch.jit.script(network()[:3]), network()[3:]),
    "autograd function": lambda: with_layer(2, Rectifier()),
}
NO_GRADIENT = {
    "reentrant": lambda: Checkpointed(first=0, last=3, use_reentrant=True),
    "reentrant within": lambda: Checkpointed(first=2, last=6, use_reentrant=True),
    "quantised": quantised_all,
    "quantised in part": quantised_linear,
    "optimised for inference": optimised,
}


@functools.cache
def made(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls some of these old
        model = {**EQUAL, **OUT_OF_SIGHT, **NO_GRADIENT}[kind]()
        model(IMAGES)  # TorchScript keeps its ``forward`` when it is first called
        return model


def values(method, model):
    return attribute(model, IMAGES, method, target=1, rows=12, **OPTIONS.get(method, {})).values


@functools.cache
def plain(method):
    return values(method, network())


def left_on(model):
    """All that an explanation could leave changed."""
    state: list[object] = [parameter.requires_grad for parameter in model.parameters()]
    for module in model.modules():
        state += [sorted(vars(module)), getattr(module, "training", None)]
        state += [len(hooks) for hooks in (module._forward_hooks, module._forward_pre_hooks)]
        state += [list(getattr(module, "device_ids", ()) or ())]
    return state


def assert_plain(method, model):
    before = left_on(model)
    wanted = plain(method)
    found = values(method, model)
    assert (found - wanted).abs().max() <= 1e-4 * wanted.abs().max()
    assert left_on(model) == before


def assert_refused(method, model):
    before = left_on(model)
    with pytest.raises(InputError) as refusal:
        values(method, model)
    assert left_on(model) == before
    message = str(refusal.value)
    assert "\n" not in message
    assert ", but " in message
    assert "fails on" not in message
    assert refusal.value.hint
    return message


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", EQUAL)
def test_is_explained_as_the_plain_network(kind, method):
    assert_plain(method, made(kind))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", OUT_OF_SIGHT)
def test_only_methods_that_look_inside_refuse_what_is_out_of_sight(kind, method):
    seen = method == "grad-cam" and kind == "autograd function"
    if seen or method not in ("guided-backprop", "deeplift", "deep-shap", "grad-cam"):
        assert_plain(method, made(kind))
        return
    words = "autograd function Rectify" if kind == "autograd function" else "inside TorchScript"
    assert words in assert_refused(method, made(kind))


@pytest.mark.filterwarnings("ignore:None of the inputs")  # torch's, where no gradient is wanted
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", NO_GRADIENT)
def test_what_has_no_gradient_says_so(kind, method):
    if method == "occlusion":
        assert values(method, made(kind)).isfinite().all()
    elif (method, kind) == ("grad-cam", "reentrant"):  # its convolution comes later
        assert_plain(method, made(kind))
    else:
        assert_refused(method, made(kind))


@pytest.mark.filterwarnings("ignore:None of the inputs")
def test_reentrant_checkpointing_is_named():
    with pytest.raises(ModelError, match="uses reentrant checkpointing") as refusal:
        values("saliency", made("reentrant"))
    assert "use_reentrant=False" in str(refusal.value.hint)


@pytest.mark.parametrize("method", ["saliency", "occlusion"])
def test_lazy_modules_have_no_values(method):
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(5))
    with pytest.raises(ModelError, match=r"parameter '1\.weight' of Sequential has no values yet"):
        values(method, model)
    assert torch.nn.parameter.is_lazy(next(model.parameters()))


def test_program_that_was_exported_in_train_mode():
    model = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(192, 5)).train()
    with pytest.raises(ModelError, match="the program was exported in train mode"):
        values("saliency", torch.export.export(model, (IMAGES,)).module())


LAYERWISE = {
    "randomisation": lambda model: list(weight_layers(model, IMAGES)),
    "features": lambda model: penultimate(model, IMAGES),
}


@pytest.mark.parametrize("what", LAYERWISE)
@pytest.mark.parametrize("kind", [*OUT_OF_SIGHT, "quantised", "quantised in part"])
def test_what_goes_through_the_layers_needs_to_see_each(kind, what):
    if kind == "autograd function":
        LAYERWISE[what](made(kind))
        return
    with pytest.raises(ModelError, match="where layers and weights are not seen"):
        LAYERWISE[what](made(kind))


def test_weights_of_a_module_with_extra_state_are_randomised_in_a_copy():
    model = made("extra state")
    names = [name for name, _ in cascading_randomisation(model, IMAGES, seed=0)]
    assert names == ["7", "3", "0"]
