"""SQL macros for DuckDB that standardise names, dates, postcodes and identifier numbers.

All spellings of one value get one form.

Belongs here: what is junk, the one form of each kind of value, and whether a number's check letter
is right. Does not belong here: comparing values (comparisons), reading files (load_records).
"""

from __future__ import annotations

import duckdb

ENTRY_MARKERS = ("MIG_ERROR", "NO_SHOW", "DUPLICATE")
"""Markers that staff type into name fields; stripped before anything else."""
NOT_A_NAME = (
    "NOT ENTERED|NOT KNOWN|NOT GIVEN|NOT STATED|NOT RECORDED|NOT AVAILABLE|NOT PROVIDED|"
    "UNKNOWN|UNK|NO NAME|NO FORENAME|NO SURNAME|"
    "NONE|NULL|N A|NK|NFN|TBC|TBA|TEST|ANON|ANONYMOUS|MASKED|REDACTED|WITHHELD"
)
TITLES = "MR|MRS|MISS|MS|DR"
DEFAULT_DATES = ("1900-01-01", "1970-01-01")
"""Dates that systems fill in where none is known."""
NO_FIXED_ABODE = ("NF11NF", "NF11FA")
PSEUDO_OUTCODE = "ZZ99"
"""Outcode of the statistical postcodes that stand for no address."""
LATEST_SHORT_YEAR = 30
"""A year of two digits up to this is of this century; the numbers began in the 1970s."""

CHECK_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
"""The letter of a PNC or CRO number is the remainder of its year and serial by 23 (as HMPPS's open
source person record verifies them).
"""
SOUNDS = {
    "BP": "B",
    "FV": "F",
    "CKQ": "K",
    "GJ": "G",
    "SZX": "S",
    "DT": "T",
    "L": "L",
    "M": "M",
    "N": "N",
    "R": "R",
}
"""Letters that are heard and written for each other; finer than Soundex, and the first letter is no
exception.
"""

_NO_AREA = "', '".join(sorted({postcode[:2] for postcode in (*NO_FIXED_ABODE, PSEUDO_OUTCODE)}))
"""How postcodes begin that may be no home; no real one begins so."""
_OUTCODE, _INCODE = "[A-Z]{1,2}[0-9][A-Z0-9]?", "[0-9][A-Z]{2}"
_MARKERS = "|".join(marker.replace("_", "[_ ]") for marker in ENTRY_MARKERS)
_UNMARKED = "upper(value)"
for _marker in (marker for marker in ENTRY_MARKERS if marker.isalpha()):
    _UNMARKED = f"replace({_UNMARKED}, '{_marker}', '_')"
_LETTERS, _LATIN = "ÆŒØŁĐÐÞ", "AOOLDDT"
_HEARD = (
    "".join(letters for letters in SOUNDS),
    "".join(sound * len(letters) for letters, sound in SOUNDS.items()),
)
_SOUND = (
    f"regexp_replace(translate(replace(name, 'PH', 'F'), '{_HEARD[0]}', '{_HEARD[1]}'), "
    "'[AEIOUYHW ]', '', 'g')"
)
for _letter in SOUNDS.values():
    _SOUND = f"regexp_replace({_SOUND}, '{_letter}+', '{_letter}', 'g')"

MACROS = (
    # Upper case, plain Latin letters where there are such, markers and apostrophes gone, all other
    # signs a space. No macro of names but the outermost asks for its value twice: within a case,
    # DuckDB would work all that is below it out twice.
    (
        "create or replace macro plain_signs(value) as "
        f"""trim(regexp_replace(regexp_replace(regexp_replace(
        translate(upper(strip_accents(replace(value, 'ß', 'ss'))), '{_LETTERS}', '{_LATIN}'),
        '({_MARKERS})[_ ]*', '', 'g'), '[''’‘`´]', '', 'g'), '[^\\p{{L}}]+', ' ', 'g'))"""
    ),
    f"create or replace macro known_name(value) as regexp_replace(value, '^({NOT_A_NAME})$', '')",
    # Tokens of fewer than two letters say nothing.
    """create or replace macro long_tokens(value) as trim(regexp_replace(regexp_replace(
        concat(' ', replace(value, ' ', '  '), ' '), ' . ', '', 'g'), ' +', ' ', 'g'))""",
    # Most names are one plain word, and looking is ten times as fast as replacing. One function of
    # another, as here, is worked out once for each different name in a row group, which a condition
    # joined by `and` would not be.
    (
        "create or replace macro is_plain_word(value) as "
        f"regexp_full_match({_UNMARKED}, '[A-Z]{{2,}}')"
    ),
    (
        f"""create or replace macro given_names(value) as nullif(case
        when is_plain_word(value) then known_name(upper(value))
        else long_tokens("""
        f"regexp_replace(known_name(plain_signs(value)), '^({TITLES}) ', '')) end, '')"
    ),
    # MC DONALD, MAC DONALD and O BRIEN are one word each.
    (
        """create or replace macro family_name(value) as nullif(case
        when is_plain_word(value) then known_name(upper(value))
        else long_tokens(regexp_replace("""
        "known_name(plain_signs(value)), '(^| )(MC|MAC|O) ', '\\1\\2', 'g')) end, '')"
    ),
    "create or replace macro token(value, place) as nullif(split_part(value, ' ', place), '')",
    (
        f"""create or replace macro real_day(value) as
        case when value in ({", ".join(f"date '{day}'" for day in DEFAULT_DATES)}) """
        "then null else value end"
    ),
    # Most values have no sign, or but a space, and looking is ten times as fast as replacing.
    """create or replace macro signless(value) as case
        when regexp_full_match(value, '[A-Z0-9]+') then value
        when regexp_full_match(value, '[A-Z0-9]+ [A-Z0-9]+') then replace(value, ' ', '')
        else nullif(regexp_replace(upper(value), '[^A-Z0-9]', '', 'g'), '') end""",
    f"""create or replace macro home(signless) as case
        when signless in ({", ".join(f"'{postcode}'" for postcode in NO_FIXED_ABODE)}) then null
        when starts_with(signless, '{PSEUDO_OUTCODE}') then null
        when regexp_full_match(signless, '{_OUTCODE}{_INCODE}') then signless end""",
    (
        f"""create or replace macro real_postcode(value) as case
        when regexp_full_match(value, '{_OUTCODE} ?{_INCODE}') """
        f"""and left(value, 2) not in ('{_NO_AREA}') then replace(value, ' ', '')
        else home(signless(value)) end"""
    ),
    f"""create or replace macro long_year(digits) as case
        when length(digits) = 4 then digits
        when cast(digits as integer) <= {LATEST_SHORT_YEAR} then '20' || digits
        else '19' || digits end""",
    (
        """create or replace macro police_signs(value) as
        case when regexp_full_match(value, '[A-Z0-9/]+') then value """
        "else regexp_replace(upper(value), '[^A-Z0-9/]', '', 'g') end"
    ),
    # 2003/0123456X, 03/123456X, 20030123456X and 030123456X are one number.
    (
        """create or replace macro pnc_text(year, serial, letter) as
        case when cast(serial as integer) > 0 """
        "then long_year(year) || '/' || lpad(serial, 7, '0') || letter end"
    ),
    (
        """create or replace macro pnc_form(signs) as case
        when regexp_full_match(signs, '([0-9]{4}|[0-9]{2})/[0-9]{1,7}[A-Z]')
            then pnc_text(split_part(signs, '/', 1), """
        """rtrim(split_part(signs, '/', 2), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), right(signs, 1))
        when regexp_full_match(signs, '([0-9]{4}|[0-9]{2})[0-9]{7}[A-Z]')
            then pnc_text(left(signs, length(signs) - 8), """
        "left(right(signs, 8), 7), right(signs, 1)) end"
    ),
    (
        """create or replace macro known_cro(number) as
        case when starts_with(number, '000000/') """
        "or regexp_full_match(number, 'SF../000000.') then null else number end"
    ),
    # 12345/99X, 012345/99X and 01234599X are one number; SF numbers (files without fingerprints)
    # are others.
    (
        """create or replace macro cro_form(signs) as case
        when regexp_full_match(signs, '[0-9]{1,6}/?[0-9]{2}[A-Z]')
            then known_cro(lpad(rtrim(left(signs, length(signs) - 3), '/'), 6, '0') """
        """|| '/' || right(signs, 3))
        when regexp_full_match(signs, 'SF[0-9]{2}/?[0-9]{1,6}[A-Z]')
            then known_cro(left(signs, 4) """
        "|| '/' || lpad(ltrim(substr(signs, 5), '/'), 7, '0')) end"
    ),
    (
        """create or replace macro real_pnc(value) as case
        when regexp_full_match(value, '(19|20)[0-9]{2}/[0-9]{7}[A-Z]') """
        """and not contains(value, '/0000000') then value
        else pnc_form(police_signs(value)) end"""
    ),
    """create or replace macro real_cro(value) as case
        when regexp_full_match(value, '[0-9]{6}/[0-9]{2}[A-Z]') then known_cro(value)
        else cro_form(police_signs(value)) end""",
    (
        f"""create or replace macro check_letter(number) as
        substr('{CHECK_LETTERS}', """
        f"1 + cast(cast(number as bigint) % {len(CHECK_LETTERS)} as integer), 1)"
    ),
    # Of one form: 2003/0123456X.
    (
        "create or replace macro pnc_is_right(pnc) as "
        "check_letter(substr(pnc, 3, 2) || substr(pnc, 6, 7)) = right(pnc, 1)"
    ),
    # Of one form: 012345/99X or SF99/012345X.
    (
        """create or replace macro cro_is_right(cro) as case
        when cro like 'SF%' """
        """then check_letter(substr(cro, 3, 2) || substr(cro, 6, 6)) = right(cro, 1)
        else check_letter(substr(cro, 8, 2) || left(cro, 6)) = right(cro, 1) end"""
    ),
    # Most values begin with a sign that settles it.
    """create or replace macro telling(signless) as case
        when length(signless) > 1 and not starts_with(signless, '0') then signless
        when regexp_full_match(signless, '0*|(.)') then null
        else signless end""",
    "create or replace macro real_number(value) as telling(signless(value))",
    (
        """create or replace macro real_sex(value) as case
        when upper(value) in ('M', 'MALE', '1') then 'M' """
        "when upper(value) in ('F', 'FEMALE', '2') then 'F' end"
    ),
    # How a name sounds, roughly: MOHAMMED and MUHAMAD, KHAN and KAHN are one.
    f"""create or replace macro sound(name) as {_SOUND}""",
)
"""Macros that others use take what those have made of a value; all others take it as delivered and
give null where it says nothing.
"""


def register_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros in the database of a connection."""
    for macro in MACROS:
        connection.execute(macro)
