"""How names are recorded wrongly.

A name may be an alias, in another spelling, mistyped, swapped, truncated or marked.

Belongs here: what a mistake does to a name. Does not belong here: how often, and about whom
(identity_errors).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.synthetic.corruption.identity_errors import Marks, Profile, left_out, weigh_rate
from pipeline.synthetic.population import names
from pipeline.synthetic.random_draws import Bools, Floats, Ints, draw_chance

MARKERS = ("MIG_ERROR_", "NO_SHOW_", "DUPLICATE_")
NOT_ENTERED = "NOT ENTERED"
LETTERS = list("AEIOURSTNLMHDCB")
SPACED = r"^(MC|O')([A-Z].*)$"


@dataclass(frozen=True)
class Spellings:
    """Where on the line of all variants (names.Variants) those of each record's names lie."""

    forename: tuple[Floats, Floats]
    surname: tuple[Floats, Floats]


def corrupt_names(
    rng: np.random.Generator,
    held: pl.DataFrame,
    spellings: Spellings,
    more: Floats,
    profile: Profile,
    marks: Marks,
) -> pl.DataFrame:
    """The records with their names as a system wrote them down."""
    size = len(held)
    alias = (
        draw_chance(rng, weigh_rate(profile.alias_used, more), size)
        & held["aliases"].is_not_null().to_numpy()
    )
    former = (
        draw_chance(rng, weigh_rate(profile.former_surname, more), size)
        & held["married"].to_numpy()
        & ~alias
    )
    first = (
        draw_chance(rng, weigh_rate(profile.variant * spellings.forename[1], more), size) & ~alias
    )
    own = ~alias & ~former
    last = draw_chance(rng, weigh_rate(profile.variant * spellings.surname[1], more), size) & own
    cut = _if_matched(
        held["surname"],
        draw_chance(rng, weigh_rate(profile.double_barrelled, more), size) & own,
        "-",
    )
    spaced = _if_matched(
        held["surname"],
        draw_chance(rng, weigh_rate(profile.spacing, more), size) & own & ~last & ~cut,
        SPACED,
    )
    mistyped = {
        name: draw_chance(rng, weigh_rate(profile.typing, more), size)
        for name in ("forename", "surname")
    }
    swapped = draw_chance(rng, weigh_rate(profile.swapped, more), size)
    marked = draw_chance(rng, weigh_rate(profile.marker, more), size)
    rows = np.flatnonzero(
        alias
        | former
        | first
        | last
        | cut
        | spaced
        | mistyped["forename"]
        | mistyped["surname"]
        | swapped
        | marked
    )
    part = held.select("forename", "surname", "maiden", "aliases")[rows]
    part = _another_name(part, alias[rows], former[rows])
    part = _variant(rng, part, "forename", spellings.forename, rows, first, marks)
    part = _variant(rng, part, "surname", spellings.surname, rows, last, marks)
    part = _cut(rng, part, cut[rows])
    part = _spaced(rng, part, spaced[rows])
    for column, where in mistyped.items():
        before = part[column]
        part = mistype_text(rng, part, column, where[rows])
        marks.add_at("typing", rows[(part[column].ne_missing(before)).to_numpy()])
    part = _swapped_and_marked(rng, part, swapped[rows], marked[rows])
    for kind, where in (
        ("alias_as_name", alias),
        ("former_surname", former),
        ("double_barrelled", cut),
        ("spacing", spaced),
        ("swapped_names", swapped),
        ("marker", marked),
    ):
        marks.add(kind, where)
    return held.with_columns(
        held[name].scatter(rows, part[name]) for name in ("forename", "surname")
    )


def _if_matched(values: pl.Series, drawn: Bools, pattern: str) -> Bools:
    """Those drawn whose value has the pattern."""
    rows = np.flatnonzero(drawn)
    found: Bools = np.zeros(len(drawn), dtype=np.bool_)
    found[rows] = values.gather(rows).str.contains(pattern).to_numpy()
    return found


def _another_name(part: pl.DataFrame, alias: Bools, former: Bools) -> pl.DataFrame:
    """An alias in place of the name; or the surname from before marriage."""
    other = pl.col("aliases").str.splitn(" ", 2)
    return part.with_columns(
        forename=pl.when(pl.Series(alias))
        .then(other.struct.field("field_0"))
        .otherwise("forename"),
        surname=pl.when(pl.Series(alias))
        .then(other.struct.field("field_1"))
        .when(pl.Series(former))
        .then("maiden")
        .otherwise("surname"),
    )


def _variant(
    rng: np.random.Generator,
    part: pl.DataFrame,
    column: str,
    span: tuple[Floats, Floats],
    rows: Ints,
    where: Bools,
    marks: Marks,
) -> pl.DataFrame:
    """Another way of writing the name: a transliteration, a nickname, a name that sounds alike."""
    begin, width = span
    local = np.flatnonzero(where[rows])
    chosen = rows[local]
    written, kinds = names.list_variants().at(
        begin[chosen] + rng.random(len(chosen)) * width[chosen]
    )
    for place, kind in enumerate(names.VARIANT_WEIGHTS):
        marks.add_at(kind, chosen[kinds == place])
    return part.with_columns(part[column].scatter(local, written))


def _cut(rng: np.random.Generator, part: pl.DataFrame, where: Bools) -> pl.DataFrame:
    """A double-barrelled surname loses a half, its hyphen, or the order of its halves."""
    halves = pl.col("surname").str.splitn("-", 2)
    one, two = halves.struct.field("field_0"), halves.struct.field("field_1")
    way = pl.lit(pl.Series(np.where(where, rng.integers(0, 5, len(part)), 9)))
    chosen = (
        pl.when(way == 0)
        .then(one)
        .when(way == 1)
        .then(two)
        .when(way == 2)
        .then(pl.format("{} {}", one, two))
        .when(way == 3)
        .then(pl.format("{}-{}", two, one))
        .when(way == 4)
        .then(pl.concat_str(one, two))
        .otherwise("surname")
    )
    return part.with_columns(surname=chosen)


def _spaced(rng: np.random.Generator, part: pl.DataFrame, where: Bools) -> pl.DataFrame:
    """MC DONALD, O BRIEN and OBRIEN."""
    apart = pl.col("surname").str.replace(SPACED, "${1} ${2}").str.replace("'", "", literal=True)
    together = pl.col("surname").str.replace("'", "", literal=True)
    joined = pl.Series(draw_chance(rng, 0.5, len(part))) & pl.col("surname").str.starts_with("O'")
    return part.with_columns(
        surname=pl.when(~pl.lit(pl.Series(where)))
        .then("surname")
        .when(joined)
        .then(together)
        .otherwise(apart)
    )


def mistype_text(
    rng: np.random.Generator, held: pl.DataFrame, column: str, where: Bools
) -> pl.DataFrame:
    """One slip of the finger: a letter lost, doubled, replaced, or two letters turned round."""
    rows = np.flatnonzero(where)
    text = held[column].gather(rows)
    count, length = len(rows), text.str.len_chars().to_numpy()
    kind = rng.integers(0, 4, count)
    place = np.minimum((rng.random(count) * length).astype(np.int64), length - 1)
    letter = pl.Series(LETTERS).gather(rng.integers(0, len(LETTERS), count))
    part = pl.DataFrame(
        {
            "t": text,
            "p": np.where(kind == 3, np.maximum(place, 1), place),
            "kind": kind,
            "letter": letter,
        }
    )
    before, this, after = (
        pl.col("t").str.slice(0, pl.col("p")),
        pl.col("t").str.slice(pl.col("p"), 1),
        pl.col("t").str.slice(pl.col("p") + 1),
    )
    turned = (
        pl.col("t").str.slice(0, pl.col("p") - 1)
        + this
        + pl.col("t").str.slice(pl.col("p") - 1, 1)
        + after
    )
    slip = (
        pl.when(pl.col("kind") == 0)
        .then(before + after)
        .when(pl.col("kind") == 1)
        .then(before + this + this + after)
        .when(pl.col("kind") == 2)
        .then(before + pl.col("letter") + after)
        .otherwise(turned)
    )
    written = part.select(
        pl.when(pl.col("t").str.len_chars() > 2).then(slip).otherwise("t")
    ).to_series()
    return held.with_columns(held[column].scatter(rows, written))


def _swapped_and_marked(
    rng: np.random.Generator, part: pl.DataFrame, swapped: Bools, marked: Bools
) -> pl.DataFrame:
    turned = pl.Series(swapped)
    marker = pl.Series(MARKERS).gather(rng.integers(0, len(MARKERS), len(part)))
    both = part.with_columns(
        forename=pl.when(turned).then("surname").otherwise("forename"),
        surname=pl.when(turned).then("forename").otherwise("surname"),
    )
    return both.with_columns(
        forename=pl.when(pl.Series(marked)).then(marker + pl.col("forename")).otherwise("forename")
    )


def middles_and_aliases(
    rng: np.random.Generator, held: pl.DataFrame, more: Floats, profile: Profile, marks: Marks
) -> pl.DataFrame:
    """The records with errors in middle names and aliases.

    Middle names are left out, cut to an initial, mistyped, or replaced by words that stand for
    none. Aliases are left out.
    """
    size = len(held)
    there, known = held["middle"].is_not_null().to_numpy(), held["aliases"].is_not_null().to_numpy()
    absent = draw_chance(rng, left_out(profile.middle_missing, more), size) & there
    initial = draw_chance(rng, weigh_rate(profile.middle_initial, more), size) & there & ~absent
    mistyped = draw_chance(rng, weigh_rate(profile.typing, more), size) & there & ~absent & ~initial
    no_words = draw_chance(rng, weigh_rate(profile.marker, more), size)
    unknown = draw_chance(rng, left_out(profile.aliases_missing, more), size) & known
    before = held["middle"]
    held = mistype_text(rng, held, "middle", mistyped)
    marks.add_at("typing", np.flatnonzero(held["middle"].ne_missing(before).to_numpy()))
    for kind, where in (
        ("middle_missing", absent),
        ("middle_initial", initial),
        ("not_entered", no_words),
        ("aliases_missing", unknown),
    ):
        marks.add(kind, where)
    return held.with_columns(
        middle=pl.when(pl.Series(no_words))
        .then(pl.lit(NOT_ENTERED))
        .when(pl.Series(initial))
        .then(pl.col("middle").str.slice(0, 1))
        .when(~pl.Series(absent))
        .then("middle"),
        aliases=pl.when(~pl.Series(unknown)).then("aliases"),
    )
