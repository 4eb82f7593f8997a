"""The options of a call from Python: also by Captum's names, and a layer by its module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.errors import ConfigError

METHODS = {
    "DeepLift": ("deeplift", ""),
    "DeepLiftShap": ("deep-shap", ""),
    "GradientShap": (
        "expected-gradients",
        ", without noise, samples=200 unless given",
    ),
    "GuidedBackprop": ("guided-backprop", ""),
    "InputXGradient": ("input-x-gradient", ""),
    "IntegratedGradients": ("integrated-gradients", ""),
    "LayerGradCam": ("grad-cam", ", of the size of the images, above 0 alone unless relu=False"),
    "NoiseTunnel": ("smooth-grad", ", of the gradient, with noise=0.15 of the image's range"),
    "Occlusion": ("occlusion", ", with a window and a stride by the size of the images"),
    "Saliency": ("saliency", ", signed unless absolute=True"),
}
"""Captum's classes, our methods, and where ours has other defaults."""

NAMES = {
    "abs": "absolute",
    "baselines": "baseline",
    "internal_batch_size": "rows",
    "n_samples": "samples",
    "n_steps": "steps",
    "nt_samples": "samples",
    "perturbations_per_eval": "rows",
    "relu_attributions": "relu",
}
"""Captum's arguments that mean the same under another name of ours."""

WITHOUT_EQUAL = {
    "additional_forward_args": "give a module of the images alone, which adds the rest itself",
    "attr_dim_summation": "leave it out: a map's channels are always summed",
    "attribute_to_layer_input": "give the layer before by layer=",
    "custom_attribution_func": "compute it from the result's values",
    "draw_baseline_from_distrib": "baseline='uniform' or 'gaussian' is drawn",
    "feature_mask": "sum the result's values over the features",
    "grad_kwargs": "leave it out",
    "multiply_by_inputs": "method='saliency' is the gradient alone, 'input-x-gradient' the product",
    "nt_samples_batch_size": "rows is the number of images in a forward pass",
    "nt_type": "method='smooth-grad'",
    "return_convergence_delta": "leave it out: completeness_gap of the result is always there",
    "show_progress": "leave it out",
    "sliding_window_shapes": "window=15 is the side of a square over all channels",
    "stdevs": "noise of smooth-grad is a share of the image's range, 0.15 by default",
    "strides": "stride=8 is a number of pixels",
}
"""Those that have no equal here, and what to do; nothing is asked by None and False."""

NOT_OPTIONS = ("baseline", "references", "rows")
"""Arguments of `attribute` itself that some of Captum's names stand for."""


def our_method(method: Any, warn: Callable[[str], None]) -> Any:
    """A method, of which Captum's class or its name is taken for ours, with a warning."""
    if isinstance(method, type) and issubclass(method, AttributionMethod):
        return method
    name = method if isinstance(method, str) else getattr(method, "__name__", "")
    if name not in METHODS:
        return method
    ours, difference = METHODS[name]
    warn(f"{name} is Captum's name; here it is method='{ours}'{difference}")
    return ours


def our_arguments(
    kind: type[AttributionMethod],
    own: dict[str, Any],
    options: dict[str, Any],
    warn: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arguments and options, of which Captum's names are taken for ours, with a warning each.

    Args:
        kind: The method.
        own: Those of `NOT_OPTIONS`; None where they are not given.
        options: All other arguments.
        warn: Told about each name.

    Returns:
        Both, under our names.

    Raises:
        ConfigError: A name of Captum's has no equal here, or ours is given as well.
    """
    for name in sorted(options.keys() & WITHOUT_EQUAL.keys()):
        if options[name] is not None and options[name] is not False:
            what = WITHOUT_EQUAL[name]
            raise ConfigError(f"{name} is Captum's, and has no equal here", hint=what)
    taken = NAMES.keys() | WITHOUT_EQUAL.keys()
    own, ours = dict(own), {name: value for name, value in options.items() if name not in taken}
    for name in (one for one in options if one in NAMES):
        meant = NAMES[name]
        if (meant, kind.default_baseline) == ("baseline", "dataset") and _are_images(options[name]):
            meant = "references"
        into = own if meant in NOT_OPTIONS else ours
        if into.get(meant) is not None:
            raise ConfigError(f"{meant} and Captum's {name} are given, but one of them is wanted")
        into[meant] = options[name]
        warn(f"{name} is Captum's name; here it is {meant}")
    return own, ours


def _are_images(value: Any) -> bool:
    return not isinstance(value, str | float | int | Baseline)


def layer_by_name(model: nn.Module, options: dict[str, Any]) -> dict[str, Any]:
    """Options, of which a module that is the ``layer`` is taken by its name in the model.

    Raises:
        ConfigError: It is no part of the model.
    """
    layer = options.get("layer")
    if not isinstance(layer, nn.Module):
        return options
    for name, module in model.named_modules():
        if module is layer and name:
            return {**options, "layer": name}
    raise ConfigError(
        f"layer is a {type(layer).__name__} that is no part of the model, but one of its modules, "
        "or its name, is wanted"
    )
