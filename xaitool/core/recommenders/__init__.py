"""Rating models, and AMCF, which explains any of them in aspects."""
