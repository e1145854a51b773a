"""orgaudit: is the organization in order for a performance review?

>>> import orgaudit
>>> audit = orgaudit.audit("company.xlsx")          # doctest: +SKIP
>>> orgaudit.write_report(audit, "report")          # doctest: +SKIP

Heavy libraries load with the first call, not with the import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgaudit.version import __version__

__all__ = ["OrgauditError", "Settings", "__version__", "audit", "load_settings", "read", "write_report"]

if TYPE_CHECKING:
    from orgaudit.errors import OrgauditError
    from orgaudit.pipeline import audit, load_settings, read, write_report
    from orgaudit.settings import Settings

_HOME = {"OrgauditError": "errors", "Settings": "settings"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'pipeline')}"), name)
