"""What base models share: ratings in memory, solvers, rankings."""
