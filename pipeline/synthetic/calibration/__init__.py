"""What a part of the world adds to each figure of the calibration: one module a topic.

Every tally is a sum, so that the tallies of towns made apart add up to those of the nation.
"""
