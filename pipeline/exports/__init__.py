"""What is written out of the contracts.

There is one module per format, each a pure function from contracts to text.

Does not belong here: reading or writing files (`pipeline.exports.generate` does that), and any fact
about a column (contracts hold those).
"""
