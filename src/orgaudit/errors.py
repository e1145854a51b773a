"""What can go wrong from outside, each with what a person needs to mend it.

An :class:`OrgauditError` carries a text key, never a sentence: the command line looks the sentence up in the language
of the run. It holds where (file, sheet, cell) and the exit code that the command line's contract gives it.
"""

from __future__ import annotations

NOTHING_READABLE = 2
OUTPUT_FAILED = 3
LIMIT_HIT = 4
PARTLY_DONE = 5


class OrgauditError(Exception):
    """A failure that a person can act on.

    Args:
        key: text key below ``errors.``; its catalogue entry has a ``what`` and a ``remedy``.
        exit_code: what the process returns when this ends the run.
        file, sheet, cell: where it happened, as far as known.
        params: values for the placeholders of the text; never a person's data.
    """

    def __init__(
        self,
        key: str,
        *,
        exit_code: int = NOTHING_READABLE,
        file: str | None = None,
        sheet: str | None = None,
        cell: str | None = None,
        **params: object,
    ) -> None:
        super().__init__(key)
        self.key = key
        self.exit_code = exit_code
        self.file = file
        self.sheet = sheet
        self.cell = cell
        self.params = params
