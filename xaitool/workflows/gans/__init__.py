"""``train-gan``: networks, guidance, judge."""
