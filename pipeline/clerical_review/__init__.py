"""Clerical review: packs of record pairs for people who decide, and their decisions brought back."""
