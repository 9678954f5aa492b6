"""The most that a pair can weigh, told from hints.

Pairs that cannot reach the least weight are dropped before anything is read of them.

Belongs here: which levels of each comparison hints rule out. Does not belong here: the levels
(comparisons), weights (model), hints (signatures).

A level that hints do not rule out counts as possible, and the heaviest possible one is the bound;
so does a level of which nothing is said here. So a new comparison or level is safe without a word
about it, only slower. A test holds every bound against the weight itself.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import log2

import numpy as np

from pipeline.linkage.scoring.comparisons import (
    COMPARISONS,
    DIFFERENT,
    MAX_DAY_PAIRS,
    OTHER,
    SIMILAR,
    Comparison,
)
from pipeline.linkage.scoring.model import MIN_FREQUENCY, Model
from pipeline.linkage.scoring.signatures import (
    Array,
    Hints,
    Side,
    may_be_slips,
    set_bit,
    share_bits,
)
from pipeline.linkage.scoring.similarity_bounds import Shared, count_shared_letters

UNKNOWN = "unknown"
NAMED = ("name", "twins")
"""Comparisons of names."""
PAIRS_A_LOOK = 32_768
"""So few that what is worked out of them stays near the processor."""
ROUNDING = 1e-5
Possible = dict[str, Array]
"""Level (or `UNKNOWN`, which weighs nothing) -> whether a pair may be of it."""


def may_reach(
    least: float,
    model: Model,
    records: int,
    hints: Hints,
    rows: tuple[Array, Array],
    threads: int = 1,
) -> Array:
    """Places of the pairs that hints do not keep below a weight, in order.

    Args:
        least: the weight.
        model: gives the weights of levels.
        records: number of source records, from which the prior follows.
        hints: of all nodes.
        rows: where in the hints both nodes of each pair are.
        threads: how many looks at once.
    """
    least -= ROUNDING

    def look(first: int) -> Array:
        # Of numpy's own kind of index, or each of the many fetches would turn them into it.
        ends = [nodes[first : first + PAIRS_A_LOOK].astype(np.intp) for nodes in rows]
        left, right = (Side(hints, nodes) for nodes in ends)
        most = model.prior_weight(records) + _most(model, _plain(left, right), left, right)
        # Names take longest, so they are left for pairs that would reach the weight with the most
        # alike ones.
        unread: dict[str, Possible] = {"name": {"same": _are_named_alike(left, right)}, "twins": {}}
        hopeful = np.flatnonzero(most + _most(model, unread, left, right) >= least)
        left, right = (Side(hints, nodes[hopeful]) for nodes in ends)
        still = most[hopeful] + _most(model, _names(left, right), left, right) >= least
        reached: Array = first + hopeful[still]
        return reached

    with ThreadPoolExecutor(max_workers=threads) as pool:
        return np.concatenate(
            [np.empty(0, dtype=np.int64), *pool.map(look, range(0, len(rows[0]), PAIRS_A_LOOK))]
        )


def at_most(model: Model, left: Side, right: Side) -> dict[str, Array]:
    """Comparison -> the most that it can weigh, for each pair of nodes."""
    possible = _plain(left, right) | _names(left, right)
    return {name: _most(model, {name: levels}, left, right) for name, levels in possible.items()}


def _most(model: Model, possible: dict[str, Possible], left: Side, right: Side) -> Array:
    """The most that comparisons can weigh together, of the levels that are possible for each."""
    compared = [comparison for comparison in COMPARISONS if comparison.name in possible]
    most: Array = np.sum(
        [
            _heaviest(comparison, model, possible[comparison.name], left, right)
            for comparison in compared
        ],
        axis=0,
    )
    return most


def _heaviest(
    comparison: Comparison, model: Model, possible: Possible, left: Side, right: Side
) -> Array:
    """The weight of the heaviest possible level."""
    rare = {level.name for level in comparison.levels if level.frequency}
    weights = {
        level: model.weight(comparison.name, level)
        for level in comparison.level_names
        if level not in rare
    } | {UNKNOWN: 0.0}
    heaviest = np.full(len(left.rows), -np.inf)
    for level in sorted(weights, key=weights.__getitem__):
        if level in possible:
            np.putmask(heaviest, possible[level], weights[level])
        else:
            heaviest.fill(weights[level])
    for level in rare:
        frequency = np.maximum(
            np.maximum(left["name_frequency"], right["name_frequency"]), MIN_FREQUENCY["full_name"]
        )
        weight = log2(model.parameters[comparison.name][level]["m"]) - np.log2(frequency)
        heaviest = np.maximum(heaviest, np.where(possible.get(level, True), weight, -np.inf))
    return heaviest


def _birth(left: Side, right: Side) -> Possible:
    digits_l, digits_r = left["digits"], right["digits"]
    is_known = (digits_l != 0) & (digits_r != 0)
    differing = digits_l ^ digits_r
    year, month, day = (differing & part == 0 for part in (0xFFFF0000, 0xFF00, 0xFF))
    others = differing | differing >> np.uint32(1)
    others = (others | others >> np.uint32(2)) & np.uint32(0x11111111)
    same = digits_l == digits_r
    return {
        UNKNOWN: ~is_known,
        "first_of_january": same & (digits_l & 0xFFFF == 0x0101),
        "same": same,
        "swapped": year
        & (digits_l & 0xFF == digits_r >> np.uint32(8) & 0xFF)
        & (digits_r & 0xFF == digits_l >> np.uint32(8) & 0xFF),
        # Eight digits of which one is another, or two are changed about.
        "one_digit": np.bitwise_count(others) <= 2,
        "two_parts": (year & month) | (month & day) | (year & day),
        OTHER: is_known & ~same,
    }


def _postcode(left: Side, right: Side) -> Possible:
    levels = {"same": "postcodes", "same_common": "common_postcodes", "same_outcode": "outcodes"}
    return {UNKNOWN: ~(left["has_postcode"] & right["has_postcode"])} | {
        level: share_bits(left, right, name) for level, name in levels.items()
    }


def _middle_name(left: Side, right: Side) -> Possible:
    known = (left["middle_names"] != 0) & (right["middle_names"] != 0)
    like = (
        count_shared_letters(left["middle_letters"], right["middle_letters"]).similarity >= SIMILAR
    )
    return {UNKNOWN: ~known, "same": share_bits(left, right, "middle_names"), "like": known & like}


def _sex(left: Side, right: Side) -> Possible:
    one, other = left["sex"], right["sex"]
    return {UNKNOWN: (one == 0) | (other == 0), "same": one == other}


def _share_a_police_number(left: Side, right: Side) -> Array:
    truth: Array = share_bits(left, right, "police_numbers") & share_bits(
        left, right, "police_numbers_again"
    )
    return truth


def _police_number(left: Side, right: Side) -> Possible:
    differ = (left["has_sound_pnc"] & right["has_sound_pnc"]) | (
        left["has_sound_cro"] & right["has_sound_cro"]
    )
    return {
        UNKNOWN: ~differ,
        "same": _share_a_police_number(left, right),
        "one_sign": may_be_slips(left, right),
    }


def _service_number(left: Side, right: Side) -> Possible:
    differ = left["has_prison_number"] & right["has_prison_number"]
    return {UNKNOWN: ~differ, "same": share_bits(left, right, "service_numbers")}


def _own_group(left: Side, right: Side) -> Possible:
    return {"same": share_bits(left, right, "own_groups")}


def _days(left: Side, right: Side) -> Possible:
    known_l, known_r = left["days_known"], right["days_known"]
    few = (known_l > 0) & (known_r > 0) & (known_l * known_r <= MAX_DAY_PAIRS)
    both = (
        few
        & share_bits(left, right, "days")
        & (left["first_day"] <= right["last_day"])
        & (right["first_day"] <= left["last_day"])
    )
    return {UNKNOWN: ~few, "two_or_more": both & (known_l > 1) & (known_r > 1), "one": both}


def _plain(left: Side, right: Side) -> dict[str, Possible]:
    """Levels of all comparisons but those of names.

    Nothing is ruled out of a comparison that has no rule here.
    """
    rules: dict[str, Callable[[Side, Side], Possible]] = {
        "birth": _birth,
        "postcode": _postcode,
        "middle_name": _middle_name,
        "sex": _sex,
        "police_number": _police_number,
        "service_number": _service_number,
        "own_group": _own_group,
        "days": _days,
    }
    plain = [comparison.name for comparison in COMPARISONS if comparison.name not in NAMED]
    return {name: rules[name](left, right) if name in rules else {} for name in plain}


def _are_named_alike(left: Side, right: Side) -> Array:
    """Whether both names are the same; one that is missing may be any."""
    forename, surname = ((left[name], right[name]) for name in ("forename", "surname"))
    alike: Array = np.logical_and(
        *((one == other) | (one < 0) | (other < 0) for one, other in (forename, surname))
    )
    return alike


def _names(left: Side, right: Side) -> dict[str, Possible]:
    """Levels of both comparisons of names; where a name is missing, nothing is ruled out."""
    forename_l, forename_r, surname_l, surname_r = (
        left["forename"],
        right["forename"],
        left["surname"],
        right["surname"],
    )
    bare = np.minimum(np.minimum(forename_l, forename_r), np.minimum(surname_l, surname_r)) < 0
    forename, surname = forename_l == forename_r, surname_l == surname_r
    letters = [(side["forename_letters"], side["surname_letters"]) for side in (left, right)]
    forenames, surnames = (
        count_shared_letters(letters[0][0], letters[1][0]),
        count_shared_letters(letters[0][1], letters[1][1]),
    )
    crossed = _like(count_shared_letters(letters[0][0], letters[1][1])) & _like(
        count_shared_letters(letters[0][1], letters[1][0])
    )
    in_the_middle = (set_bit(forename_l) & right["middle_names"]) | (
        set_bit(forename_r) & left["middle_names"]
    )
    alias = left["has_aliases"] | right["has_aliases"] | (surname & (in_the_middle != 0))
    nickname = share_bits(left, right, "forename_forms")
    forename_like = (
        (left["forename_sound"] == right["forename_sound"])
        | forenames.may_begin_alike
        | _like(forenames)
    )
    surname_like = (left["surname_sound"] == right["surname_sound"]) | _like(surnames)
    name = {
        UNKNOWN: bare,
        "same": forename & surname,
        "swapped": (forename_l == surname_r) & (surname_l == forename_r),
        "alias": alias,
        "nickname": surname & nickname,
        "forename_like": surname & forename_like,
        "surname_like": forename & surname_like,
        "both_like": forename_like & surname_like,
        "swapped_like": crossed,
        "surname_only": surname,
        "forename_only": forename,
    }
    may_be_one = (
        bare
        | forename
        | alias
        | nickname
        | crossed
        | forenames.may_begin_alike
        | forenames.may_be_one_edit_apart
    )
    may_be_one |= (
        (forenames.similarity >= DIFFERENT)
        | _share_a_police_number(left, right)
        | share_bits(left, right, "service_numbers")
    )
    digits = left["digits"]
    suspected = (digits == right["digits"]) & (digits != 0) & ~may_be_one
    return {
        "name": {level: truth | bare for level, truth in name.items()},
        "twins": {UNKNOWN: ~suspected, OTHER: ~suspected},
    }


def _like(names: Shared) -> Array:
    """Whether one name may be the other one misspelt."""
    truth: Array = (names.similarity >= SIMILAR) | names.may_be_one_edit_apart
    return truth
