"""Glue's catalogue: moto's, with the optimistic lock it lacks and its state on disk."""
