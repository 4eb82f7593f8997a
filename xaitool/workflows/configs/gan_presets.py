"""The published variants of guidance, as sets of defaults: ``train-gan --preset NAME``."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
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
