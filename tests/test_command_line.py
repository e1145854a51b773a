"""The command line as a contract: outputs, exit codes, messages, what is never overwritten and never shown."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orgaudit import catalog

from .conftest import DATA, SAMPLES

HEALTHY = DATA / "review" / "healthy-en.xlsx"
ROSTER = DATA / "exports" / "bamboohr.csv"


def test_audit_json_is_valid(orgaudit: Callable[..., Any]) -> None:
    checker = jsonschema.Draft202012Validator(
        catalog.json_file("audit.schema"), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    for source in (
        SAMPLES / "garden-machinery-zh",
        SAMPLES / "marketing-zh",
        DATA / "exports" / "raci_matrix.xlsx",
        ROSTER,
    ):
        run = orgaudit("audit", source, "--format", "json")
        assert run.code == 0, run.stderr
        checker.validate(run.audit)
        ids = [finding["id"] for finding in run.audit["findings"]]
        assert len(ids) == len(set(ids))
        assert all(finding["cause"] in {None, *ids} for finding in run.audit["findings"])


def test_the_folder_holds_what_was_asked_for(orgaudit: Callable[..., Any]) -> None:
    run = orgaudit("audit", HEALTHY)
    assert run.code == 0
    names = {path.name for path in run.out.iterdir()}
    assert names == {"audit.json", "index.html", "jobs", "manifest.json"}
    assert len(list((run.out / "jobs").glob("*.html"))) > 30
    assert stat.S_IMODE(run.out.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in run.out.rglob("*") if path.is_file())
    assert not list(run.out.parent.glob(".orgaudit-*"))
    only = orgaudit("audit", HEALTHY, "--format", "json")
    assert {path.name for path in only.out.iterdir()} == {"audit.json", "manifest.json"}


def test_same_input_same_bytes(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    first = orgaudit("audit", SAMPLES / "marketing-zh", out=tmp_path / "a", env={"PYTHONHASHSEED": "1"})
    second = orgaudit(
        "audit", SAMPLES / "marketing-zh", out=tmp_path / "b", env={"PYTHONHASHSEED": "2", "TZ": "Asia/Shanghai"}
    )
    files = sorted(path.relative_to(first.out) for path in first.out.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second.out) for path in second.out.rglob("*") if path.is_file())
    assert all((first.out / name).read_bytes() == (second.out / name).read_bytes() for name in files)


def test_edited_files_are_kept(orgaudit: Callable[..., Any]) -> None:
    run = orgaudit("audit", HEALTHY)
    page = sorted((run.out / "jobs").glob("*.html"))[0]
    page.write_text("my own words", "utf-8")
    (run.out / "my notes.txt").write_text("mine", "utf-8")
    again = orgaudit("audit", HEALTHY)
    assert again.code == 0
    assert page.read_text("utf-8") != "my own words"
    kept = list((run.out / "kept").rglob(page.name))
    assert [path.read_text("utf-8") for path in kept] == ["my own words"]
    assert page.name in again.stdout
    assert (run.out / "my notes.txt").read_text("utf-8") == "mine"


def test_a_foreign_folder_is_not_replaced(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_bytes(b"years of work")
    run = orgaudit("audit", ROSTER)
    assert run.code == 3
    assert [path.name for path in out.iterdir()] == ["thesis.docx"]
    forced = orgaudit("audit", ROSTER, "--force")
    assert forced.code == 0
    assert (out / "thesis.docx").read_bytes() == b"years of work"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("photo.xlsx", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not a spreadsheet"),
        ("empty.csv", b"", "empty"),
        ("empty.xlsx", b"", "empty"),
        ("bom.csv", b"\xef\xbb\xbf", "empty"),
        ("prose.csv", b"Dear all,\nplease find attached\nthe usual\n", "No row looks like a table header"),
        ("page.xlsx", b"<html><p>Name</p></html>", "web page"),
        ("table.xls", b"<html><table><tr><td>Name</td></tr></table></html>", "No row looks like a table header"),
        ("letter.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "not a spreadsheet"),
    ],
)
def test_what_cannot_be_read_gets_two_lines(
    orgaudit: Callable[..., Any], tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    run = orgaudit("audit", path, "--lang", "en")
    assert run.code == 2
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(name)
    assert says in lines[0]
    assert not run.out.exists()


def test_a_bomb_is_refused_by_its_limit(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<c/>" * 20_000_000)
    run = orgaudit("audit", path, "--lang", "en")
    assert run.code == 4
    assert "the limit is 200" in run.stderr


def test_one_bad_file_does_not_stop_the_others(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 and nothing more")
    run = orgaudit("audit", ROSTER, broken)
    assert run.code == 5
    assert "broken.xlsx" in run.stderr
    assert (run.out / "audit.json").exists()


def test_fail_on(orgaudit: Callable[..., Any]) -> None:
    assert orgaudit("audit", ROSTER, "--fail-on", "blocker", "--format", "json").code == 1
    assert orgaudit("audit", HEALTHY, "--fail-on", "medium", "--format", "json").code == 0


def test_select_and_ignore(orgaudit: Callable[..., Any]) -> None:
    def enabled(run: Any) -> set[str]:
        return {check["code"] for check in run.audit["checks"] if check["status"] != "disabled"}

    assert enabled(orgaudit("audit", ROSTER, "--select", "SUP,DAT-01", "--ignore", "SUP-07", "--format", "json")) == {
        "SUP-01", "SUP-02", "SUP-03", "SUP-04", "SUP-05", "SUP-06", "SUP-08", "SUP-09", "SUP-10", "DAT-01",
    }  # fmt: skip
    wrong = orgaudit("audit", ROSTER, "--select", "SUP-99", "--lang", "en")
    assert wrong.code == 2
    assert "SUP-99" in wrong.stderr


def test_names_are_hidden_by_default(orgaudit: Callable[..., Any]) -> None:
    run = orgaudit("audit", ROSTER)
    page = (run.out / "index.html").read_text("utf-8")
    everything = (
        page + "".join(path.read_text("utf-8") for path in (run.out / "jobs").glob("*.html")) + run.stdout + run.stderr
    )
    for person in ("Holloway", "Okafor", "Fischer", "margaret.holloway@northbridge.example"):
        assert person not in everything
    shown = orgaudit("audit", ROSTER, "--names")
    assert "Holloway" in (shown.out / "index.html").read_text("utf-8")
    assert "Holloway" not in shown.stdout


def test_pseudonyms(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    source = tmp_path / "people.csv"
    source.write_bytes(ROSTER.read_bytes())
    run = orgaudit("audit", source, "--anonymize")
    assert run.code == 0
    key = tmp_path / "orgaudit.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for path in run.out.rglob("*.*"):
        text = path.read_text("utf-8")
        for canary in (
            "Holloway",
            "Okafor",
            "Fischer",
            "Dubois",
            "northbridge.example",
            key.read_text("ascii").strip(),
        ):
            assert canary not in text, path.name
    plain = orgaudit("audit", ROSTER, "--format", "json", out=tmp_path / "plain")
    found = [(finding["code"], finding["evidence"][0]["row"]) for finding in plain.audit["findings"]]
    assert [(finding["code"], finding["evidence"][0]["row"]) for finding in run.audit["findings"]] == found
    again = orgaudit("audit", source, "--anonymize", out=tmp_path / "again")
    assert again.audit["findings"] == run.audit["findings"]


def test_configuration(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    source = tmp_path / "people.csv"
    source.write_bytes(ROSTER.read_bytes())
    config = tmp_path / "orgaudit.toml"
    config.write_text(
        '[organisation]\nname = "x"\n[checks.CHN-05]\nspam = 3\n[checks.SUP-2]\nenabled = true\n', "utf-8"
    )
    run = orgaudit("audit", source, "--lang", "en")
    assert run.code == 2
    assert "organization" in run.stderr
    assert "span" in run.stderr
    assert "SUP-02" in run.stderr
    config.write_text('[organization]\nexternal_superiors = ["Fischer, Anna"]\n[checks.CHN-05]\nspan = 2\n', "utf-8")
    run = orgaudit("audit", source, "--format", "json")
    assert run.code == 0
    codes = [finding["code"] for finding in run.audit["findings"]]
    assert "CHN-05" in codes
    assert "DAT-01" not in codes


def test_several_files_are_one_review(orgaudit: Callable[..., Any]) -> None:
    exports = DATA / "exports"
    run = orgaudit(
        "audit",
        exports / "hand_roster.xlsx",
        exports / "dept_duties.xlsx",
        exports / "kpi_library.xlsx",
        "--format",
        "json",
    )
    assert run.code == 0
    assert {entry["table"] for entry in run.audit["inputs"]} == {"posts", "duties", "indicators", None}
    assert any(finding["code"] == "SUP-07" for finding in run.audit["findings"])


def test_inspect_checks_and_explain(orgaudit: Callable[..., Any]) -> None:
    told = orgaudit("inspect", DATA / "exports" / "workday_orgchart.xlsx", "--lang", "en")
    assert told.code == 0
    assert "header in row 4" in told.stdout
    assert "Superior [superior] ← Reports To" in told.stdout
    listed = orgaudit("checks", "--principle", "sup", "--lang", "zh")
    assert "SUP-01" in listed.stdout
    assert "AUT-01" not in listed.stdout
    explained = orgaudit("explain", "sup-01", "--lang", "zh")
    assert "多个直接上级" in explained.stdout
    wrong = orgaudit("explain", "SUP-O1", "--lang", "en")
    assert wrong.code == 2
    assert "SUP-01?" in wrong.stderr


def test_start_up_loads_nothing_heavy() -> None:
    code = "import sys; from orgaudit.cli import main\n"
    code += "try: main(['--version'])\nexcept SystemExit: pass\nprint(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout
    for heavy in ("pandas", "numpy", "scipy", "openpyxl", "networkx", "jinja2", "pyarrow", "fastexcel"):
        assert f"'{heavy}'" not in loaded


def test_pipe_is_plain(orgaudit: Callable[..., Any]) -> None:
    run = orgaudit("audit", ROSTER, "--format", "json")
    assert "\x1b" not in run.stdout + run.stderr
    assert run.stderr == ""
    assert orgaudit("audit", ROSTER, "--format", "json", "-q").stdout == ""


def test_input_is_never_changed(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    source = tmp_path / "people.csv"
    source.write_bytes(ROSTER.read_bytes())
    orgaudit("audit", source)
    assert source.read_bytes() == ROSTER.read_bytes()
    assert json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["tool"] == "orgaudit"


def test_waivers_and_position_aliases_of_the_configuration(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        "Position ID,Position,Department,Superior,Name\n"
        "P1,General manager,Office,,Ann\nP2,Clerk,Office,Boss,Bob\nP3,Cook,Office,,Cid\n",
        "utf-8",
    )
    (tmp_path / "orgaudit.toml").write_text(
        '[aliases.positions]\n"General manager" = ["Boss"]\n'
        '[[waivers]]\ncode = "SUP-02"\nsubject = "P3"\ncontrol = "weekly review"\nowner = "P1"\nexpires = "2027-01-01"\n'
        '[[waivers]]\ncode = "SUP-02"\nsubject = "P9"\ncontrol = "none needed"\nowner = "P1"\n',
        "utf-8",
    )
    run = orgaudit("audit", tmp_path / "people.csv", "--format", "json")
    found = {finding["code"]: finding["status"] for finding in run.audit["findings"]}
    assert found["SUP-02"] == "waived"
    assert "DAT-01" not in found
    assert "waivers_unused" in {note["key"] for note in run.audit["notes"]}
