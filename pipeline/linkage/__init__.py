"""Who is the same person: the one room that sees identifiers, and the only one that knows Splink.

In: `identity/`. Out: `person_links`, `case_links`, `link_quality`. Nothing else leaves.
"""
