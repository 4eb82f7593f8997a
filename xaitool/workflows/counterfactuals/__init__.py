"""``train-baseline-gan``: counterfactual generators and CVAEs, their judges and paths."""
