"""How unsure the links are: calibrated probabilities, sampled linkages, confidence.

Confidence is that of persons and of records.
"""
