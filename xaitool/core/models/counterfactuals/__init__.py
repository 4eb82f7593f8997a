"""Networks of generators of counterfactuals: StarGAN, its critic, the CVAE."""
