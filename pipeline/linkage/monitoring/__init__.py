"""Monitoring of linkage: quality, error indicators, drift and the linkage statement.

Quality is measured against a truth, error indicators need none. Drift is from release to release.
"""
