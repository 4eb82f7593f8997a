"""One optimisation step of each kind of training, returning named losses."""
