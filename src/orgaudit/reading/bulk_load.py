"""Bulk-load files of Oracle HCM (HDL): several blocks of lines, each with its own METADATA header, that speak of one
another by id → a sheet for assignments and one for reporting lines, completed with what the other blocks know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

_HEADER = re.compile(r"^METADATA(\W)", re.MULTILINE)
_READ = ("Assignment", "AssignmentSupervisor")  # blocks whose lines are rows of their own, the second below the first
_KEYS = ("AssignmentId", "PersonId")


@dataclass
class Block:
    """The lines under one METADATA header: ``lines`` are labeled with their line in the file, from 0."""

    name: str
    header: int
    lines: pd.DataFrame


def recognizes(text: str) -> bool:
    """Whether the first line that is neither a comment nor a setting is a METADATA header."""
    for line in text[:20_000].splitlines():
        if line.strip() and not re.match(r"(?:COMMENT|SET)\b", line.lstrip("\ufeff")):
            return bool(_HEADER.match(line))
    return False


def sheets(text: str) -> list[tuple[str | None, pd.DataFrame]]:
    """Cells by sheet; the sheet without a name holds the lines that only completed others.

    A file without any block that is read on its own gives all its lines as one sheet.
    """
    lines = text.splitlines()
    blocks = _blocks(lines)
    read = [block for block in blocks if block.name in _READ and len(block.lines)]
    if not read:
        return [(None, pd.DataFrame({0: pd.Series(lines, dtype="str")}))]
    known = [block for block in blocks if block not in read]
    found: list[tuple[str | None, pd.DataFrame]] = []
    seen: set[int] = set()
    for block in sorted(read, key=lambda block: _READ.index(block.name)):
        others = known + [other for other in read if _READ.index(other.name) < _READ.index(block.name)]
        completed = _complete(block, others)
        header = pd.DataFrame([completed.columns.tolist()], index=[block.header], columns=range(completed.shape[1]))
        body = completed.set_axis(range(completed.shape[1]), axis=1)
        found.append((block.name, pd.concat([header, body]).astype("str")))
        seen |= {block.header, *block.lines.index}
    rest = pd.Series({at: line for at, line in enumerate(lines) if at not in seen and line.strip()}, dtype="str")
    return [*found, (None, pd.DataFrame({0: rest}))] if len(rest) else found


def _blocks(lines: list[str]) -> list[Block]:
    blocks: list[Block] = []
    records: dict[int, list[str]] = {}
    names: list[str] = []

    def close(name: str, header: int) -> None:
        frame = pd.DataFrame.from_dict(records, orient="index", columns=range(len(names)), dtype="str")
        blocks.append(Block(name, header, frame.set_axis(names, axis=1).replace("", None)))

    begun: tuple[str, int] | None = None
    mark = "|"
    for at, line in enumerate(lines):
        if _HEADER.match(line):
            if begun:
                close(*begun)
            mark = line[len("METADATA")]
            _, name, *names = _cells(line, mark)
            names = [re.sub(r"\(.*\)$", "", text) for text in names]
            records, begun = {}, (name, at)
        elif begun and line.startswith(("MERGE" + mark, "INSERT" + mark)):
            _, name, *cells = _cells(line, mark)
            if name == begun[0]:
                records[at] = (cells + [""] * len(names))[: len(names)]
    if begun:
        close(*begun)
    return blocks


def _cells(line: str, mark: str) -> list[str]:
    """Fields of a line; a mark after a backslash is text."""
    return [text.replace("\\" + mark, mark).strip() for text in re.split(rf"(?<!\\){re.escape(mark)}", line)]


def _complete(block: Block, others: list[Block]) -> pd.DataFrame:
    """The block's lines with the columns of others that share a key; of several lines the one that begins last."""
    frame = block.lines
    for other in others:
        key = next((key for key in _KEYS if key in frame.columns and key in other.lines.columns), None)
        if key is None:
            continue
        side = other.lines
        if "EffectiveStartDate" in side.columns:
            side = side.sort_values("EffectiveStartDate", kind="stable")
        side = side.drop_duplicates(key, keep="last").set_index(key)
        new = [name for name in side.columns if name not in frame.columns and name not in _OWN]
        frame = frame.join(side[new], on=key)
    return frame


_OWN = {"EffectiveStartDate", "EffectiveEndDate", "ActionCode", "PersonNumber"}  # ids in references are the PersonId
