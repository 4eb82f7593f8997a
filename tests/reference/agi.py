"""Individual AGI, one image and one class at a time, after algorithm 1 of Pan et al. 2021."""

import torch


def individual_agi(model, image, target, adversary, epsilon, steps, rule, output="probability"):
    """Return attribution, end of the path, steps taken and whether the class was reached."""

    def f(x):
        logits = model(x[None])[0]
        return logits.softmax(0) if output == "probability" else logits

    def gradient(x, label):
        x = x.clone().requires_grad_(True)
        return torch.autograd.grad(f(x)[label], x)[0]

    x = image.clone()
    agi = torch.zeros_like(image)
    taken = 0
    while f(x).argmax() != adversary and taken < steps:
        after = torch.clamp(x + epsilon * torch.sign(gradient(x, adversary)), 0, 1)
        d = after - x
        if rule == "left":
            agi -= gradient(x, target) * d
        else:
            agi -= 0.5 * (gradient(x, target) + gradient(after, target)) * d
        x = after
        taken += 1
    return agi, x, taken, bool(f(x).argmax() == adversary)
