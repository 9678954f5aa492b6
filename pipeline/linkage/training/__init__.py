"""Training of the model: estimation, calibration, measurement, model card. Run by hand, never in a release."""
