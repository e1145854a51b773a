"""Measure whole processes in CPU seconds and print ratios; absolute times depend on the machine.

``make bench`` runs 1,000, 10,000 and 100,000 seats; ``python benchmarks/run.py 1000000`` any other size.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

RUNS = 3


def people(n: int) -> pd.DataFrame:
    """An eight-ary organization of ``n`` seats with one broken superior in a hundred; 12 columns."""
    number = np.arange(n)
    broken = np.random.default_rng(1).random(n) < 0.01
    superior = np.where(broken, "X" + pd.Series(number).astype(str), "E" + pd.Series((number - 1) // 8).astype(str))
    superior[0] = ""
    text = pd.Series(number).astype(str)
    return pd.DataFrame(
        {
            "Employee ID": "E" + text,
            "Name": "Person " + text,
            "Position": "Job " + pd.Series(number % 5000).astype(str),
            "Department": "Dept " + pd.Series((number - 1) // 64 % 20_000).astype(str),
            "Superior": superior,
            "Email": "p" + text + "@x.example",
            "Grade": "P" + pd.Series(12 - np.floor(np.log(number * 7 + 1) / np.log(8)).astype(int)).astype(str),
            "Location": "Leeds",
            "Status": "active",
            "Hire Date": "2020-01-02",
            "Cost Centre": "C1",
            "Headcount": "1",
        }
    )


def cpu(command: list[str]) -> tuple[float, int]:
    """CPU seconds (median of some runs) and peak memory in MiB of a whole process."""
    times, peak = [], 0
    for _ in range(RUNS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"failed: {' '.join(command)}")
        times.append(usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss // 1024)
    return statistics.median(times), peak


def main(sizes: list[int]) -> None:
    """Print a row per size and format."""
    orgaudit = [sys.executable, "-m", "orgaudit.cli"]
    bare, _ = cpu([sys.executable, "-c", "pass"])
    version, _ = cpu([*orgaudit, "--version"])
    print(f"start-up: --version costs {version / bare:.1f} x `python -c pass`\n")
    print(
        f"{'seats':>9} {'format':>6} {'parse s':>8} {'json s':>8} {'html s':>8} {'json/parse':>10} {'growth':>7} {'MiB':>6}"
    )
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in sizes:
            frame = people(n)
            frame.to_csv(folder / "p.csv", index=False)
            if n <= 200_000:
                frame.to_excel(folder / "p.xlsx", index=False)
            for kind, parse in (
                ("csv", "import pandas,sys; pandas.read_csv(sys.argv[1], dtype='str')"),
                ("xlsx", "import fastexcel,sys; fastexcel.read_excel(sys.argv[1]).load_sheet(0).to_arrow()"),
            ):
                path = str(folder / f"p.{kind}")
                if not Path(path).exists():
                    continue
                raw, _ = cpu([sys.executable, "-c", parse, path])
                run = [
                    *orgaudit,
                    "audit",
                    path,
                    "-o",
                    str(folder / "out"),
                    "--documents",
                    "none",
                    "-q",
                    "--as-of",
                    "2026-11-01",
                ]
                told, peak = cpu([*run, "--format", "json"])
                page, _ = cpu([*run, "--format", "html,json"])
                growth = f"{told / before[kind]:.1f}" if kind in before else "–"
                before[kind] = told
                print(
                    f"{n:>9,} {kind:>6} {raw:>8.2f} {told:>8.2f} {page:>8.2f} {told / raw:>10.1f} {growth:>7} {peak:>6}"
                )
                Path(path).unlink()


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000])
