"""Responsibility, authority and indicator tables in the layouts people draw them in, against what is known to be in them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

import orgaudit
from orgaudit import pipeline
from orgaudit.reading import files, values
from orgaudit.table import Table

from .conftest import DATA

FOLDER = DATA / "tables"
TRUTH: dict[str, Any] = json.loads((FOLDER / "truth.json").read_text("utf-8"))


def read(name: str, kind: str) -> Table:
    review = orgaudit.read(FOLDER / name)
    for entry in review.ledger:
        assert entry.rows == entry.used + sum(entry.set_aside.values()) + len(entry.rejected)
    return review.tables[kind]


def rows_of(table: Table) -> dict[int, Any]:
    return dict(enumerate(sorted({int(row) for row in table.row}), start=1))


def test_functions_in_three_levels_and_wildcards() -> None:
    table = read("16_function_breakdown.xlsx", "duties")
    truth = TRUTH["16_function_breakdown.xlsx"]["sheets"]
    assert len(table) == sum(sheet["responsibilities"] for sheet in truth.values())
    functions = dict(zip(table.frame["statement"], table.frame["function"], strict=True))
    assert {duty: functions[duty] for duty in truth["采购部"]["function_of"]} == truth["采购部"]["function_of"]


def test_forms_give_posts_duties_rights_and_indicators() -> None:
    name, truth = "17_job_descriptions_rich.xlsx", TRUTH["17_job_descriptions_rich.xlsx"]
    posts, duties = read(name, "posts").frame.set_index("title"), read(name, "duties").frame
    assert list(posts.index) == truth["position_names"]
    assert posts["position_id"].to_dict() == truth["position_ids"]
    assert posts["purpose"].to_dict() == truth["purpose"]
    assert {key: int(text) for key, text in posts["headcount"].items()} == truth["headcount"]
    superiors = {key: values.split(text) for key, text in posts["superior"].items()}
    assert superiors == truth["position_superior"] | truth["multi_superior"]
    assert {key: part["statement"].tolist() for key, part in duties.groupby("position", sort=False)} == truth["duties"]
    assert {k: [values.number(t) for t in p["share"]] for k, p in duties.groupby("position", sort=False)} == truth[
        "duty_weight_pct"
    ]
    rights = read(name, "authorities").frame.groupby("position", sort=False)["matter"].apply(list).to_dict()
    assert rights == {key: texts for key, texts in truth["authority_texts"].items() if texts}
    indicators = read(name, "indicators").frame
    found = {
        key: [[r.indicator, values.number(r.weight), r.data_provider] for r in part.itertuples()]
        for key, part in indicators.groupby("bearer", sort=False)
    }
    assert found == truth["indicators"]


def test_a_form_keeps_the_cells_of_what_it_says() -> None:
    duties = read("17_job_descriptions_rich.xlsx", "duties")
    cell = duties.cell(0, "statement")
    assert (cell.sheet, cell.row, cell.column, cell.value) == ("财务总监", 9, "B", "组织编制年度财务预算")


def _final(table: Table, power: str = "approve") -> dict[str, list[str]]:
    number = {row: str(n) for n, row in rows_of(table).items()}
    found: dict[str, list[str]] = {}
    for i in np.flatnonzero(table.frame["power"].str.contains(power, na=False)):
        found.setdefault(number[int(table.row[i])], []).append(str(table.value(int(i), "position")))
    return found


def test_approvals_in_numbered_order_with_bands_beside() -> None:
    truth, table = TRUTH["18_approval_overview.xlsx"], read("18_approval_overview.xlsx", "authorities")
    assert len(table) == truth["assignments"]
    powers = Counter(table.frame["power"])
    assert powers == {
        "review": truth["by_power"]["审核"],
        "approve": truth["by_power"]["审批"] + truth["by_power"]["核准"],
    }
    bands = {
        f"{matter}|{text}": [low, None if high == np.inf else high]
        for matter, text in zip(table.frame["matter"], table.frame["limit_to"], strict=True)
        if isinstance(text, str)
        for low, high in [values.band(text) or (-1, -1)]
    }
    assert bands == truth["limits"]


def test_departments_and_positions_side_by_side() -> None:
    truth, table = TRUTH["19_shiquan.xlsx"], read("19_shiquan.xlsx", "authorities")
    assert set(table.frame["position"]) <= set(truth["columns"])
    powers = Counter(power for text in table.frame["power"].dropna() for power in text.split("/"))
    assert powers == {
        "propose": truth["by_power"]["发起"],
        "review": truth["by_power"]["审核"],
        "approve": truth["by_power"]["批准"],
    }
    final = _final(table)
    assert [key for key, names in final.items() if len(names) > 1] == [str(n) for n in truth["two_final"]] or truth[
        "two_final"
    ]


def test_stages_as_columns_and_who_acts_in_the_cells() -> None:
    truth, table = TRUTH["20_internal_control_guide.xlsx"], read("20_internal_control_guide.xlsx", "authorities")
    named: Counter[str] = Counter()
    for power, text in zip(table.frame["power"], table.frame["position"], strict=True):
        named["record" if power == "inform" else power] += len(values.split(text))
    assert named == truth["by_power"]
    assert set(table.frame["matter"]) == set(truth["powers"])


def test_amounts_in_the_cells_of_a_delegation_matrix() -> None:
    truth, table = TRUTH["21_doa_matrix_en.xlsx"], read("21_doa_matrix_en.xlsx", "authorities")
    assert len(table) == truth["assignments"]
    limits: dict[str, dict[str, list[float | None]]] = {}
    for i in range(len(table)):
        text = table.value(i, "limit_to")
        band = values.band(text) if text else None
        if band:
            low, high = band
            limits.setdefault(str(table.value(i, "matter")), {})[str(table.value(i, "position"))] = [
                low,
                None if high == np.inf else high,
            ]
    limits.pop("Price discounts (%)")  # shares, with an unlimited one among them
    assert limits == truth["limits"]


def test_letters_of_a_responsibility_matrix() -> None:
    truth, table = TRUTH["22_raci_en.xlsx"], read("22_raci_en.xlsx", "duties")
    letters = Counter(letter for text in table.frame["role"].dropna() for letter in text.split("/"))
    assert letters == truth["by_role"]
    assert len(rows_of(table)) == truth["activities"]


def test_symbols_with_their_words_beside_them() -> None:
    truth, table = TRUTH["23_duty_matrix_symbols.xlsx"], read("23_duty_matrix_symbols.xlsx", "duties")
    roles = Counter(table.frame["role"].dropna())
    assert roles == {"A": truth["by_role"]["主责"], "S": truth["by_role"]["配合"], "I": truth["by_role"]["知会"]}
    assert len(rows_of(table)) == truth["activities"]


def test_indicators_of_departments() -> None:
    truth, table = TRUTH["24_dept_kpi.xlsx"], read("24_dept_kpi.xlsx", "indicators")
    assert len(table) == truth["kpis"]
    assert table.frame["bearer"].nunique() == truth["owners"]


def test_ticks_of_the_self_check_in_every_spelling() -> None:
    truth, table = TRUTH["25a_sod_selfcheck.xlsx"], read("25a_sod_selfcheck.xlsx", "sensitive_duties")
    held = table.frame.groupby("position", sort=False)["duty"].apply(list).to_dict()
    assert held == {position: duties for position, duties in truth["holdings"].items() if duties}


def test_pairs_of_incompatible_duties() -> None:
    assert len(read("25b_sod_pairs.xlsx", "incompatible_duties")) == TRUTH["25b_sod_pairs.xlsx"]["pair_count"]


def test_amounts_in_ten_thousands() -> None:
    truth = TRUTH["26_authority_wan.xlsx"]
    review = orgaudit.read(FOLDER / "26_authority_wan.xlsx")
    table = review.tables["authorities"]
    number = {row: str(n) for n, row in rows_of(table).items()}
    org = pipeline.inspect(review, as_of=date(2026, 11, 1))
    assert not len(org.seats)
    low, high = org.work._bands(table.text("limit_from"), table.text("limit_to"), table.text("amount_unit"))
    found = {
        number[int(table.row[i])]: [low[i], None if high[i] == np.inf else high[i]]
        for i in range(len(table))
        if table.value(i, "limit_to")
    }
    assert found == truth["limits"]
    assert {key: names[0] for key, names in _final(table).items() if len(names) == 1} == truth["final_approver"]


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("5万以下", (0, 50_000)), ("50,001～200,000", (50_001, 200_000)), ("50k", (0, 50_000)), ("up to 1m", (0, 1e6)),
        (">1m", (1e6, np.inf)), ("50万-200万", (5e5, 2e6)), ("①1,000元以下", (0, 1000)), ("RMB 100,000", (0, 1e5)),
        ("Unlimited", (0, np.inf)), ("10万以上", (1e5, np.inf)), ("15%", None), ("≤50000", (0, 50_000)), ("1.0E+05", (0, 1e5)),
        ("1.234,50", (0, 1234.5)), ("3000元-1万元", (3000, 10_000)),
    ],
)  # fmt: skip
def test_amounts(text: str, band: tuple[float, float] | None) -> None:
    assert values.band(text) == band


@pytest.mark.parametrize(
    "path",
    sorted([*(DATA / "exports").glob("*.xlsx"), *(DATA / "review").glob("*.xlsx"), *FOLDER.glob("*.xlsx"),
            *(DATA / "systems").glob("*.xlsx")]),
    ids=lambda path: path.name,
)  # fmt: skip
def test_two_readers_agree(path: Path) -> None:
    """The fast reader gives every cell that openpyxl gives, at the same place and with the same value."""
    book = openpyxl.load_workbook(path, data_only=True)
    for grid in files.grids(path):
        for row in book[grid.sheet].iter_rows():
            for cell in row:
                inside = cell.row <= grid.height and cell.column <= grid.width
                text = grid.cells.iat[cell.row - 1, cell.column - 1] if inside else None
                ours = text.strip() if isinstance(text, str) and text.strip() else None
                assert ours == _spoken(cell.value), f"{grid.sheet}!{cell.coordinate}"


def _spoken(value: object) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip().replace("\r\n", "\n")
