"""What a GAN's two networks minimise: one file each."""
