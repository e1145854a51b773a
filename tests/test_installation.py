"""The wheel holds what the checkout holds: templates, catalogues, texts and sample companies."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from .conftest import ROOT


def test_the_wheel_holds_templates_and_data(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for path in tracked:
        if path.startswith(("templates/", "sample_data/")) and (ROOT / path).is_file():
            assert f"orgaudit/{path}" in names
        if path.startswith("src/orgaudit/") and (ROOT / path).is_file():
            assert path.removeprefix("src/") in names
