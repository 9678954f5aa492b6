"""A released database with small aggregate tables, made by hand: shown, suppressed, missing and
zero figures side by side.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

MEASURES = """
    case when shown then x end as numerator,
    n as denominator,
    case when shown then x / n end as rate,
    case when shown then greatest(0.0, x / n - 0.1) end as rate_lower,
    case when shown then least(1.0, x / n + 0.1) end as rate_upper,
    not shown as is_suppressed,
    case when not shown then 'below_threshold' end as suppression_reason
"""
TABLES = {
    "rpt_recall_by_sentence_band": (
        """
        select release_order || length_class || release_year as cell_id, """
        f"""release_order, release_year, length_class, {MEASURES}
        from (values
            ('first release', 'all', 'all', 300, 1000, true), """
        """('first release', 'all', 'up to 6 months', 100, 300, true),
            ('re-release', 'all', 'up to 6 months', 1, 45, false), """
        """('first release', '2018', 'all', 50, 200, true)
        ) as v (release_order, release_year, length_class, x, n, shown)"""
    ),
    "rpt_recall_cif": (
        """
        select length_class || month as cell_id, """
        f"""'first release' as release_order, length_class, month, {MEASURES},
            case when shown then x / n end as one_minus_kaplan_meier, """
        """case when shown then n end as still_followed
        from (values
            ('all', 3, 100, 1000, true), ('all', 6, 200, 1000, true), """
        """('all', 12, 250, 1000, true), ('indeterminate', 3, 1, 30, false)
        ) as v (length_class, month, x, n, shown)"""
    ),
    "rpt_recall_by_type": (
        f"""
        select axis || category as cell_id, 'all' as revocation_year, axis, category, {MEASURES}
        from (values ('recall length', 'fixed_14', 400, 900, true), """
        """('recall length', 'standard_determinate', 500, 900, true))
            as v (axis, category, x, n, shown)"""
    ),
    "rpt_disposal_by_ethnicity_sex": (
        """
        select sex || ethnic_group || disposal_class as cell_id, """
        f"""sex, ethnic_group, disposal_class, {MEASURES}
        from (values
            ('female', 'White', 'immediate_custody', 200, 1000, true), """
        """('male', 'White', 'immediate_custody', 900, 3000, true),
            ('female', 'Mixed', 'immediate_custody', 2, 40, false), """
        """('male', 'Mixed', 'fine', 20, 60, true)
        ) as v (sex, ethnic_group, disposal_class, x, n, shown)"""
    ),
    "rpt_report_requested_delivered": (
        """
        select completed_year || requested_type || delivered_type as cell_id, """
        f"""completed_year, requested_type, delivered_type, {MEASURES}
        from (values
            (2017, 'oral', 'oral', 40, 50, true), (2018, 'oral', 'oral', 455, 700, true), """
        """(2018, 'oral', 'fast', 245, 700, true),
            (2018, 'standard', 'oral', 3, 60, false), (2018, 'standard', 'standard', 55, 60, false)
        ) as v (completed_year, requested_type, delivered_type, x, n, shown)"""
    ),
    "rpt_concordance_by_court": (
        """
        select geography || court_name || measure as cell_id, """
        f"""geography, court_name, measure, {MEASURES}, excluded
        from (values
            ('national', 'England and Wales', 'exact', 600, 900, true, 300), """
        """('court', 'Little <Court>', 'exact', 30, 60, true, null),
            ('court', 'Large Court', 'exact', 60, 90, true, 20), """
        """('court', 'Large Court', 'less_severe', 20, 90, true, 20)
        ) as v (geography, court_name, measure, x, n, shown, excluded)"""
    ),
    "rpt_row_ledger": (
        """
        select * from (values
            ('a', 'probation', 'events', 40000, 39500, 500, 0, 39500, true, false),
            ('b', 'prison', 'movements', 5000, 4990, null, 10, null, true, true)
        ) as v (
            ledger_id, source_dataset, table_name, delivered, staged, quarantined, """
        """duplicates_removed, with_person,
            is_balanced, is_suppressed
        )"""
    ),
    "rpt_disclosure_audit": (
        """
        select * from (values ('a', 'rpt_recall_cif', 'x', 10, 5, 40, 2), """
        """('b', 'rpt_recall_cif', 'y', 10, 5, 40, 2))
            as v (audit_id, report_table, disclosure_rule, threshold, """
        """rounding_base, cells, suppressed_cells)"""
    ),
    "rpt_coverage": (
        "select 'a' as coverage_id, 'prison' as source_dataset, 'movements' as table_name, "
        "'table' as period_kind where false"
    ),
    "fct_recall": "select 'r1' as recall_id, 'P1' as person_id",
}


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database; it has no table `rpt_linkage_quality` and an empty `rpt_coverage`."""
    path = tmp_path_factory.mktemp("reports") / "justice.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for name, query in TABLES.items():
            connection.execute(f"create table marts.{name} as {query} order by 1")
        connection.execute(
            "comment on table marts.rpt_recall_cif is "
            "'One row per kind of release, length of sentence and month.'"
        )
        connection.execute(
            "comment on column marts.rpt_recall_cif.rate is 'Share <recalled> by then'"
        )
    return path
