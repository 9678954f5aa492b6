"""Scored pairs to persons: constrained clusters, person identifiers, crosswalk, links of persons and cases."""
