"""The published variants of each training, as sets of defaults: ``--preset NAME``."""

from __future__ import annotations

from typing import Any

GANS: dict[str, dict[str, Any]] = {
    # Batch and rate are the paper's, which is silent on the rest: that is its first published code,
    # with one minimum and maximum over the batch. There the references stay the same for the run.
    "logicgan": {
        "xai": "shap",
        "explained_output": "probability",
        "references": 100,
        "reservoir": 100,
        "evidence": "absolute",
        "mask_normalisation": "batch-range",
        "mask": "pure",
        "batch_size": 100,
        "learning_rate": 2e-4,
        "beta2": 0.99,
        "clip_gradient": 10.0,
    },
    # Its published code: values keep their sign (both papers take absolute ones), labels are
    # smoothed, and the first half of the epochs is plain.
    "xai-gan": {
        "xai": "shap",
        "explained_output": "probability",
        "references": 128,
        "reservoir": 128,
        "evidence": "signed",
        "mask_normalisation": "batch-range",
        "mask": "boost",
        "mask_strength": 0.2,
        "mask_samples": "fake",
        "mask_start": 26,
        "epochs": 50,
        "batch_size": 128,
        "learning_rate": 2e-4,
        "beta2": 0.99,
        "clip_gradient": 10.0,
        "objective_option": ("real_label=0.9", "generated_label=0.1"),
    },
}

BASELINE_GANS: dict[str, dict[str, Any]] = {
    "stargan": {},
    "authors-head": {
        "lambda_class": 1000.0,
        "lambda_similarity": 100.0,
        "lambda_reconstruction": 0.0,
        "learning_rate": 2e-5,
        "beta1": 0.9,
        "n_critic": 1,
    },
    # On MNIST nearly every baseline is of its class within an epoch; with a lighter similarity they
    # are farther from their images than the nearest training images are.
    "small": {
        "width": 16,
        "blocks": 2,
        "lambda_class": 10.0,
        "lambda_similarity": 30.0,
        "learning_rate": 1e-3,
        "critic_learning_rate": 1e-3,
        "batch_size": 32,
        "n_critic": 2,
    },
    # The paper, and where it is silent its code. Equation 4 has no β; the code for faces has 0.65
    # beside a reconstruction that is a mean over the three channels, where here it is their sum.
    "cia-biased-mnist": {
        "generator_kind": "cvae",
        "dataset": "biased-mnist",
        "condition": "both",
        "tie": 0.0,
    },
    "cia-celeba": {
        "generator_kind": "cvae",
        "dataset": "celeba",
        "condition": "both",
        "cvae_network": "convolutional",
        "latent": 128,
        "beta": 1.95,
        "tie": 0.0,
        "epochs": 20,
    },
}

# LGL-INR paper, "Implementation details"; no augmentation, β = 1, which is the loss's default.
_LGL_INR_MNIST = {
    "dataset": "mnist",
    "loss": "lgl-inr",
    "optimiser": "sgd",
    "learning_rate": 0.01,
    "momentum": 0.5,
    "batch_size": 64,
    "schedule": "constant",
    "epochs": 20,
}

# PC paper, "Datasets and models": T = 50 epochs of cross-entropy, then 50 of PC with ξ = 0.995 and
# λ = 0.05, the loss's defaults; a rival trains all 100. "Initial" rate 0.01, no schedule is told.
_PC_MNIST = {
    "dataset": "mnist",
    "architecture": "lenet5",
    "loss": "pc",
    "optimiser": "adam",
    "learning_rate": 0.01,
    "batch_size": 256,
    "schedule": "constant",
    "epochs": 100,
}

# The same with T = 150. The schedule, in each half, and flip and rotation are of the published
# code, which trains Tiny ImageNet; its random resized crop is here the usual one of CIFAR-10.
_PC_CIFAR10 = {
    **_PC_MNIST,
    "dataset": "cifar10",
    "architecture": "cifar-vgg13",
    "schedule": "steps",
    "milestones": (50, 100),
    "factor": 0.2,
    "augment": ("flip", "rotate", "crop"),
    "rotation": 10.0,
    "epochs": 300,
}

# CIA paper, "Training details": "Adam [...] learning rate of 0.001 and a batch size of 64 [...] 5
# epochs using the cross-entropy loss". Vanilla training; --augment cia --cvae CVAE makes it CIA.
_CIA = {
    "loss": "cross-entropy",
    "optimiser": "adam",
    "learning_rate": 1e-3,
    "batch_size": 64,
    "schedule": "constant",
    "epochs": 5,
}

CLASSIFIERS: dict[str, dict[str, Any]] = {
    "lgl-inr-mnist": {**_LGL_INR_MNIST, "architecture": "cnn2c"},
    "lgl-inr-mnist-cnn5c": {**_LGL_INR_MNIST, "architecture": "cnn5c"},
    # Same section: "initial learning rate 0.1, divide by 10 at 50-th and 75-th epoch". How far the
    # crop moves is not told; 4 pixels, the default, are usual. The other network of the paper is
    # cifar-mobilenet-v2.
    "lgl-inr-cifar10": {
        **_LGL_INR_MNIST,
        "dataset": "cifar10",
        "architecture": "cifar-resnet18",
        "learning_rate": 0.1,
        "momentum": 0.9,
        "weight_decay": 1e-4,
        "schedule": "steps",
        "milestones": (50, 75),
        "factor": 0.1,
        "augment": ("flip", "crop"),
        "epochs": 100,
    },
    "pc-mnist": _PC_MNIST,
    "pc-cifar10": _PC_CIFAR10,
    # PC paper, "Combining with adversarial training".
    "pc-mnist-adversarial": {
        **_PC_MNIST,
        "adversarial": "fgsm",
        "adversarial_epsilon": (0.1, 0.3),
    },
    "pc-cifar10-adversarial": {
        **_PC_CIFAR10,
        "adversarial": "pgd",
        "adversarial_epsilon": (0.0, 0.1),
        "adversarial_steps": 5,
    },
    # GANMEX, appendix A.1: networks and epochs. Optimiser, rate and batch are not told: ours.
    "ganmex-mnist": {"dataset": "mnist", "architecture": "ganmex-cnn", "epochs": 50},
    "ganmex-svhn": {"dataset": "svhn", "architecture": "ganmex-cnn", "epochs": 50},
    "ganmex-cifar10": {"dataset": "cifar10", "architecture": "ganmex-cifar-cnn", "epochs": 100},
    # Same place. The data is a folder; torchvision has MobileNet's second version only.
    "ganmex-apple2orange": {
        "image_size": 256,
        "architecture": "torchvision:mobilenet_v2",
        "freeze_backbone": True,
        "head": 1024,
        "epochs": 50,
    },
    "cia-biased-mnist": {**_CIA, "dataset": "biased-mnist", "architecture": "lenet5"},
    # "A pre-trained VGG-16 as the feature extractor along with two fully connected layers": all but
    # VGG's last layer is frozen, as in the published code; the units of the first are not told.
    # The paper adds interpolations of 10,000 images: --augment-limit 10000.
    "cia-celeba": {
        **_CIA,
        "dataset": "celeba",
        "architecture": "torchvision:vgg16",
        "freeze_backbone": True,
        "head": 256,
    },
}
"""Name to what it sets. None says how long the warm-up is: for PC it is half of all epochs."""
