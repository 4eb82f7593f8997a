"""Help, lists of choices and plans, as text for people."""
