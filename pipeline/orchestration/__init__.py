"""The Dagster skin: each asset calls one function of the pipeline and tells Dagster what came of it, in counts only."""
