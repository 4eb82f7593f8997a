"""How an explanation of the discriminator steers the generator: the options."""

from __future__ import annotations

from dataclasses import dataclass

from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class GuidanceOptions(Options):
    """What is explained, which evidence makes the mask, and what the mask does to the gradient."""

    explained_output: str = option(
        "logit",
        "Which output of the discriminator is explained; LogicGAN: the probability.",
        panel="Guidance",
        choices=("logit", "probability"),
        what="output",
        unit="OUTPUT",
    )
    references: int | None = option(
        None,
        "Real images, drawn anew every step, against which an explanation compares the generated "
        "ones; 0: a black image. Default: 1 for shap, 0 for the others.",
        panel="Guidance",
        minimum=0,
        unit="IMAGES",
    )
    xai_option: tuple[str, ...] = option(
        (),
        "An option of the explanation, see --list, such as steps=20, or of=saliency for random "
        "and constant; may be repeated.",
        panel="Guidance",
        repeated=True,
        unit="NAME=VALUE",
    )
    evidence: str = option(
        "absolute",
        "Which part of the explanation makes the mask.",
        panel="Guidance",
        choices={
            "fake": "the pixels that speak for 'fake'",
            "absolute": "all by their absolute value (LogicGAN)",
            "real": "the pixels that speak for 'real'",
            "signed": "all with their sign, 'real' being positive",
        },
        what="evidence",
    )
    mask_normalisation: str = option(
        "sample",
        "How the evidence is brought to [0, 1], or with signs to [-1, 1].",
        panel="Guidance",
        choices={
            "sample": "divided by the largest magnitude of each sample",
            "batch": "divided by the largest magnitude of the batch (LogicGAN's code)",
            "sample-range": "from minimum to maximum of each sample",
            "batch-range": "from minimum to maximum of the batch (xAI-GAN's code)",
            "none": "values are a mask already and are cut to [-1, 1]",
        },
        what="normalisation",
        unit="HOW",
    )
    mask: str = option(
        "pure",
        "How the mask changes the gradient.",
        panel="Guidance",
        choices={
            "pure": "g (1 - a + a m), of the gradient g, the mask m and its strength a (LogicGAN)",
            "boost": "g (1 + a m) (xAI-GAN)",
        },
        what="combination",
        unit="HOW",
    )
    mask_strength: float = option(
        1.0,
        "The a of --mask; 0 is the plain GAN, bit for bit.",
        panel="Guidance",
        minimum=0,
        unit="NUMBER",
    )
    mask_offset: float = option(
        0.0, "Added to every value of the mask.", panel="Guidance", unit="NUMBER"
    )
    mask_rescale: bool = option(
        False,
        "Divide what the gradient is multiplied with by its mean magnitude in each sample, which "
        "keeps the shape of the mask and takes its size away.",
        panel="Guidance",
    )
    mask_samples: str = option(
        "all",
        "Mask the gradients of all generated images, or only of those judged fake (xAI-GAN).",
        panel="Guidance",
        choices=("all", "fake"),
        what="choice of samples",
        unit="all|fake",
    )
    background: str = option(
        "any",
        "References are drawn from all real images, or from those of the class that a classifier "
        "sees in the generated image (LogicGAN, ten digits).",
        panel="Guidance",
        choices=("any", "class"),
        what="background",
        unit="any|class",
    )
    reservoir: int = option(
        1000,
        "Real images, chosen once by the seed, that references are drawn from, at most.",
        panel="Guidance",
        minimum=1,
        unit="IMAGES",
    )
