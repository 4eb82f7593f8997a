"""Precision, recall, density and coverage by comparing every pair, one at a time, in Python."""

import math


def radii(samples, neighbours):
    """Distance of each sample to its so-many-th nearest other one."""
    return [
        sorted(math.dist(one, other) for j, other in enumerate(samples) if j != i)[neighbours - 1]
        for i, one in enumerate(samples)
    ]


def share_inside(points, samples, neighbours):
    """Share of the points that lie in the closed ball of a sample."""
    balls = list(zip(samples, radii(samples, neighbours), strict=True))
    hits = [any(math.dist(point, centre) <= r for centre, r in balls) for point in points]
    return sum(hits) / len(hits)


def precision_recall(real, generated, neighbours):
    """Kynkäänniemi et al. 2019, equations 1 and 2; sets are lists of lists of numbers."""
    return share_inside(generated, real, neighbours), share_inside(real, generated, neighbours)


def density_coverage(real, generated, neighbours):
    """Naeem et al. 2020, equations 3 and 4."""
    balls = zip(real, radii(real, neighbours), strict=True)
    inside = [sum(math.dist(point, centre) <= r for point in generated) for centre, r in balls]
    covered = [count > 0 for count in inside]
    return sum(inside) / (neighbours * len(generated)), sum(covered) / len(covered)
