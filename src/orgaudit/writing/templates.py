"""Where the templates are: inside the installed package, else at the top of the checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from orgaudit.errors import OUTPUT_FAILED, OrgauditError


@cache
def folder(name: str = "templates") -> Path:
    """The folder of templates (or, by name, of the sample companies).

    Raises:
        OrgauditError: the installation lacks it.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package / name, package.parent.parent / name):
        if place.is_dir():
            return place
    raise OrgauditError("installation", exit_code=OUTPUT_FAILED, file=name)
