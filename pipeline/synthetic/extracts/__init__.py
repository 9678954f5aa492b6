"""How each system sees the world, one module per system.

Each module turns true lives into rows in the published shape.

Columns whose name begins with an underscore say whose row it is and what it records; they are for
the truth and are never delivered.
"""
