"""The options of every command: one frozen dataclass a command, one file each."""
