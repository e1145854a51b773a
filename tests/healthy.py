"""A company of 150 seats in which everything is in order, written as a review workbook in English or Chinese."""

from __future__ import annotations

from pathlib import Path

import openpyxl

# Department: name, kind, and per function: (function, duty of the department, position that takes it, its own words).
UNITS = {
    "en": [
        ("Sales", "business", "Sales", [
            ("Sales", "Win and keep customer contracts", "Win new customers in the region"),
            ("After-sales service", "Install and repair products", "Repair products at customers within two days")]),
        ("Production", "business", "Production", [
            ("Production", "Make products to plan", "Assemble products to the daily plan"),
            ("Production planning & material control", "Plan production and material", "Write material lists for each order")]),
        ("Purchasing", "support", "Procurement", [
            ("Procurement", "Provide material and services", "Write purchase orders to approved suppliers"),
            ("Tendering", "Run tenders for large contracts", "Prepare tender documents")]),
        ("Warehouse", "support", "Warehouse", [
            ("Warehouse", "Store and issue material", "Issue material against requisitions"),
            ("Logistics & transport", "Ship products to customers", "Load and dispatch shipments")]),
        ("Finance", "support", "Accounting", [
            ("Accounting", "Keep the books and report results", "Post vouchers and close the month"),
            ("Treasury & cash", "Plan cash and arrange payments", "Prepare the weekly cash forecast")]),
        ("Human Resources", "support", "Human resource planning & recruitment", [
            ("Human resource planning & recruitment", "Recruit and select staff", "Interview and shortlist candidates"),
            ("Training & development", "Plan and run training", "Organize courses for new staff")]),
    ],
    "zh": [
        ("销售部", "业务", "销售", [
            ("销售管理", "开发与维护客户合同", "开发片区新客户"),
            ("售后服务", "在客户处安装与维修产品", "两天内到客户处维修产品")]),
        ("生产部", "业务", "生产", [
            ("生产制造", "按计划组织产品生产", "按日计划装配产品"),
            ("生产计划与物料控制", "编制生产与物料计划", "按订单编写物料清单")]),
        ("采购部", "支持", "采购", [
            ("采购管理", "供应物料与服务", "编写给合格供应商的订单"),
            ("招投标", "组织大额合同招标", "编制招标文件")]),
        ("仓储部", "支持", "仓储", [
            ("仓储管理", "储存与发放物料", "凭领料单发放物料"),
            ("物流运输", "发运产品", "装车并办理发运")]),
        ("财务部", "支持", "会计", [
            ("会计核算", "核算账务并报告经营结果", "登记凭证并办理月结"),
            ("资金与出纳", "安排资金与付款", "编制每周资金预测")]),
        ("人力资源部", "支持", "人事", [
            ("人力资源规划与招聘", "招聘与甄选人员", "面试并推荐候选人"),
            ("培训与发展", "制定并组织培训", "组织新员工课程")]),
    ],
}  # fmt: skip
WORDS = {
    "en": {"top": "Executive Office", "chief": "General Manager", "head": "{} manager", "leader": "{} supervisor {}",
           "staff": "{} specialist {}", "A": "A/R", "yes": "yes", "signed": "signed", "by": "Board",
           "lead": "Plan the year's work and budget of {}", "third": "Report results of {} every month",
           "guide": "Assign and check the daily work of the {} group {}", "train": "Coach new members of the {} group {}"},
    "zh": {"top": "总经办", "chief": "总经理", "head": "{}经理", "leader": "{}主管{}", "staff": "{}专员{}", "A": "A/R",
           "yes": "是", "signed": "已确认", "by": "董事会", "lead": "编制{}年度工作计划与预算",
           "third": "每月汇报{}工作结果", "guide": "安排并检查{}{}组日常工作", "train": "带教{}{}组新人"},
}  # fmt: skip
HEADERS = {
    "posts": {"en": ["Position ID", "Position", "Department", "Superior", "Appraiser", "Reviewer", "Employee ID", "Name",
                     "Headcount", "Actual", "Employment Type", "Appraisal Mode", "Hire Date", "Grade"],
              "zh": ["岗位编号", "岗位名称", "所属部门", "直接上级", "考核人", "复核人", "工号", "姓名", "编制人数", "实有人数",
                     "用工形式", "考核方式", "入职日期", "职级"]},
    "departments": {"en": ["Department ID", "Department", "Parent Department", "Head", "Type"],
                    "zh": ["部门编号", "部门名称", "上级部门", "部门负责人", "部门类型"]},
    "duties": {"en": ["Duty ID", "Duty", "Function", "Department", "Position", "Role"],
               "zh": ["职责编号", "职责内容", "所属职能", "责任部门", "责任岗位", "角色"]},
    "indicators": {"en": ["Indicator", "Bearer", "Appraiser", "Weight", "Target", "Formula", "Data Provider", "Related Duty",
                          "Sign-off", "Signed At"],
                   "zh": ["指标名称", "被考核人/部门", "考核人", "权重", "目标值", "计算公式", "数据来源部门", "对应职责",
                          "确认状态", "确认日期"]},
    "services": {"en": ["Provider", "Customer", "Service", "Standard", "Indicator", "Confirmed by Provider",
                        "Confirmed by Customer"],
                 "zh": ["服务部门", "内部客户部门", "服务内容", "服务标准", "服务指标", "服务方确认", "客户方确认"]},
    "descriptions": {"en": ["Position", "Department", "Version", "Signed"], "zh": ["岗位", "部门", "版本", "签发日期"]},
    "functions": {"en": ["Function", "State"], "zh": ["职能", "状态"]},
    "authorities": {"en": ["Matter", "Function", "Position", "Power", "From", "Up To"],
                    "zh": ["事项", "所属职能", "岗位", "权限类型", "金额下限", "金额上限"]},
}  # fmt: skip
SHEETS = {
    "posts": ("Posts", "岗位与人员"), "departments": ("Departments", "部门"), "duties": ("Duties", "职责"),
    "indicators": ("Indicators", "考核指标"), "services": ("Services", "服务关系"),
    "descriptions": ("Descriptions", "岗位说明书台账"), "authorities": ("Authorities", "权限"),
    "functions": ("Functions", "应有职能"),
}  # fmt: skip


def tables(lang: str) -> dict[str, list[list[object]]]:
    """The rows of every table, 150 seats: a general manager, six departments of a head, four supervisors and others."""
    w, units = WORDS[lang], UNITS[lang]
    rows: dict[str, list[list[object]]] = {name: [] for name in HEADERS}
    number = 0

    def post(title: str, unit: str, above: str | None, reviewer: str | None, grade: int, heads: int = 1) -> str:
        nonlocal number
        code = f"P{number + 1:03d}"
        for _ in range(heads):
            number += 1
            rows["posts"].append(
                [code, title, unit, above, None if above == w["by"] else above, reviewer, f"E{number:04d}",
                 f"{'Person' if lang == 'en' else '员工'}{chr(64 + number % 26 + 1)}{number}", heads, heads,
                 "employee" if lang == "en" else "正式", "individual" if lang == "en" else "个人指标", "2018-03-01",
                 f"M{grade}"]
            )  # fmt: skip
        rows["descriptions"].append([code, unit, "1.0", "2026-02-01"])
        return code

    def work(code: str, unit: str, other: str, duties: list[tuple[str, str, str]], above: str | None) -> None:
        for i, (identity, text, function) in enumerate(duties):
            rows["duties"].append([identity, text, function, unit, code, w["A"]])
            name = f"{text}: on time" if lang == "en" else f"{text}及时率"
            rows["indicators"].append(
                [f"{name} {code}", code, above, (40, 30, 30)[i], "95%", "done / due" if lang == "en" else "按期数÷应办数",
                 other, identity, w["signed"], "2026-01-15"]
            )  # fmt: skip

    chief = post(w["chief"], w["top"], w["by"], None, 9)
    rows["departments"].append(["D0", w["top"], None, chief, "governing" if lang == "en" else "治理"])
    functions = ("Operating-plan management", "Organization & policy management", "Strategy management") if lang == "en" else (
        "经营计划管理", "组织与制度管理", "战略管理")  # fmt: skip
    work(chief, w["top"], units[4][0], [
        ("C1", "Decide the yearly operating plan" if lang == "en" else "审定年度经营计划", functions[0]),
        ("C2", "Approve company rules" if lang == "en" else "批准公司制度", functions[1]),
        ("C3", "Set the strategy" if lang == "en" else "拟订发展战略", functions[2])], None)  # fmt: skip
    rows["authorities"].append(
        [
            ("Operating plan", "年度经营计划")[lang == "zh"],
            functions[0],
            chief,
            ("approve", "批准")[lang == "zh"],
            None,
            None,
        ]
    )
    rows["authorities"].append(
        [
            ("Company rules", "公司制度")[lang == "zh"],
            functions[1],
            chief,
            ("approve", "批准")[lang == "zh"],
            None,
            None,
        ]
    )
    for u, (unit, kind, word, work_of) in enumerate(units):
        other = units[(u + 1) % len(units)][0]
        head = post(w["head"].format(unit if lang == "zh" else word), unit, chief, None, 7)
        rows["departments"].append([f"D{u + 1}", unit, w["top"], head, kind])
        own = [(f"H{u}{i}", text.format(unit), work_of[0][0]) for i, text in enumerate((w["lead"], w["third"]))]
        for identity, text, function in own:
            rows["duties"].append([identity, text, function, unit, None, w["A"]])
        matter = ("{} orders", "{}事项")[lang == "zh"].format(word)
        powers = ("propose", "approve") if lang == "en" else ("提出", "批准")
        rows["authorities"].append([matter, work_of[0][0], head, powers[1], 0, 50_000])
        rows["authorities"].append(
            [matter, work_of[0][0], chief, powers[1], 50_000, "no limit" if lang == "en" else "不限"]
        )
        work(
            head,
            unit,
            other,
            [
                *own,
                (f"H{u}2", ("Decide priorities in {}", "确定{}工作优先次序")[lang == "zh"].format(unit), work_of[0][0]),
            ],
            chief,
        )
        for g, (function, duty, task) in enumerate(work_of):
            identity = f"U{u}{g}"
            rows["duties"].append([identity, duty, function, unit, None, w["A"]])
            for t in range(2):
                mark = "AB"[t] + "12"[g]
                leader = post(w["leader"].format(word, mark), unit, head, chief, 5)
                group = f"{word} {mark}" if lang == "en" else f"{word}{mark}"
                work(leader, unit, other, [
                    (f"L{u}{g}{t}", w["guide"].format(word, mark), function),
                    (f"T{u}{g}{t}", w["train"].format(word, mark), function),
                    (identity, duty, function)], head)  # fmt: skip
                heads = 5 if (u, g, t) != (0, 0, 0) else 4
                member = post(w["staff"].format(word, mark), unit, leader, head, 3, heads)
                more = ("Keep records of the {} group", "整理{}组台账")[lang == "zh"].format(group)
                last = ("Propose improvements for the {} group", "提出{}组改进建议")[lang == "zh"].format(group)
                work(member, unit, other, [
                    (f"S{u}{g}{t}", f"{task} ({mark})" if lang == "en" else f"{task}（{mark}）", function),
                    (f"R{u}{g}{t}", more, function), (f"I{u}{g}{t}", last, function)], leader)  # fmt: skip
        rows["services"].append([unit, other, ("Monthly figures of {}", "提供{}月度数据")[lang == "zh"].format(unit),
                                 ("by the third working day", "每月3个工作日内")[lang == "zh"],
                                 ("on time", "及时率")[lang == "zh"], w["yes"], w["yes"]])  # fmt: skip
    away = ("Tax", "Performance management", "Information technology", "Fixed-asset management", "Compensation & benefits",
            "Administration", "Budget management") if lang == "en" else (
            "税务管理", "绩效管理", "信息技术", "固定资产管理", "薪酬福利", "行政管理", "预算管理")  # fmt: skip
    rows["functions"] = [[name, "outsourced" if lang == "en" else "外包"] for name in away]
    return rows


def write(path: Path, lang: str) -> Path:
    """The workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables(lang).items():
        sheet = book.create_sheet(SHEETS[name][lang == "zh"])
        sheet.append(HEADERS[name][lang])
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path
