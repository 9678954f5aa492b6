"""Pairs for clerical review: their selection, their evidence, decisions and what these override."""
