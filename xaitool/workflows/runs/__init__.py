"""What every run of a command shares: device, progress, signals, directory, the epoch loop."""
