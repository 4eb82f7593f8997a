"""What holds for every command: help, dry runs, options that nothing reads, and kills."""
