"""Files → tables: find them, open them safely, recognize what each sheet is, keep every cell's address."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from orgaudit.errors import OrgauditError
from orgaudit.reading import blocks, columns, files, forms, headers, matrix, mixed, rows, stages
from orgaudit.reading.mapping import Mapping
from orgaudit.table import Review, SheetEntry, Table


def read(
    inputs: Sequence[str | Path], progress: Callable[[str], None] | None = None, mapping: Mapping | None = None
) -> Review:
    """Read files and folders as one review.

    Args:
        inputs: spreadsheets and folders of spreadsheets.
        mapping: how certain sheets are to be read, whatever they look like.
        progress: called with each file's name before it is read.

    Returns:
        The tables, the ledger of every sheet, and the files that failed (in ``problems``).

    Raises:
        OrgauditError: nothing readable at all, or an input does not exist.
    """
    paths, _ = files.find(inputs)
    mapping = mapping or Mapping()
    found: dict[str, list[Table]] = defaultdict(list)
    ledger: list[SheetEntry] = []
    problems: list[OrgauditError] = []
    for path in paths:
        if progress:
            progress(path.name)
        try:
            for grid in files.grids(path):
                for tables, entry in _parts(grid, mapping):
                    ledger.append(entry)
                    for table in tables:
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
    joined = {kind: Table.concat(parts) for kind, parts in found.items()}
    return Review(joined, ledger, problems, [str(item) for item in inputs], mapping.unused)


def _parts(grid: files.Grid, mapping: Mapping) -> Iterator[tuple[list[Table], SheetEntry]]:
    """What a sheet holds, block by block: tables, and a ledger line that accounts for every row of the block."""
    note = (
        "hidden" if grid.hidden
        else "empty" if not grid.height
        else "joined" if grid.joined
        else "mapped_away" if mapping.ignores(grid)
        else None
    )  # fmt: skip
    if note:
        yield [], _aside(grid, note)
        return
    layout = mapping.layout(grid)
    if layout is not None:
        table, entry = rows.build(grid, layout)
        yield [table], entry
        return
    if headers.is_instruction(grid.sheet):
        yield [], _aside(grid, "instructions")
        return
    sheets = forms.split(grid)
    for block in sheets:
        yield forms.build(block)
    for block in [] if sheets else blocks.split(grid):
        yield _block(block, mapping)


def _aside(grid: files.Grid, note: str) -> SheetEntry:
    entry = SheetEntry(grid.file, grid.sheet, rows=grid.height, note=note)
    entry.set_aside = Counter({note: grid.height}) if grid.height else Counter()
    return entry


def _block(grid: files.Grid, mapping: Mapping) -> tuple[list[Table], SheetEntry]:
    """One block's table, or a ledger line that says what it is instead."""
    told = mapping.marks(grid)
    staged = stages.detect(grid) if told is None else None
    if staged is not None:
        table, entry = stages.build(grid, *staged)
        return [table], entry
    listed = mixed.detect(grid) if told is None else None
    if listed is not None:
        return mixed.build(grid, listed)
    layout = columns.recognize(grid)
    by_layout = layout is None or _may_be_matrix(layout) or matrix.names_duties(grid)
    found = matrix.detect(grid) if by_layout or told is not None else None
    if found is not None:
        if told is not None:
            found.table = told.table if told.table != "none" else found.table
            found.legend |= {mark.lower(): meaning for mark, meaning in told.marks.items()}
        table, entry = matrix.build(grid, found)
        return [table], entry
    if layout is not None:
        table, entry = rows.build(grid, layout)
        return [table], entry
    return [], _aside(grid, "not_recognized")


def _may_be_matrix(layout: headers.Layout) -> bool:
    """A header row that fits a table of rows well is that table, even where some column holds single letters."""
    return (
        layout.table in ("duties", "authorities", "sensitive_duties", "descriptions")
        and "role" not in layout.columns
        and "power" not in layout.columns
    )
