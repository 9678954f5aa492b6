"""From scored pairs to persons, their identifiers and their links.

Here are constrained clusters, person identifiers, the crosswalk, and the links of persons and of
cases.
"""
