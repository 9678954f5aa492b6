"""Links that the ministry delivers beside its extracts: their contract, their load, their checks."""
