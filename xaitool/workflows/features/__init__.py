"""What ``--features`` names, made ready: networks whose features FID and its kin compare."""
