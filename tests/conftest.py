"""What tests share: the folders of examples, a way to run the real command line, and small workbooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
SAMPLES = ROOT / "sample_data"
AS_OF = "2026-11-01"


class Run:
    """A finished run of the command line."""

    def __init__(self, done: subprocess.CompletedProcess[str], out: Path) -> None:
        self.code = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr
        self.out = out

    @property
    def audit(self) -> dict[str, Any]:
        return json.loads((self.out / "audit.json").read_text("utf-8"))


@pytest.fixture
def orgaudit(tmp_path: Path) -> Callable[..., Run]:
    """Run ``orgaudit`` as a process of its own; ``audit`` gets an output folder and the date of the samples."""

    def run(*arguments: object, env: Mapping[str, str] | None = None, out: Path | None = None) -> Run:
        words = [str(word) for word in arguments]
        target = out or tmp_path / "out"
        if words and words[0] == "audit":
            words += ["-o", str(target)]
            words += [] if "--as-of" in words else ["--as-of", AS_OF]
        environment = {**os.environ, "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", **(env or {})}
        done = subprocess.run(
            [sys.executable, "-m", "orgaudit.cli", *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
            check=False,
        )
        return Run(done, target)

    return run


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook: sheet name → rows."""

    def write(sheets: Mapping[str, Sequence[Sequence[object]]], name: str = "review.xlsx") -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of examples that are not part of the project; tests that need it are skipped where it is not there."""
    folder = os.environ.get("ORGAUDIT_EXAMPLES")
    if not folder or not Path(folder).is_dir():
        pytest.skip("ORGAUDIT_EXAMPLES names no folder of examples")
    return Path(folder)
