"""Takes the screenshots of the documentation: the verdicts of a Chinese and of an English sample.

Run it as ``python tests/screenshots.py``; it needs playwright and a Chromium.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path

from playwright.sync_api import sync_playwright

import orgaudit

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = {"zh": "garden-machinery-zh", "en": "services-en"}
AS_OF = date(2026, 11, 1)
SIZE = {"width": 1440, "height": 1000}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for lang, sample in SAMPLES.items():
            out = Path(folder) / lang
            result = orgaudit.audit(ROOT / "sample_data" / sample, as_of=AS_OF)
            orgaudit.write_report(result, out, lang=lang, documents=())
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto((out / "index.html").as_uri())
            page.screenshot(path=ROOT / "docs" / f"screenshot-{lang}.png")
        browser.close()


if __name__ == "__main__":
    main()
