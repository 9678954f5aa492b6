"""How unsure the links are: calibrated probabilities, sampled linkages, confidence of persons and records."""
