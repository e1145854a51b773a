"""How well duties are understood, and how the cost grows: prints both. ``make bench`` runs it.

Quality is measured on tests/data/duties: a development set, and a set written blind (``blind_*``: by somebody who saw neither
the lexicon nor the method, while nobody who worked on these saw it). The curve counts CPU seconds over 1,000 to 50,000 distinct
statements, made from names of the lexicon, 40 % of them English.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from orgaudit import catalog, understanding
from orgaudit.reading import values

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "duties"
PAIRS = ("zh_pairs", "blind_zh_pairs", "en_pairs", "blind_en_pairs")
FUNCTIONS = ("zh_functions", "blind_zh_functions", "en_functions", "blind_en_functions")
DEPARTMENTS = ("blind_zh_departments_1", "blind_zh_departments_2", "blind_en_departments_1", "blind_en_departments_2")


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one set."""
    with (DATA / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def pairs(name: str) -> tuple[float, float]:
    """Best F1 over all thresholds, and the area under the ROC curve, for pairs of duty texts."""
    given = rows(name)
    texts = [values.key(row[side]) for row in given for side in ("text_a", "text_b")]
    known = list(dict.fromkeys(texts))
    number = {text: i for i, text in enumerate(known)}
    at = np.array([number[text] for text in texts])
    strength = understanding.read(known).signals(at[::2], at[1::2]).strength
    truth = np.array([row["overlap"] == "1" for row in given])
    order = np.argsort(-strength, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.r_[np.diff(strength[order]) != 0, True]  # a threshold takes all pairs of equal strength
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + truth.sum())
    ranks = np.array([(strength < s).sum() + ((strength == s).sum() + 1) / 2 for s in strength[truth]])
    n = int(truth.sum())
    area = (ranks.sum() - n * (n + 1) / 2) / (n * (len(truth) - n))
    return float(f1[last].max()), float(area)


def functions(name: str) -> tuple[float, float]:
    """Share of duty texts whose first suggested function is the right one, and with further acceptable ones counted."""
    given = rows(name)
    keys = {values.key(row[f"function_{lang}"]): values.key(row["function_en"])
            for row in catalog.table("functions") for lang in ("en", "zh")} | {"none": ""}  # fmt: skip
    texts = [values.key(row["text"]) for row in given]
    known = list(dict.fromkeys(texts))
    answer = dict(zip(known, (key for key, _ in understanding.read(known).suggested()), strict=True))
    right = also = 0
    for row, text in zip(given, texts, strict=True):
        wanted = keys[values.key(row.get("function_zh") or row.get("function_en") or "")]
        allowed = {keys.get(values.key(other), other) for other in (row["also_acceptable"] or "").split(";") if other}
        right += answer[text] == wanted
        also += answer[text] == wanted or answer[text] in allowed
    return right / len(given), also / len(given)


def true_pairs(given: Sequence[dict[str, str]]) -> set[frozenset[str]]:
    """Pairs of duty ids of different departments that are one piece of work, by the labels of the set."""
    number, place = list(given[0])[:2]
    return {
        frozenset((a[number], b[number]))
        for a, b in combinations(given, 2)
        if a["truth"] and a["truth"] == b["truth"] and a[place] != b[place]
    }


def found_pairs(audit: dict[str, Any], given: Sequence[dict[str, str]]) -> set[frozenset[str]]:
    """Pairs of duty ids of different departments that DUT-01 and DUT-02 report."""
    number, place = list(given[0])[:2]
    found: set[frozenset[str]] = set()
    for finding in audit["findings"]:
        if finding["code"] in ("DUT-01", "DUT-02"):
            at = {cell["row"] - 2 for cell in finding["evidence"] if cell["row"]}
            found |= {
                frozenset((given[a][number], given[b][number]))
                for a, b in combinations(sorted(at), 2)
                if given[a][place] != given[b][place]
            }
    return found


def workbook(name: str) -> tuple[float, float]:
    """Precision and recall of overlaps in a whole table of duties, read and audited as it is."""
    import orgaudit

    given = rows(name)
    audit = orgaudit.audit(DATA / f"{name}.csv")
    from orgaudit.writing import audit_json

    found, true = found_pairs(audit_json.as_data(audit), given), true_pairs(given)
    return len(found & true) / max(1, len(found)), len(found & true) / len(true)


def statements(n: int) -> list[str]:
    """``n`` distinct statements out of the lexicon's names, four in ten English."""
    rng = np.random.default_rng(7)
    entries = [(entry, lang) for file in catalog.lexicon() for entry in file["activity"] for lang in ["zh"] * 3 + ["en"] * 2
               if entry[f"names_{lang}"]]  # fmt: skip
    places = {
        "zh": ("", "一车间", "二车间", "华东区", "华南区", "总部"),
        "en": ("", "plant 1", "plant 2", "the head office"),
    }
    made: dict[str, None] = {}
    while len(made) < n:
        entry, lang = entries[rng.integers(len(entries))]
        name = entry[f"names_{lang}"][rng.integers(len(entry[f"names_{lang}"]))]
        words = [
            options[rng.integers(len(options))]
            for options in (term.split("|") for term in name.split() if term[0] != "-")
        ]
        place = places[lang][rng.integers(len(places[lang]))]
        glue, tail = ("", str(rng.integers(30))) if lang == "zh" else (" ", f" no {rng.integers(30)}")
        made.setdefault(values.key(glue.join([place, *words]).strip() + tail))
    return list(made)


def main() -> None:
    """Print the figures."""
    print(f"{'pairs':28}   F1   AUC")
    for name in PAIRS:
        print(f"{name:28} {pairs(name)[0]:.3f} {pairs(name)[1]:.3f}")
    print(f"{'functions, first suggestion':28}right acceptable")
    for name in FUNCTIONS:
        print(f"{name:28} {functions(name)[0]:.3f} {functions(name)[1]:.3f}")
    print(f"{'tables without functions':28}precision recall")
    for name in DEPARTMENTS:
        print(f"{name:28} {workbook(name)[0]:.3f} {workbook(name)[1]:.3f}")
    print(f"{'statements':>10} {'CPU s':>7} {'ratio':>6} {'pairs':>9}")
    before = None
    for n in [int(size) for size in sys.argv[1:]] or [1_000, 2_000, 10_000, 20_000, 50_000]:
        texts = statements(n)
        start = time.process_time()
        understood = understanding.read(texts)
        one, two = understood.likely_pairs()
        strong = int((understood.signals(one, two).strength >= 0.3).sum())
        spent = time.process_time() - start
        print(f"{n:>10,} {spent:>7.1f} {spent / before if before else 1:>6.1f} {len(one):>9,}  {strong:,} strong")
        before = spent


if __name__ == "__main__":
    main()
