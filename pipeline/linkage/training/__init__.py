"""Training of the model: estimation, calibration, measurement, model card.

It is run by hand, never in a release.
"""
