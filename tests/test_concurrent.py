"""Posts that a row names in passing: concurrent posts in a cell or a title, superiors in forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orgaudit as package

from .conftest import DATA

HEADER = ["工号", "姓名", "部门", "岗位", "直接上级", "兼任岗位"]
ROWS = [
    ["01", "陈国栋", "总经办", "总经理", None, None],
    ["02", "林晓梅", "总经办", "副总经理兼销售部经理", "总经理", None],
    ["03", "王志强", "销售部", "销售员", "销售部经理", "安全员；工会主席"],
    ["04", "赵敏", "销售部", "销售主管", "副总经理兼销售部经理", "无"],
    ["05", "孙丽华", "财务部", "会计（兼出纳）", "总经理", None],
    ["06", "周海涛", "财务部", "兼职会计", "会计", None],
]


def chart(path: Path) -> dict[str, tuple[str | None, str | None]]:
    """Title → (name of who holds it, title of the superior)."""
    org = package.audit([path]).org
    names = [*org.persons["name"], None]
    titles = org.titles.tolist()
    return {
        title: (names[person], titles[above] if above >= 0 else None)
        for title, person, above in zip(titles, org.seats["person"], org.parent, strict=True)
    }


def test_concurrent_posts_become_seats_of_the_person(workbook: Callable[..., Path]) -> None:
    assert chart(workbook({"花名册": [HEADER, *ROWS]})) == {
        "总经理": ("陈国栋", None),
        "副总经理": ("林晓梅", "总经理"),
        "销售部经理": ("林晓梅", "总经理"),
        "销售员": ("王志强", "销售部经理"),
        "安全员": ("王志强", "销售部经理"),
        "工会主席": ("王志强", "销售部经理"),
        "销售主管": ("赵敏", "副总经理"),
        "会计": ("孙丽华", "总经理"),
        "出纳": ("孙丽华", "总经理"),
        "兼职会计": ("周海涛", "会计"),
    }


def test_concurrent_posts_are_no_heads_and_no_findings(
    orgaudit: Callable[..., Any], workbook: Callable[..., Path]
) -> None:
    run = orgaudit("audit", workbook({"花名册": [HEADER, *ROWS]}), "--format", "json", "--select", "SUP,DAT,RDY-02")
    assert run.code == 0
    assert run.audit["organization"]["seats"] == 6
    assert run.audit["organization"]["persons"] == 6
    assert run.audit["inputs"][0]["used"] == 6
    assert run.audit["findings"] == []
    assert sum(run.audit["readiness"]["gates"][0][state] for state in ("ready", "conditional", "not_ready")) in (0, 6)


def test_superiors_in_forms_are_positions(orgaudit: Callable[..., Any]) -> None:
    run = orgaudit("audit", DATA / "exports" / "job_descriptions.xlsx", "--format", "json", "--select", "SUP,DAT")
    assert run.audit["organization"]["positions"] == 3
    found = [(finding["code"], finding["subjects"][0]["name"]) for finding in run.audit["findings"]]
    assert found == [("SUP-01", "出纳")]
