"""The Dagster layer: each asset calls one function of the pipeline.

It tells Dagster the result, in counts only.
"""
