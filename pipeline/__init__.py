"""From four raw extracts to a published release. See README.md for the picture."""
