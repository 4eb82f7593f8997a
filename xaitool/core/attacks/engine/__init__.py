"""What attacks share: random draws, objectives, the samples that are still under way."""
