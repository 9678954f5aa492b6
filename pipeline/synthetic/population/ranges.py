"""The ranges from which every identifier and address of the world is drawn.

They are chosen so that none can be a real person's.

Belongs here: what each delivered identifier looks like, and why it can be nobody's. Does not belong
here: making it (police_numbers, homes, extracts).

- Postcodes lie in areas QA to QM, which do not exist; NF1 1NF and NF1 1FA are the marks of no fixed
  abode.
- Small areas are numbered from 900000; those of 2011 end below 34000.
- PNC numbers have serials from 1000000 in each year: the form allows them, a year has far fewer
  arrests of new people. Mistyped ones keep their first figure.
- CRO numbers have serials from 500000 in each year, for the same reason; 000000/00Z is the dummy
  that systems hold.
- Prison numbers begin with neither A nor G, with which those issued begin (general knowledge), and
  have X, Y or Z as last letter but one.
- Arrest numbers and unique references name the station ZZ, which is none. Crown Court case numbers
  have eight figures after the year, where real ones have four.
- Numbers of offender records, events, journeys, cases and officers are ours altogether, by prefix
  or by range, and mean nothing elsewhere.
- Case reference numbers of probation (CRN) are the exception: a letter and six figures leave no
  room for a reserved range. They are drawn at random, so that one that exists would belong to
  somebody else of another name, birth and address.
"""

from __future__ import annotations

POSTCODE = r"^(Q[ABDEFGHKLM]\d{1,2} \d[A-Z]{2}|NF1 1(NF|FA))$"
AREA = r"^[EW]019\d{5}$"
PNC = r"^(\d{4}|\d{2})[/ ]?[1-9]\d{6}[A-Z]$"
CRO = r"^([5-9]\d{5}(/ ?)?\d{2}[A-Z]|000000/00Z)$"
PRISON_NUMBER = r"^[B-FH-Z]\d{4}[XYZ][A-Z]$"
ARREST = r"^\d{2}01ZZ0000\d{9}Q$"
RANGES: dict[tuple[str, str], dict[str, str]] = {
    ("magistrates", "defendants"): {
        "case_id": r"^MC\d{9}$",
        "defendant_id": r"^MD\d{9}$",
        "urn": r"^\d{2}ZZ\d{8}$",
        "asn": ARREST,
        "postcode": POSTCODE,
        "lsoa_residence": AREA,
        "pnc_id": PNC,
        "cro_number": CRO,
    },
    ("crown_court", "defendants"): {
        "defendant_on_case_id": r"^CD\d{9}$",
        "case_id": r"^CC\d{9}$",
        "case_number": r"^[TSA]20\d{2}\d{8}$",
        "asn": ARREST,
        "postcode": POSTCODE,
        "lsoa_residence": AREA,
        "pnc_id": PNC,
        "cro_number": CRO,
    },
    ("prison", "custodial_journeys"): {
        "custodial_journey_id": r"^PJ\d{9}$",
        "offender_id": r"^PO\d{9}$",
        "offender_book_id": r"^PB\d{9}$",
        "offender_id_display": PRISON_NUMBER,
        "postcode": POSTCODE,
        "pnc_number": PNC,
        "cro_number": CRO,
    },
    ("prison", "movements"): {"movement_id": r"^PB\d{9}-\d+$", "offender_book_id": r"^PB\d{9}$"},
    ("prison", "interventions"): {
        "intervention_id": r"^PI\d{9}$",
        "offender_book_id": r"^PB\d{9}$",
    },
    ("probation", "offenders"): {
        "offender_id": r"^9\d{9}$",
        "estimated_offender_id": r"^E\d{9}$",
        "crn": r"^[Q-Z]\d{6}$",
        "postcode": POSTCODE,
        "lsoa_residence": AREA,
        "pnc_number": PNC,
        "cro_number": CRO,
        "noms_number": PRISON_NUMBER,
    },
    ("probation", "events"): {
        "event_id_hash": r"^e\d{20}$",
        "offender_id": r"^9\d{9}$",
        "custody_id": r"^CU\d{9}$",
    },
    ("probation", "requirements"): {"rqmnt_id": r"^RQ\d{9}D?$"},
    ("probation", "licence_conditions"): {"lic_condition_id": r"^LC\d{9}D?$"},
    ("probation", "pss_requirements"): {"pss_rqmnt_id": r"^PR\d{9}D?$", "custody_id": r"^CU\d{9}$"},
    ("probation", "court_reports"): {"court_report_id": r"^CR\d{9}B?D?$"},
    ("probation", "releases"): {"release_id": r"^RL\d{10}D?$", "custody_id": r"^CU\d{9}$"},
    ("probation", "recalls"): {"recall_id": r"^RC\d{10}D?$", "release_id": r"^RL\d{10}D?$"},
    ("probation", "contacts"): {"contact_id": r"^CT\d{10}$", "officer_id": r"^OF\d{8}$"},
    ("probation", "officer_allocations"): {
        "allocation_id": r"^OA\d{9}$",
        "officer_id": r"^OF\d{8}$",
    },
    ("probation", "referrals"): {"referral_id": r"^RF\d{9}$"},
}
"""Every identifier and address by table and column, with the pattern that all its values have."""
