"""What attribution methods share: rescale rules, proof of linearity, straight paths."""
