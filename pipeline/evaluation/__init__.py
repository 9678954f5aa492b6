"""Precision and recall of a release against the truth of the made-up world.

They are measured for links, events and tables.
"""
