"""Linkage watched: quality against truth, error indicators without truth, drift from release to release, the statement."""
