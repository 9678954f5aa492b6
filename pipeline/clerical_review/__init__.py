"""Clerical review: packs of record pairs for clerks to decide, and their decisions brought back."""
