"""What shells run at TAB, and what the program answers."""
