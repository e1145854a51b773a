"""Files → tables: find them, open them safely, recognize what each sheet is, keep every cell's address."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from orgaudit.errors import OrgauditError
from orgaudit.reading import blocks, columns, files, forms, headers, matrix, rows, stages
from orgaudit.table import Review, SheetEntry, Table


def read(inputs: Sequence[str | Path], progress: Callable[[str], None] | None = None) -> Review:
    """Read files and folders as one review.

    Args:
        inputs: spreadsheets and folders of spreadsheets.
        progress: called with each file's name before it is read.

    Returns:
        The tables, the ledger of every sheet, and the files that failed (in ``problems``).

    Raises:
        OrgauditError: nothing readable at all, or an input does not exist.
    """
    paths, _ = files.find(inputs)
    found: dict[str, list[Table]] = defaultdict(list)
    ledger: list[SheetEntry] = []
    problems: list[OrgauditError] = []
    for path in paths:
        if progress:
            progress(path.name)
        try:
            for grid in files.grids(path):
                if not grid.hidden and (sheets := forms.split(grid)):
                    for block in sheets:
                        tables, entry = forms.build(block)
                        ledger.append(entry)
                        for table in tables:
                            found[table.kind].append(table)
                    continue
                for block in [grid] if grid.hidden or not grid.height else blocks.split(grid):
                    table, entry = _sheet(block)
                    ledger.append(entry)
                    if table is not None:
                        found[table.kind].append(table)
        except OrgauditError as error:
            problems.append(error)
    if not found:
        if len(problems) == 1 and not ledger:
            raise problems[0]
        if problems and not ledger:
            raise OrgauditError("no_file_readable", file=problems[0].file, n=len(problems))
        if not paths:
            raise OrgauditError("no_files", file=str(inputs[0]) if inputs else None)
        if all(entry.rows == 0 for entry in ledger):
            raise OrgauditError("empty_file", file=ledger[0].file)
        raise OrgauditError("no_header", file=ledger[0].file, sheet=ledger[0].sheet)
    tables = {kind: Table.concat(parts) for kind, parts in found.items()}
    return Review(tables, ledger, problems, [str(item) for item in inputs])


def _sheet(grid: files.Grid) -> tuple[Table | None, SheetEntry]:
    """One sheet's table, or None with a ledger line that says what the sheet is instead."""
    if grid.hidden or not grid.height or headers.is_instruction(grid.sheet):
        note = "hidden" if grid.hidden else "instructions" if grid.height else "empty"
        entry = SheetEntry(grid.file, grid.sheet, rows=grid.height, note=note)
        entry.set_aside = Counter({note: grid.height}) if grid.height else Counter()
        return None, entry
    staged = stages.detect(grid)
    if staged is not None:
        return stages.build(grid, *staged)
    layout = columns.recognize(grid)
    found = matrix.detect(grid) if layout is None or _may_be_matrix(layout) or matrix.names_duties(grid) else None
    if found is not None:
        return matrix.build(grid, found)
    if layout is not None:
        return rows.build(grid, layout)
    entry = SheetEntry(grid.file, grid.sheet, rows=grid.height, note="not_recognized")
    entry.set_aside = Counter({"not_recognized": grid.height})
    return None, entry


def _may_be_matrix(layout: headers.Layout) -> bool:
    """A header row that fits a table of rows well is that table, even where some column holds single letters."""
    return (
        layout.table in ("duties", "authorities", "sensitive_duties", "descriptions")
        and "role" not in layout.columns
        and "power" not in layout.columns
    )
