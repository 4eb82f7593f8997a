"""What ``--model`` names, made ready, and its dataset."""
