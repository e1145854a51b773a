"""Authority tables whose columns are stages and whose cells name who acts (内控权限指引表): the transpose of a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orgaudit.reading import headers, rows, values
from orgaudit.reading.files import Grid
from orgaudit.table import WRITTEN, Column, SheetEntry, Source, Table


def detect(grid: Grid) -> tuple[int, dict[int, str], dict[str, list[Column]]] | None:
    """(header row, column → power, describing columns), or None where the grid has no such header."""
    if not 2 <= grid.height <= 20_000:
        return None
    for label in grid.cells.index[:15]:
        texts = headers.row_texts(grid, label)
        stages = {c: power for c, text in texts.items() if (power := _power(text))}
        if len(stages) < 2 or len(set(stages.values())) < 2:
            continue
        described: dict[str, list[Column]] = {}
        for column, text in texts.items():
            found = [m for m in headers.meanings(text) if m.table == "authorities"] if column not in stages else []
            if found and found[0].field not in described:
                described[found[0].field] = [Column(column, text.strip())]
        if "matter" in described and "power" not in described and _names(grid, label, list(stages)):
            return int(label), stages, described
    return None


def _power(text: str) -> str | None:
    known = values.vocabulary("power")
    for part in (text, *text.replace("／", "/").split("/")):
        spelled = values.key(part).replace(" ", "")
        if len(spelled) > 1 and spelled in known:
            return known[spelled]
    return None


def _names(grid: Grid, header: int, columns: list[int]) -> bool:
    """Whether the cells below are names rather than marks."""
    from orgaudit.reading import marks

    cells = grid.cells.loc[header + 1 :, columns].stack().dropna()
    return bool(len(cells)) and float(cells.map(marks.is_token).mean()) < 0.5


def build(
    grid: Grid, header: int, stages: dict[int, str], described: dict[str, list[Column]]
) -> tuple[Table, SheetEntry]:
    """One row of ``authorities`` per matter and stage that names somebody, and the sheet's ledger line."""
    rows.fill_merges(grid, header + 1)
    wanted = {
        name: columns for name, columns in described.items() if name in ("matter", "function", "limit_to", "condition")
    }
    used = {column.index for columns in wanted.values() for column in columns} | set(stages)
    texts = headers.row_texts(grid, header)
    layout = headers.Layout("authorities", header, header, wanted, layout="stages", texts=texts)
    layout.ignored = [text.strip() for column, text in texts.items() if column not in used]
    body = grid.cells.loc[header + 1 :]
    entry = rows.start(grid, layout)
    kept = rows.triage(body, entry, layout)
    matter = wanted["matter"][0].index
    named = np.column_stack([rows.not_blank(body[column]) for column in stages])
    section = kept & ~named.any(axis=1) & rows.not_blank(body[matter])
    entry.set_aside["section"] += int(section.sum())
    kept &= ~section
    body = body.loc[kept]
    fixed = pd.DataFrame({name: rows.clean(body[columns[0].index]) for name, columns in wanted.items()})
    fixed["matter"] = rows.filled_down(fixed["matter"])
    identified = fixed["matter"].notna().to_numpy()
    entry.rejected += [(int(number) + 1, "no_key") for number in body.index.to_numpy()[~identified]]
    body, fixed = body.loc[identified], fixed.loc[identified]
    entry.used, entry.set_aside = len(body), +entry.set_aside
    unit = rows.amount_unit(grid, header)
    parts = []
    for column, power in stages.items():
        names = rows.clean(body[column])
        part = fixed[names.notna()].assign(position=names, power=power, **({"amount_unit": unit} if unit else {}))
        parts.append(part.assign(**{WRITTEN: names, "_column": column, "_row": part.index.to_numpy() + 1}))
    frame = pd.concat(parts).sort_values(["_row", "_column"], kind="stable")
    at, row = frame.pop("_column").to_numpy(np.int32), frame.pop("_row").to_numpy(np.int32)
    columns = dict(wanted)
    columns["position"] = columns["power"] = [Column(c, texts[c].strip()) for c in stages]
    source = Source(grid.file, grid.sheet, header + 1, columns, "stages")
    entry.columns, entry.source = columns, source
    frame = frame.reset_index(drop=True).astype("str")
    return Table("authorities", frame, np.zeros(len(frame), np.int32), row, at, [source]), entry
