"""The effects planted in the world, as a table: what causes what, how strongly, and what is there to mislead.

Belongs here: naming the effects with the sizes that the parts of the world use. Does not belong here: the parts themselves.
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic import sentencing, supervision


def effects() -> pl.DataFrame:
    """What was planted, with its size; and what was not, though it may be looked for."""
    planted: list[tuple[str, str, str, str, float, str, bool]] = [
        (
            "report on completion",
            f"report delivered: {name}",
            "order completed",
            "log odds",
            size,
            "earlier cases, start of requirement",
            False,
        )
        for name, size in supervision.REPORT_ON_COMPLETION.items()
    ]
    planted += [
        (
            "ethnicity on custody",
            f"ethnic group: {name} against White",
            "immediate custody",
            "log weight",
            size,
            "offence, court, plea, earlier cases, sex",
            False,
        )
        for name, size in sentencing.GROUP_ON_CUSTODY.items()
        if name != "White"
    ]
    planted += [
        (
            "sex on custody",
            "female",
            "immediate custody",
            "log weight",
            sentencing.FEMALE_ON_CUSTODY,
            "offence, court, earlier cases",
            False,
        ),
        (
            "record on custody",
            "each earlier case, to fifteen",
            "immediate custody",
            "log weight",
            sentencing.PRIOR_ON_CUSTODY,
            "offence, court",
            False,
        ),
        (
            "record on completion",
            "each earlier case, to fifteen",
            "order completed",
            "log odds",
            supervision.PRIOR_ON_COMPLETION,
            "report",
            False,
        ),
        (
            "late start on breach",
            "first requirement later than 14 days",
            "order completed",
            "log odds",
            -supervision.LATE_START_ON_BREACH,
            "report, earlier cases",
            False,
        ),
        ("officer changes on recall", "number of officers", "recalled", "log odds", 0.0, "time on licence", True),
        ("support in prison on recall", "any intervention", "recalled", "log odds", 0.0, "length of sentence", True),
    ]
    names = ("effect", "exposure", "outcome", "scale", "size", "confounders", "is_null")
    return pl.DataFrame(planted, schema=names, orient="row")
