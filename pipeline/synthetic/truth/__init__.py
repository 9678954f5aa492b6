"""The truth of the made-up world, written for the one who judges a release."""
