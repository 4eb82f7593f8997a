"""How an explanation of the discriminator steers a generator's gradient."""
