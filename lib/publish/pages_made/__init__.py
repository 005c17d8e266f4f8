"""Pages made from the executed copies of the notebooks."""
