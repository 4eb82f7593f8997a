"""``recommend``: fit, top, explain, preferences."""
