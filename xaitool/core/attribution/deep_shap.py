"""DeepSHAP: DeepLIFT averaged over references from a dataset."""

from __future__ import annotations

from xaitool.core.attribution.deeplift import DeepLift


class DeepShap(DeepLift):
    """The mean over the references of DeepLIFT's contributions.

    The values sum to ``F(input) - mean F(reference)``: they approximate the Shapley values of the
    features against the distribution that the references are drawn from.

    Source: Lundberg and Lee 2017, section 4.2 (Deep SHAP), with the rescale rule, as the authors'
    library does. Differs from it where that is wrong: see `DeepLift`.

    Example:
        >>> import torch
        >>> from xaitool.core.attribution.deep_shap import DeepShap
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> references = torch.rand(2, 30, 3, 8, 8)
        >>> result = DeepShap(model).attribute(images, Score(torch.tensor([3, 5])), references)
        >>> bool((result.completeness_gap.abs() < 1e-5).all())
        True
    """

    default_baseline = "dataset"
