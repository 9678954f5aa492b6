"""Proofs that take too long for every change: `make prove`.

- Without errors, a made-up delivery comes out of the whole pipeline as it went in: every person, case, recall, sentence, report, release.
- At a tenth of the nation, worlds of several seeds keep to the published figures.

`PROVE_PEOPLE` and `PROVE_SEEDS` set their size. A proof that fails ends with exit code 1 and says what is wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pipeline.synthetic import calibration, world

LEAST_SHARE = 0.9
"""Of the published figures that can be judged."""
JOURNEYS = Path(sys.executable).with_name("journeys")


def without_errors(root: Path, people: int) -> list[str]:
    """What is not right although no system errs."""
    delivery, truth, workspace = root / "delivery", root / "truth", root / "workspace"
    world.synthesise(delivery, truth, people=people, seed=1, errors="none")
    place = ("--workspace", str(workspace))
    subprocess.run([JOURNEYS, "run", "--delivery", str(delivery), *place], check=True, capture_output=True)
    told = subprocess.run([JOURNEYS, "score", "--truth", str(truth), *place], check=True, capture_output=True, text=True)
    scores: dict[str, dict[str, Any]] = json.loads(told.stdout)
    links = {name: share for name, share in scores["links"].items() if name.endswith(("precision", "recall"))}
    whole = {f"links {name}": share for name, share in links.items()}
    whole |= {f"case links {name}": scores["case_links"][name] for name in ("precision", "recall")}
    events = ("recalls", "sentences", "pre_sentence_reports", "releases")
    whole |= {f"{kind} found": scores[kind]["found"] for kind in events}
    none = {f"{kind} invented": scores[kind]["invented"] for kind in events}
    print(json.dumps(whole | none, indent=2))
    return [f"without errors: {name} is {share}" for name, share in whole.items() if share != 1.0] + [
        f"without errors: {name} is {share}" for name, share in none.items() if share != 0.0
    ]


def calibrated(root: Path, seed: int) -> list[str]:
    """What is wrong with a tenth of the nation."""
    judged = world.synthesise(root / f"{seed}", root / f"{seed}-truth", people=world.people_for_share(0.1), seed=seed)
    told = calibration.headline(judged)
    print(f"seed {seed}: {told.passing} of {told.judged} figures pass; not: {', '.join(told.failing) or 'none'}", flush=True)
    wrong = [f"seed {seed}: essential figure {name}" for name in told.essential_failing]
    return wrong + ([f"seed {seed}: only {told.share:.2f} pass"] if (told.share or 0.0) < LEAST_SHARE else [])


def main() -> None:
    """Every proof."""
    people = int(os.environ.get("PROVE_PEOPLE", "20000"))
    seeds = [int(seed) for seed in os.environ.get("PROVE_SEEDS", "1 2 3 7").split()]
    wrong = []
    with tempfile.TemporaryDirectory(prefix="journeys-prove-") as scratch:
        wrong += without_errors(Path(scratch), people)
        for seed in seeds:
            wrong += calibrated(Path(scratch), seed)
    print("\n".join(wrong) or "all is proven")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
