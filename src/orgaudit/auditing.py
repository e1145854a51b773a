"""Organization → audit: run every check, stamp and name its findings, fold consequences, waive, score, judge both gates."""

from __future__ import annotations

import hashlib
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from orgaudit import judging, texts, voices
from orgaudit.check import Check, NotAssessable, capped
from orgaudit.checks import all_checks
from orgaudit.finding import SEVERITIES, Evidence, Finding, Offenders, Subject
from orgaudit.judging import DISABLED, ERROR, FAIL, NOT_ASSESSABLE, PASS, CheckRun, Gates, PrincipleScore
from orgaudit.organization import Organization
from orgaudit.reading import values


@dataclass
class Audit:
    """Everything the writers need."""

    org: Organization
    runs: dict[str, CheckRun]
    findings: list[Finding]
    scores: list[PrincipleScore]
    gates: Gates
    waivers_unused: list[int]
    notes: list[dict[str, str]]

    @property
    def as_of(self) -> date:
        """The date every validity was read at."""
        return self.org.as_of

    def open(self) -> list[Finding]:
        """Open findings that follow from no other: what there is to do."""
        return [finding for finding in self.findings if finding.status == "open" and finding.cause is None]


def run(
    org: Organization,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> Audit:
    """Audit an organization.

    Args:
        org: the linked organization.
        select, ignore: check codes or principle keys to run, or not to run.
        progress: called with each check's code.
    """
    runs: dict[str, CheckRun] = {}
    for code, check in all_checks().items():
        if progress:
            progress(code)
        enabled = _wanted(code, select, ignore) and org.settings.check(code).enabled
        runs[code] = _run_one(org, check, enabled, runs)
    findings = [finding for run_ in runs.values() for finding in run_.findings]
    _link_causes(findings, runs)
    unused = _waive(org, findings)
    voices.hear(org, findings)
    for run_ in runs.values():
        if run_.status in (FAIL, PASS):
            run_.status = FAIL if any(f.status == "open" for f in run_.findings) else PASS
    findings.sort(
        key=lambda f: (f.status != "open", f.cause is not None, SEVERITIES.index(f.severity), list(runs).index(f.code))
    )
    return Audit(
        org,
        runs,
        findings,
        judging.scores(org, runs),
        judging.gates(org, runs, findings),
        unused,
        _notes(org, runs, unused),
    )


def _wanted(code: str, select: Sequence[str], ignore: Sequence[str]) -> bool:
    named = {code, code[:3]}
    return (not select or bool(named & set(select))) and not named & set(ignore)


def _run_one(org: Organization, check: Check, enabled: bool, earlier: dict[str, CheckRun]) -> CheckRun:
    if not enabled:
        return CheckRun(check, DISABLED)
    missing = next(iter(check.lacking(org.review)), None)
    if missing:
        table, _, column = missing.partition(".")
        key = "checks.reasons.column_missing" if column else "checks.reasons.table_missing"
        said = texts.both(key, table=table_name(table), column=field_name(table, column) if column else "")
        return CheckRun(check, NOT_ASSESSABLE, said, missing)
    found = {code: run.findings for code, run in earlier.items()}  # for checks that weigh what others found
    limits = SimpleNamespace(**{**check.thresholds, **org.settings.check(check.code).thresholds}, found=found)
    try:
        result = check.function(org, limits)
        run_ = CheckRun(check, PASS, assessed=result.assessed)
        run_.findings = _stamp(org, check, result.offenders)
    except NotAssessable as stop:
        return CheckRun(check, NOT_ASSESSABLE, texts.both(f"checks.reasons.{stop.reason}", **stop.params))
    except Exception as error:  # one broken check never stops the others; it is named in the ledger and the exit code
        said = texts.both("checks.reasons.error", kind=type(error).__name__)
        return CheckRun(check, ERROR, said, trace=traceback.format_exc())
    return run_


def table_name(table: str) -> dict[str, str]:
    """A table's name in both languages."""
    from orgaudit import catalog

    entry = catalog.toml("tables")[table]
    return {"en": entry["en"], "zh": entry["zh"]}


def field_name(table: str, name: str) -> dict[str, str]:
    """A field's template header in both languages."""
    from orgaudit import catalog

    entry = catalog.toml("tables")[table]["fields"][name]
    return {"en": entry["en"], "zh": entry["zh"]}


# ---- findings -------------------------------------------------------------------------------------------------------


def _stamp(org: Organization, check: Check, offenders: Offenders) -> list[Finding]:
    """Findings of a check's offenders: named subjects, severity, sentences, a stable id."""
    changed = org.settings.check(check.code).severity
    seen: Counter[str] = Counter()
    found = []
    for i, subject in enumerate(offenders.subjects):
        kind, index = subject if offenders.kind == "bearer" else (offenders.kind, subject)
        subjects = [name_subject(org, kind, index), *[name_subject(org, k, s) for k, s in offenders.related[i]]]
        confidence = offenders.confidence[i] or check.confidence
        severity = capped(changed or offenders.severity[i] or check.severity, confidence)
        variant = offenders.variant[i]
        key = f"checks.{check.code}.message" + (f".{variant}" if variant else "")
        params = {name: _param(column[i]) for name, column in offenders.params.items()}
        finding = Finding(
            _fingerprint(check.code, subjects, offenders.keys[i], seen),
            check.code,
            check.principle,
            severity,
            confidence,
            check.gate,
            subjects,
            [_evidence(org, table, name, row) for table, name, row in offenders.cells[i]],
            texts.both(key, **params),
            seats=offenders.seats[i] if offenders.seats is not None else _seats_of(org, kind, index),
            decider=_decider(org, kind, index),
        )
        finding.follows = offenders.causes[i]
        finding.about = [(kind, index), *offenders.related[i]]
        found.append(finding)
    return found


PERSON_MARK = "\u2063"  # invisible separator around what may be a person's name in a message; writers mask or unwrap it


def _param(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"person"}:
        return f"{PERSON_MARK}{value['person']}{PERSON_MARK}"
    if isinstance(value, dict) and set(value) == {"table"}:
        return table_name(value["table"])
    return value


def name_subject(org: Organization, kind: str, subject: Any) -> Subject:
    """A subject's id and name for readers."""
    if kind == "seat" and not isinstance(subject, str):
        return Subject(kind, str(org.seats["id"].iat[int(subject)]), org.seat_names(np.array([subject]))[0])
    if kind == "position":
        return Subject(kind, org.position_key(int(subject)), org.position_name(int(subject)))
    if kind == "department":
        return Subject(
            kind, str(org.departments["id"].iat[int(subject)]), str(org.departments["name"].iat[int(subject)])
        )
    if kind == "person":
        row = org.persons.iloc[int(subject)]
        name = str(row["name"]) if isinstance(row["name"], str) else ""
        return Subject(
            kind, str(row["employee_id"]) if isinstance(row["employee_id"], str) else name, name, person=True
        )
    if isinstance(subject, tuple):
        return Subject(kind, str(subject[0]), str(subject[1]))
    return Subject(kind, str(subject), str(subject), person=kind == "reference")


def _fingerprint(code: str, subjects: list[Subject], key: str, seen: Counter[str]) -> str:
    primary = subjects[0]
    text = "\x1f".join(
        [
            code,
            primary.kind,
            values.key(primary.id),
            values.key(key),
            *sorted(f"{s.kind}={values.key(s.id)}" for s in subjects[1:3]),
        ]
    )
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    seen[digest] += 1
    return f"{code}-{digest}" + (f"-{seen[digest]}" if seen[digest] > 1 else "")


def _evidence(org: Organization, table: str, name: str | None, row: int) -> Evidence:
    return Evidence(org.table(table).cell(row, name), table, name, row)


def _seats_of(org: Organization, kind: str, subject: Any) -> list[int]:
    if kind == "seat" and not isinstance(subject, str):
        return [int(subject)]
    if kind == "position":
        return list(org.position_seats(int(subject)).tolist())
    if kind == "person":
        return list(org.person_seats(int(subject)).tolist())
    return []


def _decider(org: Organization, kind: str, subject: Any) -> int:
    if kind == "department":
        return int(subject)
    seats = _seats_of(org, kind, subject)
    return int(org.seats["department"].iat[seats[0]]) if seats else -1


def _link_causes(findings: list[Finding], runs: dict[str, CheckRun]) -> None:
    """Turn the causes that checks named into ids of findings; a cause that was not found leaves the finding on its own."""
    wanted = {finding.follows[0] for finding in findings if finding.follows}
    index: dict[tuple[str, str, Any], str] = {}
    for code in wanted:
        for finding in runs[code].findings if code in runs else ():
            for kind, subject in finding.about:
                index.setdefault(
                    (code, kind, subject if isinstance(subject, str | tuple) else int(subject)), finding.id
                )
            for seat in finding.seats:
                index.setdefault((code, "seat", seat), finding.id)
    for finding in findings:
        cause = finding.follows
        if cause:
            code, kind, subject = cause
            own = subject if isinstance(subject, str | tuple) or subject is None else int(subject)
            found = index.get((code, kind, own))
            finding.cause = found if found != finding.id else None


def _waive(org: Organization, findings: list[Finding]) -> list[int]:
    """Mark findings that a valid waiver covers; rows of waivers that match nothing are returned.

    A waiver without a compensating control, without an owner, or past its date leaves its finding open (domain.md C13).
    """
    unused = []
    for number, waiver in enumerate(org.waivers):
        code, subject = (waiver.get("code") or "").strip().upper(), values.key(waiver.get("subject") or "")
        covered = [
            f
            for f in findings
            if f.code == code and any(subject in (values.key(s.id), values.key(s.name)) for s in f.subjects)
        ]
        if not covered:
            unused.append(number)
        expires = values.date(waiver.get("expires") or "")
        expired = expires is not None and expires < np.datetime64(org.as_of)
        for finding in covered if waiver.get("control") and waiver.get("owner") and not expired else ():
            finding.status = "waived"
            finding.waiver = number
    accepted = {finding.id: finding.waiver for finding in findings if finding.status == "waived"}
    for finding in findings:  # what follows from something accepted is accepted with it
        if finding.cause in accepted and finding.status == "open":
            finding.status, finding.waiver = "waived", accepted[finding.cause]
    return unused


def _notes(org: Organization, runs: dict[str, CheckRun], unused: list[int]) -> list[dict[str, str]]:
    """Sentences about the whole audit: modes not given, references repaired, waivers that match nothing."""
    from orgaudit.checks.indicator_sets import modes_unstated

    notes = []
    if runs["RDY-04"].status != DISABLED and modes_unstated(org):
        notes.append({"key": "modes_unstated"} | texts.both("checks.notes.modes_unstated"))
    if "indicators" not in org.review:
        notes.append({"key": "no_indicators"} | texts.both("checks.notes.no_indicators"))
    if unused:
        notes.append({"key": "waivers_unused"} | texts.both("checks.notes.waivers_unused", n=len(unused)))
    if org.repairs:
        notes.append({"key": "repairs"} | texts.both("checks.notes.repairs", n=org.repairs))
    n = int((~org.listed_seats).sum())
    if n:
        notes.append({"key": "further_posts"} | texts.both("checks.notes.further_posts", n=n))
    if org.derived_superiors:
        notes.append({"key": "derived_superiors"} | texts.both("checks.notes.derived_superiors"))
    return notes
