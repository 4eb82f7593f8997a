"""Individual AGI, one image and one class at a time, after algorithm 1 of Pan et al. 2021."""

import numpy as np
import torch


def individual_agi(
    model, image, target, adversary, epsilon, steps, rule, output="probability", step="sign"
):
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
        ascent = gradient(x, adversary)
        direction = torch.sign(ascent) if step == "sign" else ascent / ascent.pow(2).mean().sqrt()
        after = torch.clamp(x + epsilon * direction, 0, 1)
        d = after - x
        if rule == "left":
            agi -= gradient(x, target) * d
        else:
            agi -= 0.5 * (gradient(x, target) + gradient(after, target)) * d
        x = after
        taken += 1
    return agi, x, taken, bool(f(x).argmax() == adversary)


def published_agi(model, image, target, adversary, epsilon, steps):
    """What the authors' code does, in its order; returns what `individual_agi` returns.

    After pgd_step and fgsm_step of github.com/pd90506/AGI at 4b28c8b.
    """
    perturbed, total = image.clone(), torch.zeros_like(image)
    for taken in range(steps):
        perturbed = perturbed.detach().requires_grad_(True)
        logits = model(perturbed[None])
        if logits.argmax().item() == adversary:
            return total, perturbed.detach(), taken, True
        probability = torch.softmax(logits, 1)[0]
        (adversary_gradient,) = torch.autograd.grad(
            probability[adversary], perturbed, retain_graph=True
        )
        (target_gradient,) = torch.autograd.grad(probability[target], perturbed)
        # The next point lies beside the original image, not beside the current one.
        perturbed = (image + epsilon * adversary_gradient.sign()).clamp(0, 1)
        delta = perturbed - image
        total = total + -target_gradient * delta
    reached = model(perturbed[None]).argmax().item() == adversary
    return total, perturbed, steps, reached


def straight_agi(model, image, target, end, points):
    """The probability's gradient on the line from `end` to `image`, by Gauss-Legendre points."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    total = torch.zeros_like(image)
    for node, weight in zip(nodes, weights, strict=True):
        x = (end + (node + 1) / 2 * (image - end)).detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(model(x[None]).softmax(1)[0, target], x)
        total += weight / 2 * gradient * (image - end)
    return total
