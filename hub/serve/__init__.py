"""`hub serve`: the composition root. It builds the parts, owns the outermost task group, and nothing else."""
