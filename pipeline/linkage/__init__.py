"""Who is the same person: the one room that sees identifiers, and the only one that knows Splink.

In: `identity/`. Out: `person_links`, `case_links`, and what they are worth: `link_quality`,
`link_signs`, `person_crosswalk`; and how unsure they are: `person_link_draw`, `person_confidence`,
`record_confidence`. Nothing else leaves.
"""
