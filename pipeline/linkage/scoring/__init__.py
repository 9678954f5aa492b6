"""Candidate pairs and their match weights: blocking rules, comparisons, upper bounds, the model.

In: nodes (`dedupe`). Out: scored pairs. Not here: which pairs become persons (`clustering`).
"""
