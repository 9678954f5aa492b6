"""Each tally counts what its target says, on lives small enough to count by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, day_number
from pipeline.synthetic.calibration import (
    tallies_courts,
    tallies_custody,
    tallies_recalls,
    tallies_records,
    tallies_reoffending,
    tallies_reports,
)
from pipeline.synthetic.calibration.tallies_sheet import financial_year, quarter_period
from pipeline.synthetic.code_lists import OffenceClass, read_offences
from pipeline.synthetic.key_ranges import EVENT
from pipeline.synthetic.lives.sentencing import COMMUNITY, DETERMINATE, FINE, LIFE
from tests.support.small_lives import CS, EVENTS, bars, made, parts, share_of


def test_periods_hold_their_first_and_last_days() -> None:
    assert quarter_period(2019, 4) == (day_number(2019, 10, 1), day_number(2019, 12, 31))
    assert quarter_period(2020, 1) == (day_number(2020, 1, 1), day_number(2020, 3, 31))
    assert financial_year(2019) == (day_number(2019, 4, 1), day_number(2020, 3, 31))


def test_defendants_of_2011_are_followed_to_2019() -> None:
    listed = read_offences()
    theft = listed.code.filter(listed.group == "Theft")[0]
    other = listed.code.filter(listed.group == "Drugs")[0]
    hearings = [
        ("T1", theft, 2011),
        *[("T1", other, 2012 + place) for place in range(6)],
        ("T2", other, 2011),
        ("T2", theft, 2019),
    ]
    hearings += [
        ("T3", theft, 2011),
        ("T3", other, 2020),
        ("T4", other, 2012),
        ("T4", other, 2013),
        ("C1", other, 2011),
    ]
    rows = pl.DataFrame(
        {
            "_person": [person for person, _, _ in hearings],
            "case_id": [f"MC{place}" for place in range(len(hearings))],
            "offence_code": [code for _, code, _ in hearings],
            "first_hearing_date": [date(year, 6, 1) for _, _, year in hearings],
            "is_company": [person == "C1" for person, _, _ in hearings],
        }
    )
    some = pl.DataFrame({"_person": ["T1", "T1", "T2"]})
    tables = dict.fromkeys(tallies_records.VOLUMES.values(), some) | {
        ("magistrates", "defendants"): rows
    }
    part = made(tables=tables)
    assert parts(tallies_records, part, "records_prison") == {"numerator": 3, "squares": 5}
    assert parts(tallies_records, part, "defendants_returned") == share_of(2, 3)
    assert parts(tallies_records, part, "defendants_returned_once") == share_of(1, 3)
    assert parts(tallies_records, part, "defendants_returned_six_or_more") == share_of(1, 3)
    assert parts(tallies_records, part, "defendants_returned_after_theft") == share_of(1, 2)


def test_reasons_of_one_category_count_once_a_recall() -> None:
    part = made(
        recalled=[
            {"reasons": "POOR_BEHAVIOUR_DRUGS;POOR_BEHAVIOUR_ALCOHOL;FAILED_KEEP_IN_TOUCH"},
            {"case": 1, "reasons": "POOR_BEHAVIOUR_FURTHER_OFFENCE;ELM_FURTHER_OFFENCE"},
            {"case": 2, "reasons": "FAILED_HOME_VISIT;OTHER"},
            {"case": 3, "kind": 2, "reasons": "FAILED_RESIDE"},
            {"case": 4, "revocation_date": day_number(2017, 4), "reasons": "FAILED_RESIDE"},
        ]
    )
    assert parts(tallies_recalls, part, "fixed_term_recalls_2016_17") == {"numerator": 3}
    assert parts(tallies_recalls, part, "fixed_term_reason_drugs_alcohol") == share_of(1, 3)
    assert parts(tallies_recalls, part, "fixed_term_reason_other") == share_of(1, 3)
    assert parts(tallies_recalls, part, "fixed_term_reason_reside") == share_of(0, 3)
    assert parts(tallies_recalls, part, "reasons_per_fixed_term_recall") == share_of(4, 3)


def test_recalls_count_by_revocation_and_stand_while_inside() -> None:
    on = day_number(2014, 6, 30)
    part = made(
        recalled=[
            {"revocation_date": day_number(2018, 7, 1), "return_date": NEVER, "back_until": NEVER},
            {
                "case": 1,
                "cycle": 1,
                "revocation_date": day_number(2018, 9, 30),
                "return_date": day_number(2018, 10, 2),
            },
            {
                "case": 1,
                "cycle": 2,
                "revocation_date": day_number(2019, 9, 30),
                "return_date": day_number(2019, 10, 2),
            },
            {"case": 2, "kind": 2, "revocation_date": on, "return_date": on, "back_until": on + 1},
            {
                "case": 3,
                "kind": 2,
                "revocation_date": on,
                "return_date": on,
                "back_until": NEVER,
                "hidden": True,
                "person": 1,
            },
            {
                "case": 4,
                "kind": 2,
                "revocation_date": on - 9,
                "return_date": on - 5,
                "back_until": on,
                "person": 2,
            },
        ]
    )
    assert parts(tallies_recalls, part, "recalls_2018_q3") == {"numerator": 2}
    assert parts(tallies_recalls, part, "recall_admissions_to_revocations") == share_of(2, 3)
    assert parts(tallies_recalls, part, "fixed_term_recalls_second") == share_of(1, 3)
    assert parts(tallies_recalls, part, "recalled_in_prison_2014") == {"numerator": 1}


def test_prisoners_count_once_each_and_receptions_without_recalls() -> None:
    last = day_number(2018, 12, 31)
    part = made(
        held=[
            {},
            {"case": 1, "person": 1, "release_date": NEVER},
            {"case": 2, "person": 2, "custody_from": day_number(2018, 11), "release_date": last},
        ],
        out=[
            {"release_date": day_number(2018, 9, 30)},
            {"cycle": 1, "release_date": day_number(2018, 8)},
        ],
        recalled=[
            {
                "return_date": day_number(2018, 12, 5),
                "back_until": NEVER,
                "revocation_date": day_number(2018, 7, 9),
            },
            {"person": 1, "return_date": last, "back_until": NEVER},
        ],
    )
    assert parts(tallies_custody, part, "prison_population_2018") == {"numerator": 2}
    assert parts(tallies_custody, part, "first_receptions_2018_q3") == {"numerator": 2}
    assert parts(tallies_custody, part, "releases_from_sentence_2018_q3") == {"numerator": 1}
    assert parts(tallies_custody, part, "recalls_to_releases_2018_q3") == share_of(1, 1)


def test_supervision_ends_with_the_order_or_the_licence() -> None:
    order = {"disposal": COMMUNITY, "sentence_date": day_number(2018, 6), "order_days": 365}
    closed = pl.DataFrame(
        {
            "event_id_hash": EVENT.references(np.array([11])),
            "disposal_termination_date": [date(2018, 9, 30)],
        },
        schema_overrides=EVENTS,
    )
    part = made(
        cases=[
            {"case": 10, "person": 0} | order,
            {"case": 11, "person": 1} | order,
            {"case": 12, "person": 2} | order | {"order_days": 90},
            {"case": 13, "person": 3} | order | {"age": 16.0},
        ],
        held=[
            {"case": 0, "person": 0},
            {"case": 1, "person": 4, "licence_end": 0},
            {"case": 2, "person": 5, "release_date": NEVER, "licence_end": NEVER},
            {
                "case": 3,
                "person": 6,
                "sentence_date": day_number(2018, 1),
                "licence_end": day_number(2018, 3),
                "pss_end": day_number(2018, 12),
            },
        ],
        tables={("probation", "events"): closed},
    )
    assert parts(tallies_custody, part, "supervised_2018") == {"numerator": 3}


def test_reports_count_by_completion_with_days_and_sentences() -> None:
    asked = {"report_requested": day_number(2019, 6, 7), "report_required": day_number(2019, 6, 14)}
    part = made(
        cases=[
            asked | {"report_completed": day_number(2019, 6, 7), "type_delivered": 0},
            asked | {"case": 1, "report_completed": day_number(2019, 6, 14), "type_delivered": 1},
            asked | {"case": 2, "report_completed": day_number(2019, 6, 17), "type_delivered": 1},
            {
                "case": 3,
                "report_completed": day_number(2020, 5, 4),
                "type_delivered": 2,
                "proposal": 0,
                "disposal": COMMUNITY,
            },
            {
                "case": 4,
                "report_completed": day_number(2020, 7, 4),
                "type_delivered": 1,
                "proposal": 5,
                "sentence_date": NEVER,
            },
        ]
    )
    assert parts(tallies_reports, part, "reports_2019") == {"numerator": 3}
    assert parts(tallies_reports, part, "reports_first_closure") == share_of(1, 3)
    assert parts(tallies_reports, part, "reports_fast_share") == share_of(2, 3)
    assert parts(tallies_reports, part, "reports_in_time") == share_of(2, 3)
    assert bars(tallies_reports, part, "reports_oral_days") == {0: 1}
    assert bars(tallies_reports, part, "reports_fast_days") == {5: 1, 6: 1}
    assert parts(tallies_reports, part, "reports_community_proposed") == share_of(1, 1)
    assert parts(tallies_reports, part, "community_after_community_proposed") == share_of(1, 1)


def test_sentences_count_once_a_case_and_length_leaves_life_out() -> None:
    part = made(
        cases=[
            {"disposal": DETERMINATE, "term_days": 300},
            {"disposal": LIFE},
            {"disposal": FINE},
            {"disposal": FINE, "kind_of_offence": CS},
            {"disposal": DETERMINATE, "term_days": 60, "kind_of_offence": CS, "person": 1},
            {"disposal": -1, "convicted": False, "sentence_date": NEVER},
            {
                "disposal": FINE,
                "sentence_date": day_number(2020, 1),
                "verdict_date": day_number(2020, 1),
            },
        ],
        group=[0, 2],
    )
    assert parts(tallies_courts, part, "custody_rate_2019") == share_of(3, 5)
    assert parts(tallies_courts, part, "custody_rate_indictable_2019") == share_of(2, 3)
    assert bars(tallies_courts, part, "sentence_length_2019") == {60: 1, 300: 1}
    assert bars(tallies_courts, part, "expected_custody_white_2019") == {0: 2, 300: 1}
    assert parts(tallies_courts, part, "convicted_indictable_2019") == share_of(3, 4)


def test_relative_rates_compare_groups_at_the_crown_court() -> None:
    crown = {
        "crown": True,
        "receipt_date": day_number(2014, 3),
        "main_hearing_date": day_number(2014, 4),
        "sentence_date": day_number(2014, 5),
    }
    crown |= {"verdict_date": day_number(2014, 5)}
    part = made(
        cases=[
            crown | {"person": 0, "disposal": DETERMINATE, "plea_guilty": False},
            crown | {"person": 0},
            crown | {"person": 1, "disposal": DETERMINATE, "plea_guilty": False, "committed": True},
            crown | {"person": 1, "disposal": DETERMINATE},
        ],
        group=[0, 1],
    )
    both = {"numerator": 2, "denominator": 2, "base_numerator": 1, "base_denominator": 2}
    assert parts(tallies_courts, part, "custody_crown_black_to_white_men") == both
    pleas = {"numerator": 0, "denominator": 1, "base_numerator": 1, "base_denominator": 2}
    assert parts(tallies_courts, part, "not_guilty_plea_minority_to_white_men") == pleas


def test_reoffending_needs_an_offence_in_a_year_and_a_conviction_in_six_months_more() -> None:
    index = day_number(2018, 12)
    later = {"offence_date": index + 100, "verdict_date": index + 200, "sentence_date": NEVER}
    breach = read_offences().is_breach.index_of(True)
    part = made(
        held=[
            {"case": 0, "person": 0},
            *[{"case": place, "person": place, "term": 300} for place in range(1, 7)],
        ],
        out=[{"case": place, "person": place} for place in range(7)],
        cases=[
            {"case": 10, "person": 0} | later,
            {"case": 11, "person": 1} | later | {"offence_date": index + 366},
            {"case": 12, "person": 2} | later | {"verdict_date": index + 365 + 184},
            {"case": 13, "person": 3} | later | {"convicted": False},
            {"case": 14, "person": 4} | later | {"offence": breach},
            {"case": 15, "person": 5} | later | {"kind_of_offence": OffenceClass.CM},
            {"case": 16, "person": 6} | later | {"offence_date": index},
            {
                "case": 17,
                "person": 7,
                "disposal": COMMUNITY,
                "sentence_date": day_number(2018, 10),
                "offence_date": day_number(2018, 2),
            },
        ],
    )
    assert parts(
        tallies_reoffending, part, "reoffending_custody_under_12_months_2018_q4"
    ) == share_of(1, 7)
    assert parts(
        tallies_reoffending, part, "reoffending_custody_6_months_or_less_2018_q4"
    ) == share_of(0, 0)
    assert parts(tallies_reoffending, part, "reoffending_custody_or_order_2018_q4") == share_of(
        1, 8
    )
