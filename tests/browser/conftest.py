"""A headless Chromium for the page tests; without one they are skipped with a message."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser: the one ORGAUDIT_CHROMIUM names, else the system's."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = [os.environ.get("ORGAUDIT_CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))]
    path = next((place for place in found if place), None)
    if path is None:
        pytest.skip("no Chromium found: install it or set ORGAUDIT_CHROMIUM")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Writes a page to disk and opens it; at the end nothing may have failed or left the disk."""
    contexts, complaints, requests = [], [], []

    def opened(
        html: str, *, hash: str = "", name: str = "page.html", width: int = 1440, height: int = 900, **options: Any
    ) -> Any:
        file = tmp_path / name
        file.write_text(html, "utf-8")
        context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri() + hash)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "about:"))] == []
