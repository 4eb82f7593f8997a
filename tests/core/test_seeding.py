"""Draws keyed by what they are for."""

from __future__ import annotations

import torch

from xaitool.core.seeding import derive_seed, random_stream, sample_seeds, sample_streams

IMAGES = torch.rand(4, 1, 3, 3, generator=torch.Generator().manual_seed(0))


def test_a_seed_is_the_same_on_every_machine() -> None:
    """Half the first eight bytes of the SHA-256, of nothing e3b0c44298fc1c14."""
    assert derive_seed() == 0x141CFC9842C4B0E3 >> 1
    # printf '\x01\0\0\0\0\0\0\0''0''\x05\0\0\0\0\0\0\0''order''\x01\0\0\0\0\0\0\0''1' | sha256sum
    assert derive_seed(0, "order", 1) == 0x4434B22A3D7C3A16 >> 1


def test_keys_are_told_apart() -> None:
    keys: list[tuple[int | str | bytes, ...]] = [
        (0,), (1,), (0, 0), ("ab", "c"), ("a", "bc"), ("abc",), ("",), ("", ""),
    ]  # fmt: skip
    seeds = [derive_seed(*each) for each in keys]
    assert len(set(seeds)) == len(keys)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_generator_draws_the_same_for_the_same_keys() -> None:
    first, same, other = (
        torch.rand(5, generator=random_stream(*keys)) for keys in ((3, "a"), (3, "a"), (3, "b"))
    )
    assert first.equal(same)
    assert not first.equal(other)


def test_a_samples_seed_is_its_own_in_any_order_layout_and_precision() -> None:
    seeds = sample_seeds(7, IMAGES)
    assert len(set(seeds)) == 4
    assert sample_seeds(7, IMAGES.flip(0)) == seeds[::-1]
    assert sample_seeds(7, IMAGES.double().requires_grad_()) == seeds
    assert sample_seeds(7, IMAGES.repeat(1, 2, 1, 1)[:, 1:]) == seeds
    assert sample_seeds(7, IMAGES.transpose(2, 3).contiguous().transpose(2, 3)) == seeds
    assert not set(sample_seeds(8, IMAGES)) & set(seeds)


def test_two_purposes_share_no_draw() -> None:
    noise, starts = (
        torch.stack([torch.rand(2, generator=each) for each in sample_streams(IMAGES, 7, name)])
        for name in ("noise", "starts")
    )
    assert len(torch.cat([noise, starts]).unique()) == 16
    again = [torch.rand(2, generator=each) for each in sample_streams(IMAGES[2:], 7, "noise")]
    assert torch.stack(again).equal(noise[2:])
