"""Links that the ministry delivers with its extracts: their contract, their load, their checks."""
