"""orgaudit.toml: what it changes, what `config` prints, and all mistakes at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROSTER = [
    ["Employee ID", "Name", "Position", "Department", "Superior"],
    ["1", "Ada Holt", "Managing director", "Management", None],
    *[[str(n), f"Person {chr(64 + n)}", f"Planner {n}", "Planning", "1"] for n in range(2, 15)],
]


def test_config_prints_every_setting_with_its_source(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "orgaudit.toml"
    path.write_text("[checks.CHN-05]\nspan = 12\n[matrix]\nproject_share = 0.6\n[policy]\nappeal_days = 7\n", "utf-8")
    told = orgaudit("config", "--config", path, "--lang", "en")
    assert told.code == 0
    assert "span = 12  # orgaudit.toml; default 15" in told.stdout
    assert "project_share = 60  # orgaudit.toml" in told.stdout
    assert "frontline = 25  # default" in told.stdout
    assert "# [" not in told.stdout.replace("# [policy]", "")
    again = tomllib.loads(told.stdout)
    assert again["checks"]["CHN-05"]["span"] == 12
    assert len(again["checks"]) == 83
    changed = orgaudit("config", "--config", path, "--changed", "--lang", "zh")
    assert "frontline" not in changed.stdout
    assert "默认值15" in changed.stdout


def test_what_config_prints_gives_the_same_audit(
    orgaudit: Callable[..., Any], workbook: Callable[..., Path], tmp_path: Path
) -> None:
    roster = workbook({"Posts": ROSTER})
    printed = tmp_path / "all.toml"
    printed.write_text(orgaudit("config", roster, "--lang", "en").stdout, "utf-8")
    plain, again = (
        orgaudit("audit", roster, "--format", "json", *more, out=tmp_path / name)
        for name, more in (("a", ()), ("b", ("--config", printed)))
    )
    assert plain.audit["findings"] == again.audit["findings"]


def test_thresholds_severities_and_switches(
    orgaudit: Callable[..., Any], workbook: Callable[..., Path], tmp_path: Path
) -> None:
    roster = workbook({"Posts": ROSTER})
    config = tmp_path / "orgaudit.toml"

    def codes(text: str) -> dict[str, str]:
        config.write_text(text, "utf-8")
        run = orgaudit("audit", roster, "--config", config, "--format", "json")
        assert run.code == 0, run.stderr
        return {f["code"]: f["severity"] for f in run.audit["findings"]}

    assert "CHN-05" not in codes("")
    assert codes("[checks.CHN-05]\nspan = 12\n")["CHN-05"] == "medium"
    assert codes('[checks.CHN-05]\nspan = 12\nseverity = "low"\n')["CHN-05"] == "low"
    assert "CHN-05" not in codes("[checks.CHN-05]\nspan = 12\nenabled = false\n")


def test_all_mistakes_at_once_with_the_nearest_name(orgaudit: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "orgaudit.toml"
    path.write_text(
        '[organisation]\nname = "x"\n[calendar]\nsign_of_deadline = "2026-01-01"\nreview_date = "soon"\n'
        '[checks.SUP-99]\nenabled = true\n[checks.CHN-05]\nspna = 3\nseverity = "huge"\n[policy]\nappeal_days = "seven"\n'
        '[[waivers]]\ncode = "SOD-O2"\nsubjekt = "x"\nexpires = "next year"\n',
        "utf-8",
    )
    told = orgaudit("config", "--config", path, "--lang", "en")
    assert told.code == 2
    for word in ("organisation", "organization", "sign_off_deadline", "review_date", "SUP-99", "span", "blocker / high",
                 "appeal_days", "waivers[1].subjekt", "subject", "waivers[1].code", "waivers[1].expires"):  # fmt: skip
        assert word in told.stderr, word


def test_waivers_of_the_configuration(
    orgaudit: Callable[..., Any], workbook: Callable[..., Path], tmp_path: Path
) -> None:
    roster = workbook({"Posts": ROSTER})
    config = tmp_path / "orgaudit.toml"
    waiver = '[checks.CHN-05]\nspan = 12\n[[waivers]]\ncode = "CHN-05"\nsubject = "Managing director"\n'
    waiver += 'owner = "Board"\n{}\nexpires = {}\n'

    def run(control: str, expires: str) -> tuple[str, set[str]]:
        config.write_text(waiver.format(control, expires), "utf-8")
        done = orgaudit("audit", roster, "--config", config, "--format", "json", "--as-of", "2026-11-01")
        wide = next(f for f in done.audit["findings"] if f["code"] == "CHN-05")
        return wide["status"], {f["code"] for f in done.audit["findings"]}

    assert run('control = "team leads from March"', "2027-03-01") == ("waived", {"CHN-05"})
    assert run('control = "team leads from March"', "2026-03-01") == ("open", {"CHN-05", "SOD-10"})
    assert run("", "2027-03-01") == ("open", {"CHN-05", "SOD-10"})


def test_voices_and_workforce_stand_beside_and_count_nothing(
    orgaudit: Callable[..., Any], workbook: Callable[..., Path]
) -> None:
    posts = [
        [*row, hired]
        for row, hired in zip(
            ROSTER, ["Hire Date", "2010-01-01", *["2025-09-01"] * 4, *["2016-05-01"] * 9], strict=True
        )
    ]
    posts[3][4] = "1; 2"
    sheets = {
        "Posts": posts,
        "Concerns": [["Department", "Kind", "Example"], ["Planning", "several bosses", "Two people give us orders"],
                     ["Planning", "cooperation", "Sales never answers"]],
        "Observations": [["Date", "Source", "Department", "Statement", "Principle"],
                         ["2026-10-01", "interview", "Planning", "Nobody knows who decides", "1"]],
    }  # fmt: skip
    run = orgaudit("audit", workbook(sheets), "--format", "json,html", "--as-of", "2026-11-01")
    several = next(f for f in run.audit["findings"] if f["code"] == "SUP-01")
    assert [voice["text"] for voice in several["voices"]] == ["Two people give us orders", "Nobody knows who decides"]
    planning = next(row for row in run.audit["organization"]["workforce"] if row["department"] == "Planning")
    assert planning == {
        "department": "Planning",
        "heads": 13,
        "median_tenure": 10.5,
        "under_two_years": 0.308,
        "vacant": 0,
        "left": 0,
    }
    top = next(row for row in run.audit["organization"]["workforce"] if row["department"] == "Management")
    assert top["median_tenure"] is None
    page = (run.out / "index.html").read_text("utf-8")
    assert "Nobody knows who decides" in page
