"""Invented companies as the report model and as job descriptions: what the pages are developed and tested against.

``manufacturer()`` is a Chinese maker of machine parts with about 120 seats, ``instruments()`` an English one with about
60; ``large(n)`` has n seats. The checks' names and rules are those of the product, everything else is made up here.
"""

from __future__ import annotations

import copy
from typing import Any

from orgaudit import texts

Model = dict[str, Any]

PRINCIPLES = ("SUP", "AUT", "DUT", "CHN", "OBE", "SRV", "SOD", "DAT", "RDY")
SEVERITY = {
    "SUP-01": "blocker",
    "SUP-02": "blocker",
    "SUP-03": "blocker",
    "SUP-07": "blocker",
    "RDY-02": "blocker",
    "RDY-03": "blocker",
    "RDY-04": "blocker",
}
TABLES = {
    "posts": ("Posts and people", "岗位与人员"),
    "departments": ("Departments", "部门"),
    "duties": ("Duties", "职责"),
    "authorities": ("Authorities", "权限"),
    "indicators": ("Indicators", "考核指标"),
    "services": ("Services", "服务关系"),
    "disputes": ("Differences", "工作分歧"),
    "directives": ("Directives and reports", "指令与汇报"),
    "steps": ("Process steps", "流程步骤"),
}

# Department, its head, its teams (leader, title of the members, how many).
MANUFACTURER = [
    ("总经理办公室", "办公室主任", [(None, "行政专员", 2), (None, "法务专员", 1)]),
    ("人力资源部", "人力资源部经理", [(None, "招聘专员", 1), (None, "薪酬绩效专员", 1), (None, "培训专员", 1)]),
    ("财务部", "财务部经理", [("总账会计", "会计", 2), (None, "出纳", 1), (None, "成本会计", 1)]),
    ("采购部", "采购部经理", [(None, "采购工程师", 3), (None, "供应商质量工程师", 1)]),
    (
        "销售部",
        "销售总监",
        [("国内销售经理", "区域销售代表", 6), ("海外销售经理", "外贸业务员", 4), (None, "销售内勤", 2)],
    ),
    (
        "研发中心",
        "研发总监",
        [("结构设计主管", "结构工程师", 5), ("电气设计主管", "电气工程师", 4), (None, "实验员", 2)],
    ),
    (
        "生产部",
        "生产部经理",
        [
            ("机加车间主任", "数控操作工", 14),
            ("装配车间主任", "装配工", 16),
            ("热处理班长", "热处理工", 6),
            (None, "生产计划员", 2),
        ],
    ),
    ("质量部", "质量部经理", [("检验班长", "检验员", 6), (None, "质量体系工程师", 1), (None, "计量员", 1)]),
    ("仓储物流部", "仓储物流部经理", [("仓库主管", "仓管员", 4), (None, "物流调度员", 2)]),
    ("设备动力部", "设备动力部经理", [(None, "设备维修工", 4), (None, "电工", 2)]),
    ("安全环保部", "安全环保部经理", [(None, "安全员", 2)]),
]
INSTRUMENTS = [
    (
        "Finance",
        "Finance Director",
        [("Financial Controller", "Management Accountant", 2), (None, "Accounts Payable Clerk", 2)],
    ),
    ("People", "Head of People", [(None, "People Partner", 2)]),
    (
        "Commercial",
        "Commercial Director",
        [("Key Account Manager", "Account Executive", 4), (None, "Tender Specialist", 2)],
    ),
    (
        "Engineering",
        "Engineering Director",
        [("Mechanical Engineering Lead", "Mechanical Design Engineer", 5), ("Firmware Lead", "Firmware Engineer", 4)],
    ),
    (
        "Operations",
        "Operations Director",
        [
            ("Assembly Team Leader", "Instrument Assembler", 11),
            ("Purchasing Manager", "Buyer", 3),
            ("Stores Supervisor", "Storekeeper", 3),
        ],
    ),
    ("Quality", "Quality Manager", [(None, "Calibration Technician", 4), (None, "Quality Engineer", 2)]),
    ("Information Systems", "IT Manager", [(None, "Systems Administrator", 2)]),
]


def manufacturer() -> Model:
    """The Chinese maker: every part of the report has something to show."""
    chart = _chart("总经理", "公司领导", MANUFACTURER)
    at = chart["title"].index
    for title in ("热处理班长", "物流调度员", "电工"):
        chart["vacant"][at(title)] = True
    chart["new"][at("供应商质量工程师")] = True
    chart["dotted"] = [[at("供应商质量工程师"), at("质量部经理")], [at("成本会计"), at("生产部经理")]]
    chart["extra"] = [[at("生产计划员"), at("销售总监")]]
    chart["parent"][at("仓库主管")], chart["parent"][at("仓储物流部经理")] = at("仓储物流部经理"), at("仓库主管")
    chart["loops"] = [[at("仓储物流部经理"), at("仓库主管")]]
    chart["parent"][at("法务专员")] = -1
    chart["parent"][at("安全环保部经理")] = -1
    plan = [
        (
            "SUP-03",
            "blocker",
            "certain",
            ["仓储物流部经理", "仓库主管"],
            "仓储物流部经理与仓库主管互为直接上级，汇报关系成环。",
            "The warehouse manager and the warehouse supervisor are each other's direct superior: a loop.",
        ),
        (
            "SUP-01",
            "blocker",
            "certain",
            ["生产计划员"],
            "生产计划员填有两个直接上级：生产部经理、销售总监。",
            "The production planner has two direct superiors: production manager and sales director.",
        ),
        (
            "SUP-02",
            "blocker",
            "certain",
            ["法务专员"],
            "法务专员未填直接上级，也未登记对应的治理机构。",
            "The legal officer has no direct superior and no governing body is declared.",
        ),
        (
            "SUP-02",
            "blocker",
            "certain",
            ["安全环保部经理"],
            "安全环保部经理未填直接上级，其下有 2 个岗位席位。",
            "The safety and environment manager has no direct superior; two seats are below.",
        ),
        (
            "SUP-04",
            "high",
            "certain",
            ["安全环保部经理"],
            "除总经理外还有 1 个带下属的顶层岗位：安全环保部经理（3 个席位）。",
            "Besides the general manager there is one more top with seats below: safety and environment manager (3).",
        ),
        (
            "SUP-07",
            "blocker",
            "certain",
            ["检验员"],
            "检验员的考核人填写为装配车间主任，不是其直接上级检验班长。",
            "The inspectors are rated by the assembly workshop head, who is not their direct superior.",
        ),
        (
            "SUP-09",
            "high",
            "certain",
            ["热处理班长"],
            "热处理班长空缺，6 名热处理工没有在岗的直接上级；最近的在岗上级是生产部经理。",
            "The post of heat-treatment leader is vacant: six operators have no superior in place.",
        ),
        (
            "SOD-02",
            "high",
            "declared",
            ["采购工程师"],
            "采购工程师同时勾选“询价”与“定供应商”，岗位分工尚未满足不相容职务分离，仅涉及制度安排，不代表个人存在不当行为，请内控复核。",
            "Sourcing engineers both ask for quotations and choose suppliers; to be reviewed by internal control.",
        ),
        (
            "SOD-05",
            "high",
            "certain",
            ["计量员"],
            "计量工作的上级链经过生产部，检验结果与产量指标由同一负责人承担。",
            "Metrology reports within production: inspection results and output targets have one head.",
        ),
        (
            "DUT-01",
            "high",
            "declared",
            ["人力资源部经理", "办公室主任"],
            "“组织招聘录用”由人力资源部与总经理办公室同时主责，范围均未写明。",
            "Both human resources and the general office lead “organize recruitment”, neither with a stated scope.",
        ),
        (
            "DUT-01",
            "medium",
            "inferred",
            ["采购部经理", "设备动力部经理"],
            "“备件采购”在采购部与设备动力部均有主责表述，请确认范围划分。",
            "Purchasing and maintenance both claim to lead “spare part purchasing”; please confirm the scope.",
        ),
        (
            "DUT-03",
            "high",
            "declared",
            ["总经理"],
            "应有职能“经营计划管理”未见承接部门，待核实。",
            "No department is seen to carry “operating plan management”; to be verified.",
        ),
        (
            "DUT-07",
            "high",
            "certain",
            ["研发总监", "质量部经理"],
            "职责矩阵“设计变更评审”一行有两个 A：研发总监、质量部经理。",
            "The matrix row “design change review” has two A: R&D director and quality manager.",
        ),
        (
            "DUT-08",
            "high",
            "certain",
            ["生产部经理"],
            "职责矩阵“工装验收”一行没有执行者（R）。",
            "The matrix row “fixture acceptance” names nobody who does it (R).",
        ),
        (
            "AUT-01",
            "high",
            "declared",
            ["采购部经理"],
            "采购部经理承担“确定供应商”，并背负采购降本指标，权限表中没有对应权限。",
            "The purchasing manager decides on suppliers, but has no such right in the authority table.",
        ),
        (
            "AUT-05",
            "high",
            "certain",
            ["国内销售经理"],
            "“销售折扣”审批额度：国内销售经理 20 万元，直接上级销售总监 10 万元。",
            "Discount approval: domestic sales manager 200,000, direct superior 100,000.",
        ),
        (
            "CHN-04",
            "high",
            "declared",
            ["结构设计主管"],
            "结构设计主管（M2）的职级低于其下属结构工程师（M3）。",
            "The structural design lead (M2) has a lower grade than a report (M3).",
        ),
        (
            "CHN-05",
            "medium",
            "certain",
            ["装配车间主任"],
            "装配车间主任直接管理 16 人，超过一线管理幅度参考值。",
            "The assembly workshop head has 16 direct reports, above the frontline reference.",
        ),
        (
            "CHN-01",
            "medium",
            "certain",
            ["数控操作工"],
            "机加车间有 7 条工作指令未经直接上级，建议补告。",
            "In the machining workshop 7 orders did not pass the direct superior.",
        ),
        ("RDY-03", "blocker", "certain", ["物流调度员"], "物流调度员没有岗位职责。", "The dispatcher has no duties."),
        (
            "RDY-04",
            "blocker",
            "certain",
            ["电气工程师"],
            "电气工程师的指标权重合计 85，不等于 100。",
            "The electrical engineers' weights sum to 85, not 100.",
        ),
        (
            "RDY-04",
            "blocker",
            "certain",
            ["外贸业务员"],
            "外贸业务员没有考核指标。",
            "The export sales officers have no indicators.",
        ),
        (
            "OBE-01",
            "high",
            "certain",
            ["销售总监"],
            "销售部有 3 项指标在签订截止日后仍未确认。",
            "Three indicators of sales were not signed by the deadline.",
        ),
        (
            "SRV-04",
            "medium",
            "declared",
            ["销售总监", "生产部经理"],
            "“交付及时率”目前只由销售部承担，生产部、采购部未承担贡献指标。",
            "Only sales carries “on-time delivery”; production and purchasing carry no contribution.",
        ),
        (
            "SRV-01",
            "low",
            "declared",
            ["总经理"],
            "安全环保部未登记任何内部服务关系。",
            "Safety and environment has no service relation.",
        ),
        (
            "DAT-01",
            "high",
            "certain",
            ["实验员"],
            "实验员的直接上级填为“实验室主任”，名单中没有该岗位。最接近：研发总监。",
            "The lab technicians' superior “head of laboratory” is not on file. Nearest: R&D director.",
        ),
    ]
    findings = [
        _finding(n, *entry, chart=chart, file="组织与考核资料.xlsx", sheet="岗位与人员") for n, entry in enumerate(plan)
    ]
    findings += _consequences(
        findings,
        chart,
        {"SUP-03": "仓管员", "SUP-01": "生产计划员", "SUP-07": "检验员", "SUP-09": "热处理工", "DAT-01": "实验员"},
        "考核人不明：{title}无法确定唯一考核人。",
    )
    findings[-1]["severity"] = "high"
    waived = next(f for f in findings if f["code"] == "CHN-05")
    waived["status"] = "waived"
    _paint(chart, findings)
    missing = [{"table": "disputes", "codes": ["OBE-01"]}, {"table": "services", "codes": ["SRV-01", "SRV-04"]}]
    gates = [(1, 78, 14, 25, 0), (2, 31, 22, 64, 0)]
    people = len(chart["id"])
    model = _model(
        "澄远精密机械有限公司",
        chart,
        findings,
        missing,
        gates,
        ["SUP-03", "SUP-09", "RDY-04", "SUP-07", "DUT-01"],
        (9, 6, 4, 3, 0),
        "zh",
    )
    model["audit"]["inputs"] = _ledger(
        people, "组织与考核资料.xlsx", ("岗位与人员", "部门职责", "权限表", "指标库", "填写说明")
    )
    model["audit"]["principles"] = _numbers(
        [
            (41, 1.0, 9, 9),
            (73.4, 0.75, 6, 8),
            (58, 0.9, 9, 10),
            (82, 0.8, 4, 5),
            (None, 0.25, 1, 4),
            (None, 0.33, 2, 6),
            (64, 0.7, 7, 10),
            (92, 1.0, 4, 4),
            (55, 0.83, 5, 6),
        ]
    )
    return model


def instruments() -> Model:
    """The English maker: no indicators were given, so the second gate is not judged."""
    chart = _chart("Managing Director", "Board", INSTRUMENTS)
    at = chart["title"].index
    chart["vacant"][at("Stores Supervisor")] = True
    chart["new"][at("Firmware Lead")] = True
    chart["dotted"] = [[at("Quality Engineer"), at("Engineering Director")]]
    plan = [
        (
            "SUP-01",
            "blocker",
            "certain",
            ["Tender Specialist"],
            "投标专员填有两个直接上级。",
            "The tender specialists have two direct superiors: commercial director and engineering director.",
        ),
        (
            "SUP-09",
            "high",
            "certain",
            ["Stores Supervisor"],
            "仓库主管空缺，3 名仓管员没有在岗的直接上级。",
            "The stores supervisor's post is vacant: three storekeepers have no superior in place.",
        ),
        (
            "SOD-02",
            "high",
            "declared",
            ["Accounts Payable Clerk"],
            "应付会计同时付款执行与记账，请内控复核。",
            "Accounts payable both releases payments and posts them; to be reviewed by internal control.",
        ),
        (
            "DUT-01",
            "medium",
            "inferred",
            ["Quality Manager", "Operations Director"],
            "“供应商评价”可能由两个部门主责。",
            "Quality and operations both seem to lead “supplier evaluation”; please confirm the scope.",
        ),
        (
            "CHN-04",
            "high",
            "declared",
            ["Mechanical Engineering Lead"],
            "机械主管职级低于下属。",
            "The mechanical engineering lead has a lower grade than a report.",
        ),
        (
            "RDY-03",
            "blocker",
            "certain",
            ["Systems Administrator"],
            "系统管理员没有岗位职责。",
            "The systems administrators have no duties.",
        ),
    ]
    findings = [
        _finding(n, *entry, chart=chart, file="harlow-organization.xlsx", sheet="Posts") for n, entry in enumerate(plan)
    ]
    findings += _consequences(
        findings,
        chart,
        {"SUP-01": "Tender Specialist", "SUP-09": "Storekeeper"},
        "The appraiser of {title} cannot be determined.",
    )
    _paint(chart, findings)
    missing = [
        {"table": "indicators", "codes": ["RDY-04", "OBE-01", "SRV-04"]},
        {"table": "authorities", "codes": ["AUT-01", "AUT-05"]},
        {"table": "directives", "codes": ["CHN-01"]},
    ]
    people = len(chart["id"]) - 1
    model = _model(
        "Harlow Ridge Instruments Ltd",
        chart,
        findings,
        missing,
        [(1, people - 12, 5, 7, 0), (2, 0, 0, 0, people)],
        ["SUP-09", "SUP-01", "RDY-03"],
        (3, 2, 2),
        "en",
    )
    model["audit"]["inputs"] = _ledger(people, "harlow-organization.xlsx", ("Posts", "Duties"))
    model["audit"]["principles"] = _numbers(
        [
            (72, 1.0, 9, 9),
            (None, 0.0, 0, 8),
            (88, 0.7, 7, 10),
            (76, 0.6, 3, 5),
            (None, 0.0, 0, 4),
            (None, 0.17, 1, 6),
            (81, 0.6, 6, 10),
            (100, 1.0, 4, 4),
            (59, 0.5, 3, 6),
        ]
    )
    model["mode_note"] = {
        "en": "Most positions have no indicator and no appraisal mode is given; not judged for now.",
        "zh": "多数岗位没有考核指标，且未注明考核方式，暂不判断。",
    }
    model["headcount"] = []
    return model


def large(seats: int, findings: int = 600) -> Model:
    """A company of many seats and findings, for speed and for the limits of a page."""
    model = manufacturer()
    chart: Model = {key: [] for key in model["chart"]}
    for n in range(seats):
        level = f"{n % 40:02d}"
        chart["id"].append(f"P{n:06d}")
        chart["parent"].append((n - 1) // 8 if n else -1)
        chart["title"].append(f"岗位{n % 97}")
        chart["department"].append(f"部门{level}")
        chart["person"].append(None)
        chart["vacant"].append(n % 53 == 7)
        chart["new"].append(False)
        chart["severity"].append(None)
        chart["findings"].append(0)
    pattern = copy.deepcopy(model["audit"]["findings"][0])
    model["audit"]["findings"] = [
        {
            **pattern,
            "id": f"{n:08x}",
            "code": "RDY-03",
            "principle": "RDY",
            "subjects": [{"kind": "seat", "id": f"P{n % seats:06d}", "name": f"岗位{n % 97}"}],
            "message": {"zh": f"岗位{n}没有岗位职责。", "en": f"Position {n} has no duties."},
        }
        for n in range(findings)
    ]
    model["chart"] = chart
    model["repairs"] = []
    model["audit"]["readiness"]["held_up"] = []
    _paint(chart, model["audit"]["findings"])
    return model


def job() -> Model:
    """One job description with a gap, marks in the text and open findings."""
    return {
        "file": "采购部经理-3f1b9a02.html",
        "title": "采购部经理",
        "code": "CG-001",
        "department": "采购部",
        "department_path": "澄远精密机械 / 供应链 / 采购部",
        "grade": "M3",
        "superior": ["总经理"],
        "dotted": [{"title": "财务总监", "scope": "采购预算"}],
        "subordinates": [{"title": "采购工程师", "n": 3}, {"title": "供应商质量工程师", "n": 1}],
        "peers": [{"title": "生产部经理", "n": 1}, {"title": "质量部经理", "n": 1}],
        "headcount": {"approved": 1, "actual": 1, "vacant": 0},
        "location": "一号厂区",
        "purpose": "在年度经营计划与采购制度范围内，组织生产物料的寻源与供应，保证按质、按期、按成本到料。",
        "purpose_drafted": True,
        "is_new": False,
        "incumbents": [],
        "duties": [
            _duty(
                "编制年度采购计划，经总经理审批后分解到月",
                "采购管理",
                "A/R",
                "20%",
                "每年 12 月 15 日前定稿",
                "每年",
                ["采购计划达成率"],
                [],
            ),
            _duty(
                "组织供应商寻源与评价，确定 A、B 类物料供应商",
                "采购管理",
                "A",
                "35%",
                "合格供应商名录每季更新",
                "每季",
                ["采购降本率"],
                ["f1"],
            ),
            _duty("跟踪到料，协调缺料与来料不良的处理", "采购管理", "A/R", "30%", None, "每日", ["到料及时率"], ["f2"]),
            _duty("审核采购合同条款与付款条件", "合同管理", "R", None, None, None, [], []),
        ],
        "catch_all": "完成领导交办的其他工作",
        "rights": [
            {
                "matter": "物料采购合同",
                "power": {"en": "approve", "zh": "核准"},
                "limit": "10 万元以下",
                "condition": "预算内",
                "marks": [],
            },
            {
                "matter": "供应商准入",
                "power": {"en": "propose", "zh": "提案"},
                "limit": "",
                "condition": None,
                "marks": ["f1"],
            },
        ],
        "relations": {
            "inside": [
                {
                    "department": "生产部",
                    "matter": "到料计划与缺料预警",
                    "direction": "gives",
                    "standard": "每日 17:00 前",
                },
                {"department": "质量部", "matter": "来料检验结果", "direction": "receives", "standard": None},
            ],
            "outside": [],
        },
        "indicators": [
            {
                "name": "到料及时率",
                "weight": "40%",
                "target": "≥ 97%",
                "formula": "按期到料批次 ÷ 应到料批次",
                "source": "仓储物流部",
                "appraiser": "总经理",
                "signed": "已确认",
                "marks": [],
            },
            {
                "name": "采购降本率",
                "weight": "35%",
                "target": "≥ 3%",
                "formula": None,
                "source": "财务部",
                "appraiser": "总经理",
                "signed": "待确认",
                "marks": ["f1"],
            },
            {
                "name": "来料合格率",
                "weight": "25%",
                "target": "≥ 99.2%",
                "formula": None,
                "source": "质量部",
                "appraiser": "总经理",
                "signed": "待确认",
                "marks": [],
            },
        ],
        "qualifications": [
            {
                "kind": {"en": "Education", "zh": "学历专业"},
                "text": {
                    "en": "Degree in supply chain or engineering, or equivalent experience",
                    "zh": "大专及以上，供应链或机械类专业；同等经验亦可",
                },
                "drafted": True,
                "required": True,
            },
            {
                "kind": {"en": "Experience", "zh": "经验"},
                "text": {"en": "5 years or more", "zh": "五年及以上相关经验"},
                "drafted": True,
                "required": True,
            },
            {"kind": {"en": "Certificate", "zh": "证书"}, "text": "CPSM", "drafted": False, "required": False},
        ],
        "conditions": [],
        "development": None,
        "open_findings": [
            {
                "id": "f1",
                "code": "AUT-01",
                "severity": "high",
                "message": {
                    "zh": "承担“确定供应商”并背负采购降本指标，权限表中没有对应权限。",
                    "en": "Decides on suppliers and carries a cost target, but has no such right in the authority table.",
                },
                "remedy": {
                    "zh": "能力已具备：写入权限表授权；尚不具备：上级暂核决，并列入培养计划。",
                    "en": "Grant the right in the authority table, or keep approval above and set a development plan.",
                },
            },
            {
                "id": "f2",
                "code": "DUT-01",
                "severity": "blocker",
                "message": {
                    "zh": "“备件采购”在采购部与设备动力部均有主责表述。",
                    "en": "Purchasing and maintenance both lead “spare part purchasing”.",
                },
                "remedy": {
                    "zh": "确定一个归口部门，其余改为提报或配合。",
                    "en": "Name one lead department; the other requests or assists.",
                },
            },
        ],
        "structure_settled": False,
        "as_of": "2026-11-01",
        "version": {"en": "draft", "zh": "草稿"},
        "gaps": ["conditions", "development"],
    }


def jobs() -> list[Model]:
    """A small list of job descriptions in three departments."""
    first = job()
    more = []
    for n, (title, department) in enumerate(
        [
            ("采购工程师", "采购部"),
            ("财务部经理", "财务部"),
            ("出纳", "财务部"),
            ("检验班长", "质量部"),
            ("检验员", "质量部"),
        ]
    ):
        more.append(
            {
                **first,
                "file": f"{title}-{n:08x}.html",
                "title": title,
                "department": department,
                "code": None,
                "structure_settled": n % 2 == 0,
                "open_findings": first["open_findings"][: n % 3],
                "is_new": n == 3,
            }
        )
    return [first, *more]


def _duty(
    statement: str,
    function: str,
    role: str,
    share: str | None,
    standard: str | None,
    frequency: str | None,
    indicators: list[str],
    marks: list[str],
) -> Model:
    return {
        "statement": statement,
        "function": function,
        "role": role,
        "share": share,
        "standard": standard,
        "frequency": frequency,
        "indicators": indicators,
        "marks": marks,
    }


def _chart(top: str, board: str, departments: list[tuple[str, str, list[tuple[str | None, str, int]]]]) -> Model:
    chart: Model = {
        "id": [],
        "parent": [],
        "title": [],
        "department": [],
        "person": [],
        "vacant": [],
        "new": [],
        "severity": [],
        "findings": [],
        "dotted": [],
        "extra": [],
        "loops": [],
    }

    def add(title: str, department: str, parent: int) -> int:
        place = len(chart["id"])
        chart["id"].append(f"P{place:03d}/E{1000 + place}")
        for key, value in (
            ("parent", parent),
            ("title", title),
            ("department", department),
            ("person", None),
            ("vacant", False),
            ("new", False),
            ("severity", None),
            ("findings", 0),
        ):
            chart[key].append(value)
        return place

    root = add(top, board, -1)
    for department, head, teams in departments:
        chief = add(head, department, root)
        for leader, member, n in teams:
            above = chief if leader is None else add(leader, department, chief)
            for _ in range(n):
                add(member, department, above)
    return chart


def _finding(
    n: int,
    code: str,
    severity: str,
    confidence: str,
    titles: list[str],
    zh: str,
    en: str,
    *,
    chart: Model,
    file: str,
    sheet: str,
) -> Model:
    own = texts.get("en").entry("checks").get(code, {})
    chinese = texts.get("zh").entry("checks").get(code, {})
    seats = [place for title in titles for place, other in enumerate(chart["title"]) if other == title]
    headers = (
        ("岗位编号", "岗位名称", "所属部门", "直接上级", "考核人", "职级")
        if "资料" in file
        else ("Position ID", "Position", "Department", "Superior", "Appraiser", "Grade")
    )
    evidence = []
    for place in seats[:6]:
        above = chart["title"][chart["parent"][place]] if chart["parent"][place] >= 0 else ""
        cells = [f"P{place:03d}", chart["title"][place], chart["department"][place], above, above, "M2"]
        wrong = 3 if code.startswith(("SUP", "DAT")) else 1
        evidence.append(
            {
                "file": file,
                "sheet": sheet,
                "row": place + 4,
                "column": "ABCDEF"[wrong],
                "value": cells[wrong] or None,
                "row_cells": [
                    [header, cell, place_ == wrong]
                    for place_, (header, cell) in enumerate(zip(headers, cells, strict=True))
                ],
            }
        )
    return {
        "id": f"{n:04x}{code.replace('-', '').lower()}",
        "code": code,
        "principle": code[:3],
        "name": {"en": own.get("name", code), "zh": chinese.get("name", code)},
        "severity": severity,
        "confidence": confidence,
        "status": "open",
        "cause": None,
        "headline": True,
        "gate": 2 if code in ("RDY-04", "OBE-01", "SRV-01", "SRV-04") else None if code.startswith("DAT") else 1,
        "subjects": [{"kind": "seat", "id": chart["id"][place], "name": chart["title"][place]} for place in seats[:6]],
        "evidence": evidence,
        "message": {"zh": zh, "en": en},
        "remedy": {"zh": chinese.get("remedy", "按实际情况调整。"), "en": own.get("remedy", "Adjust the arrangement.")},
        "question": {
            "zh": chinese.get("question", "实际由谁负责？"),
            "en": own.get("question", "Who does it in practice?"),
        },
    }


def _consequences(findings: list[Model], chart: Model, below: dict[str, str], text: str) -> list[Model]:
    made = []
    for code, title in below.items():
        cause = next(finding for finding in findings if finding["code"] == code)
        for place in (place for place, other in enumerate(chart["title"]) if other == title):
            made.append(
                {
                    **cause,
                    "id": f"c{len(made):03d}{code.replace('-', '').lower()}",
                    "code": "RDY-02",
                    "principle": "RDY",
                    "name": {"zh": "考核人不明", "en": "Appraiser unknown"},
                    "severity": "blocker",
                    "cause": cause["id"],
                    "headline": False,
                    "subjects": [{"kind": "seat", "id": chart["id"][place], "name": title}],
                    "message": {
                        "zh": text.format(title=title) if "考核人" in text else f"{title}无法确定唯一考核人。",
                        "en": f"No single appraiser can be determined for one seat of {title}.",
                    },
                }
            )
    return made


def _paint(chart: Model, findings: list[Model]) -> None:
    order = ("blocker", "high", "medium", "low", "info")
    place_of = {seat: place for place, seat in enumerate(chart["id"])}
    for finding in findings:
        for subject in finding["subjects"]:
            place = place_of.get(subject["id"])
            if place is None or finding["status"] == "waived":
                continue
            chart["findings"][place] += 1
            now = chart["severity"][place]
            if now is None or order.index(finding["severity"]) < order.index(now):
                chart["severity"][place] = finding["severity"]


def _model(
    title: str,
    chart: Model,
    findings: list[Model],
    missing: list[Model],
    gates: list[tuple[int, ...]],
    repaired: list[str],
    releases: tuple[int, ...],
    lang: str,
) -> Model:
    absent = {code for gap in missing for code in gap["codes"]}
    english, chinese = (texts.get(language).entry("checks") for language in ("en", "zh"))
    codes = [code for code in english if code[3:4] == "-"]
    fired = {finding["code"] for finding in findings}
    checks = {
        code: {
            "principle": code[:3],
            "severity": SEVERITY.get(code, "high"),
            "tables": [],
            "core": True,
            **{
                key: {"en": english[code].get(key, code), "zh": chinese[code].get(key, code)}
                for key in ("name", "logic", "remedy", "question")
            },
            "threshold": {"en": english[code]["threshold"], "zh": chinese[code]["threshold"]}
            if "threshold" in english[code]
            else None,
        }
        for code in codes
    }
    states = [
        {
            "code": code,
            "status": "fail" if code in fired else "not_assessable" if code in absent or code == "CHN-07" else "pass",
            "reason": "《岗位与人员》缺少“法人公司”列。" if code == "CHN-07" else None,
            "reasons": {"en": "“Posts” has no column “Legal Entity”.", "zh": "《岗位与人员》缺少“法人公司”列。"}
            if code == "CHN-07"
            else None,
            "findings": sum(f["code"] == code for f in findings),
        }
        for code in codes
    ]
    held = [
        {
            "seat": subject["id"],
            "person": "不应出现",
            "appraiser": "不应出现",
            "gate": finding["gate"] or 1,
            "state": "not_ready" if finding["severity"] == "blocker" else "conditional",
            "blockers": [finding["id"]],
        }
        for finding in findings
        for subject in finding["subjects"]
        if finding["severity"] in ("blocker", "high") and subject["kind"] == "seat"
    ]
    repairs = []
    for n, (code, released) in enumerate(zip(repaired, releases, strict=True)):
        cause = next(finding for finding in findings if finding["code"] == code)
        repairs.append(
            {
                "finding": cause["id"],
                "releases": released,
                "conditional": n % 2 * 3,
                "code": code,
                "message": cause["message"],
                "remedy": cause["remedy"],
                "decider": {"zh": "总经理", "en": "the managing director"} if n == 0 else None,
            }
        )
    audit = {
        "schema_version": 1,
        "tool": {"name": "orgaudit", "version": "1.0.0"},
        "as_of": "2026-11-01",
        "inputs": [],
        "organization": {
            "seats": len(chart["id"]),
            "positions": 64,
            "persons": len(chart["id"]) - sum(chart["vacant"]),
            "departments": len(set(chart["department"])),
            "vacant_seats": sum(chart["vacant"]),
            "roots": [chart["id"][0]],
            "layers": 5,
        },
        "principles": [],
        "checks": states,
        "findings": findings,
        "readiness": {
            "gates": [
                dict(zip(("gate", "ready", "conditional", "not_ready", "not_assessable"), gate, strict=True))
                for gate in gates
            ],
            "held_up": held,
            "repairs": [],
        },
    }
    by_department: dict[str, list[int]] = {}
    for place, name in enumerate(chart["department"]):
        by_department.setdefault(name, []).append(place)
    headcount = []
    for n, (name, places) in enumerate(by_department.items()):
        vacant = sum(chart["vacant"][place] for place in places)
        actual = len(places) - vacant
        headcount.append(
            {
                "department": name,
                "approved": None if n == 4 else actual + (n % 3 - 1) + vacant,
                "actual": actual,
                "vacant": vacant,
            }
        )
    return {
        "audit": audit,
        "title": title,
        "company": title,
        "names": False,
        "jobs": False,
        "anonymized": False,
        "default_lang": lang,
        "checks": checks,
        "principles": {
            key: {
                "name": {"en": english["principles"][key]["name"], "zh": chinese["principles"][key]["name"]},
                "idea": {"en": english["principles"][key]["idea"], "zh": chinese["principles"][key]["idea"]},
            }
            for key in PRINCIPLES
        },
        "tables": {key: {"en": en, "zh": zh} for key, (en, zh) in TABLES.items()},
        "missing": [{**gap, "name": dict(zip(("en", "zh"), TABLES[gap["table"]], strict=True))} for gap in missing],
        "repairs": repairs,
        "headcount": headcount,
        "mode_note": None,
        "chart": chart,
    }


def _numbers(figures: list[tuple[Any, ...]]) -> list[Model]:
    return [
        dict(zip(("key", "score", "coverage", "checks_assessed", "checks_total"), (key, *figure), strict=True))
        for key, figure in zip(PRINCIPLES, figures, strict=True)
    ]


def _ledger(rows: int, file: str, sheets: tuple[str, ...]) -> list[Model]:
    kinds = ("posts", "duties", "authorities", "indicators", None)
    written = {
        "position_id": "岗位编号",
        "title": "岗位名称",
        "department": "所属部门",
        "superior": "直接上级（编号）",
        "appraiser": "考核人",
    }
    made = []
    for n, sheet in enumerate(sheets):
        kind = kinds[n] if "说明" not in sheet else None
        used = rows if n == 0 else 40 + 17 * n
        rejected = [{"row": 57, "reason": "岗位名称与部门均为空"}] if n == 1 else []
        aside = {"title": 1, "header": 1, "blank": 2, "total": 1} if kind else {"not_recognized": 12}
        used = used if kind else 0
        made.append(
            {
                "file": file,
                "sheet": sheet,
                "table": kind,
                "header_row": 2 if kind else None,
                "columns": written if kind else {},
                "ignored_columns": ["备注", "更新人"] if n == 0 else [],
                "rows": used + sum(aside.values()) + len(rejected),
                "used": used,
                "set_aside": aside,
                "rejected": rejected,
            }
        )
    return made
