"""Files as systems write them and people fill them in, against what is known to be in them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import orgaudit
from orgaudit.auditing import Audit
from orgaudit.organization import Status
from orgaudit.reading import values

from .conftest import DATA

TRUTH: dict[str, Any] = json.loads((DATA / "exports" / "truth.json").read_text("utf-8"))
CHARTS = [name for name, truth in TRUTH.items() if truth.get("table") == "people" and name != "wecom_members.csv"]
AS_OF = date(2026, 11, 1)


def audited(name: str) -> Audit:
    return orgaudit.audit(DATA / "exports" / name, as_of=AS_OF)


def _key(audit: Audit, seat: int) -> str:
    """A person's key as the truth file gives it: the id, else the name."""
    row = audit.org.persons.iloc[int(audit.org.seats["person"].iat[seat])]
    return str(row["employee_id"] if isinstance(row["employee_id"], str) else row["name"])


def _normal(text: str) -> str:
    return text.translate(str.maketrans("０１２３４５６７８９", "0123456789")).replace("\u3000", "")


@pytest.mark.parametrize("name", CHARTS)
def test_people_departments_and_roots(name: str) -> None:
    truth, audit = TRUTH[name], audited(name)
    org = audit.org
    gone = int(np.isin(org.aside, ["left", "inactive"]).sum())
    assert len(org.persons) + gone == truth["people"]
    assert len(org.persons) == truth.get("people_active", truth["people"])
    assert len(org.departments) == truth["departments"]
    tops = np.flatnonzero((org.blank_superior | org.root_marked) & ~org.in_loop)
    assert sorted(_normal(_key(audit, seat)) for seat in tops) == sorted(truth["roots"])


@pytest.mark.parametrize("name", CHARTS)
def test_superiors(name: str) -> None:
    truth, audit = TRUTH[name], audited(name)
    org = audit.org
    solid = org.solid

    def people(status: int) -> list[str]:
        return sorted(_normal(_key(audit, int(seat))) for seat in solid["seat"][(solid["status"] == status).to_numpy()])

    assert people(Status.UNKNOWN) == sorted(item["person"] for item in truth["dangling"])
    assert people(Status.AMBIGUOUS) == sorted(item["person"] for item in truth.get("ambiguous_manager", []))
    assert people(Status.LEFT) + people(Status.INACTIVE) == sorted(
        item["person"] for item in truth.get("inactive_manager", [])
    )
    several = {}
    for seat, lines in solid[(solid["status"] == Status.FOUND).to_numpy()].groupby("seat"):
        if lines["position"].nunique() > 1:
            several[_normal(_key(audit, seat))] = sorted(
                _normal(_key(audit, int(target))) for target in lines["target"]
            )
    assert several == {person: sorted(above) for person, above in truth["multi_superior"].items()}
    loops = [sorted(_key(audit, seat) for seat in loop) for loop in org.loops]
    assert loops == [sorted(loop) for loop in truth["cycles"]]
    vacant = [finding for finding in audit.findings if finding.code == "SUP-09"]
    assert len(vacant) == len(truth.get("reports_to_vacant", []))


def test_dotted_lines_are_no_superiors() -> None:
    audit = audited("successfactors_udf.csv")
    found: dict[str, list[str]] = {}
    for seat, target in zip(audit.org.dotted["seat"], audit.org.dotted["target"], strict=True):
        found.setdefault(_key(audit, seat), []).append(_key(audit, target))
    assert found == TRUTH["successfactors_udf.csv"]["dotted"]


def test_two_incumbents_of_one_superior_position_are_not_two_superiors() -> None:
    audit = audited("peoplesoft_query.xlsx")
    codes = [finding.code for finding in audit.findings]
    assert "SUP-01" not in codes
    shared = [finding for finding in audit.findings if finding.code == "RDY-02" and finding.cause is None]
    assert len(shared) == 1
    assert len(shared[0].seats) == 1


def test_superiors_follow_from_flags_of_department_heads() -> None:
    folder, truth = DATA / "exports", TRUTH["wecom_members.csv"]
    audit = orgaudit.audit([folder / "wecom_members.csv", folder / "wecom_departments.csv"], as_of=AS_OF)
    org = audit.org
    assert org.derived_superiors
    assert len(org.persons) == truth["people_active"]
    assert len(org.departments) == TRUTH["wecom_departments.csv"]["departments"]
    unknown = org.links["posts", "department"]
    assert unknown.text[unknown.status == Status.UNKNOWN].tolist() == ["99"]
    above: dict[str, list[str]] = {}
    for seat, target in zip(org.solid["seat"], org.solid["target"], strict=True):
        above.setdefault(_key(audit, int(seat)), []).append(_key(audit, int(target)))
    several = {person: sorted(heads) for person, heads in above.items() if len(heads) > 1}
    assert several == {person: sorted(heads) for person, heads in truth["joint_truth"]["multi_superior"].items()}
    tops = np.flatnonzero(org.blank_superior & ~org.in_loop)
    assert sorted(_key(audit, int(seat)) for seat in tops) == sorted(truth["joint_truth"]["roots"])
    run = next(run for code, run in audit.runs.items() if code == "SUP-01")
    assert run.status == "fail"  # derived superiors are judged like given ones


def test_forms_of_positions() -> None:
    truth = TRUTH["job_descriptions.xlsx"]
    review = orgaudit.read(DATA / "exports" / "job_descriptions.xlsx")
    posts = review.tables["posts"].frame.set_index("title")
    assert len(posts) == truth["positions"]
    assert len(review.tables["duties"]) == truth["responsibilities"]
    assert {title: int(text) for title, text in posts["headcount"].items()} == truth["headcount"]
    assert {t: values.split(text) for t, text in posts["superior"].items()} == (
        truth["position_superior"] | truth["multi_superior"]
    )


def test_responsibility_matrix() -> None:
    truth, audit = TRUTH["raci_matrix.xlsx"], audited("raci_matrix.xlsx")
    by_code: dict[str, list[str]] = {}
    for finding in audit.findings:
        by_code.setdefault(finding.code, []).append(finding.subjects[0].name)
    assert sorted(by_code["DUT-07"]) == sorted([*truth["no_A"], *truth["two_A"]])
    assert by_code["DUT-08"] == truth["no_R"]
    roles = audit.org.work.duties[list("raci")].to_numpy().sum()
    assert roles == truth["assignments"]


def test_overlaps_in_a_table_of_functions() -> None:
    audit = audited("dept_duties.xlsx")
    found = {}
    for finding in audit.findings:
        if finding.code == "DUT-01":
            text = finding.evidence[0].cell.value or ""
            found[text] = sorted(subject.name for subject in finding.subjects if subject.kind == "department")
    assert found == {duty: sorted(both) for duty, both in TRUTH["dept_duties.xlsx"]["overlaps"].items()}


def test_authority_matrix_reads_symbols_and_bands() -> None:
    truth = TRUTH["authority_symbols.xlsx"]
    review = orgaudit.read(DATA / "exports" / "authority_symbols.xlsx")
    table = review.tables["authorities"]
    final = table.frame[(table.frame["power"] == "approve").to_numpy()]
    rows = sorted({int(row) for row in table.row})
    number = {row: str(i + 1) for i, row in enumerate(rows)}
    approvers: dict[str, list[str]] = {}
    for i, position in zip(final.index, final["position"], strict=True):
        approvers.setdefault(number[int(table.row[i])], []).append(position)
    assert {key: names[0] for key, names in approvers.items() if len(names) == 1} == truth["final_approver"]
    assert [key for key, names in approvers.items() if len(names) > 1] == truth["two_final"]
    assert [key for key in number.values() if key not in approvers] == truth["no_final"]


def test_indicator_weights() -> None:
    audit = audited("kpi_library.xlsx")
    frame = audit.org.work.indicators
    sums = {_normal(str(name)): round(float(part["weight"].sum())) for name, part in frame.groupby("bearer")}
    assert sums == TRUTH["kpi_library.xlsx"]["weight_sum"]


def test_every_row_is_accounted_for() -> None:
    for path in sorted((DATA / "exports").glob("*.*")):
        if path.suffix == ".json":
            continue
        review = orgaudit.read(path)
        for entry in review.ledger:
            assert entry.rows == entry.used + sum(entry.set_aside.values()) + len(entry.rejected), path.name


@pytest.mark.parametrize("name", ["healthy-zh.xlsx", "healthy-en.xlsx"])
def test_a_healthy_review_has_no_finding_of_medium_or_above(name: str) -> None:
    audit = orgaudit.audit(DATA / "review" / name, as_of=AS_OF)
    assert [
        finding.message["en"] for finding in audit.findings if finding.severity in ("blocker", "high", "medium")
    ] == []
    open_ = {code for code, run in audit.runs.items() if run.status not in ("pass", "fail")}
    assert open_ == {"OBE-05", "OBE-06", "RDY-07", "RDY-08"}  # too few orders; no policy, no calendar
    assert audit.gates.states[1] == audit.gates.states[2] == {"ready": 65}


def test_published_organograms(examples: Path) -> None:
    truth = json.loads((examples / "real" / "truth.json").read_text("utf-8"))
    for name, records, vacant in (("uk-cabinet-office-2013-senior.csv", 278, 12), ("uk-des-2013-senior.csv", 136, 0)):
        known = truth[name]["normalised"]
        org = orgaudit.audit(examples / "real" / name, as_of=AS_OF).org
        assert org.n == records == known["records"]
        assert int(org.vacant.sum()) == vacant == known["vacant_records"]
        assert org.layers == known["max_depth_levels"]
        assert int(org.reports.max()) == known["max_span"]
        assert int((org.reports > 0).sum()) == known["managers"]
        assert not org.unresolved.any()
        assert not org.loops
    assert org.repairs > 0  # the second file lost the zeros of its ids


def test_a_published_table_without_header(examples: Path, tmp_path: Path) -> None:
    truth = json.loads((examples / "real" / "truth.json").read_text("utf-8"))["adventureworks-employees.csv"]
    mapping = tmp_path / "mapping.toml"
    columns = {
        "employee_id": "B",
        "superior": "C",
        "first_name": "G",
        "last_name": "H",
        "title": "K",
        "department": "AB",
    }
    lines = [f'{name} = "{column}"' for name, column in columns.items()]
    head = ["[[sheets]]", 'table = "posts"', 'file = "adventureworks*"', "header = false", "[sheets.columns]"]
    mapping.write_text("\n".join(head + lines), "utf-8")
    review = orgaudit.read(examples / "real" / "adventureworks-employees.csv", mapping=mapping)
    org = orgaudit.audit(review, as_of=AS_OF).org
    known = truth["by_surrogate_key"]
    assert org.n == known["records"]
    assert int((org.reports > 0).sum()) == known["managers"]
    assert int(org.reports.max()) == known["max_span"]
    assert org.layers == known["max_depth_levels"]
    assert not org.unresolved.any()
    assert set(org.departments["name"]) == set(truth["departments"])


def test_a_published_responsibility_matrix(examples: Path) -> None:
    truth = json.loads((examples / "real" / "truth.json").read_text("utf-8"))["packt-raci.xlsx"]
    audit = orgaudit.audit(examples / "real" / "packt-raci.xlsx", as_of=AS_OF)
    duties = audit.org.work.duties
    assert {letter.upper(): int(duties[letter].sum()) for letter in "raci"} == truth["letters"]
    by_code: dict[str, list[str]] = {}
    for finding in audit.findings:
        by_code.setdefault(finding.code, []).append(finding.subjects[0].name)
    assert by_code.get("DUT-07", []) == truth["no_A"] + truth["many_A"]
    assert sorted(by_code["DUT-08"]) == sorted(truth["no_R"])


def test_every_example_runs_without_a_traceback(examples: Path, orgaudit: Any) -> None:
    for path in sorted((examples / "real").glob("*.*")):
        if path.suffix == ".json":
            continue
        run = orgaudit("audit", path, "--format", "json", "--force")
        assert "Traceback" not in run.stderr
        assert run.code in (0, 2), (path.name, run.stderr)
        if run.code == 2:
            assert len(run.stderr.strip().splitlines()) == 2
