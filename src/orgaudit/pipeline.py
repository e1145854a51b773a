"""The whole way in three steps: read, audit, write. The command line and Python callers use the same functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orgaudit.settings import Settings

if TYPE_CHECKING:
    from orgaudit.auditing import Audit
    from orgaudit.organization import Organization
    from orgaudit.table import Review

Progress = Callable[[str, str], None]
JOBS_BY_DEFAULT = 2000


def read(
    inputs: str | Path | Sequence[str | Path], *, mapping: str | Path | None = None, progress: Progress | None = None
) -> Review:
    """Read spreadsheets and folders of spreadsheets as one review.

    Args:
        inputs: one path or several.
        mapping: a mapping.toml that says how certain sheets are to be read.
        progress: called with a stage name and what it is at.

    Raises:
        OrgauditError: nothing could be read.
    """
    from orgaudit import reading

    paths = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    told = None
    if mapping is not None:
        from orgaudit.reading import mapping as mappings

        told = mappings.load(Path(mapping))
    return reading.read(paths, (lambda name: progress("reading", name)) if progress else None, told)


def load_settings(config: str | Path | None, inputs: Sequence[str | Path]) -> Settings:
    """The settings of a run: the named orgaudit.toml, else the one beside the first input, else the defaults.

    Raises:
        OrgauditError: the file is named but missing, or holds mistakes (all are listed).
    """
    from orgaudit import settings
    from orgaudit.checks import all_checks

    path = Path(config) if config else None
    if path is None and inputs:
        first = Path(inputs[0])
        beside = (first if first.is_dir() else first.parent) / "orgaudit.toml"
        path = beside if beside.is_file() else None
    if path is None:
        return Settings()
    return settings.load(path, {code: check.thresholds for code, check in all_checks().items()})


def inspect(review: Review, *, as_of: date | None = None, settings: Settings | None = None) -> Organization:
    """Link a review without judging it: what its references mean, and where every row of posts went.

    Args:
        review: what :func:`read` returned; its ledger is brought up to date.
        as_of, settings: as for :func:`audit`.
    """
    from orgaudit.linking import link

    return link(review, settings or load_settings(None, review.inputs), as_of or date.today())


def audit(
    review: Review | str | Path | Sequence[str | Path],
    *,
    as_of: date | None = None,
    settings: Settings | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Progress | None = None,
) -> Audit:
    """Audit a review, or the files and folders that hold it.

    Args:
        review: what :func:`read` returned, or paths.
        as_of: date that validities are read at; today by default.
        settings: what orgaudit.toml says; by default the one beside the first input.
        select, ignore: check codes or principle keys.

    Raises:
        OrgauditError: nothing could be read.
    """
    from orgaudit import auditing
    from orgaudit.linking import link
    from orgaudit.table import Review

    if not isinstance(review, Review):
        review = read(review, progress=progress)
    if settings is None:
        settings = load_settings(None, review.inputs)
    if progress:
        progress("linking", "")
    org = link(review, settings, as_of or date.today())
    return auditing.run(
        org, select=select, ignore=ignore, progress=(lambda code: progress("checking", code)) if progress else None
    )


@dataclass
class Written:
    """What a run left: the folder, how many job descriptions, files of the user's that were put aside."""

    out: Path
    jobs: int = 0
    jobs_left_out: bool = False
    kept: list[str] = field(default_factory=list)


def write_report(
    result: Audit,
    out: str | Path,
    *,
    formats: Sequence[str] = ("html", "json"),
    documents: Sequence[str] | None = None,
    lang: str | None = None,
    names: bool = False,
    anonymized: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write an audit as a folder: index.html, audit.json, register.xlsx, jobs/ and manifest.json.

    Args:
        result: the audit.
        out: the folder; replaced as a whole, edited files in it are kept under ``kept/``.
        formats: ``html``, ``json``, ``xlsx`` (the register).
        documents: ``jobs``, or nothing; by default jobs up to 2,000 positions.
        lang: the language pages open in (``en``, ``zh``); by default that of the input.
        names: show names of persons in pages. ``anonymized`` input shows its pseudonyms.
        force: replace a folder that orgaudit did not write.

    Raises:
        OrgauditError: the folder cannot be written; what was there before is untouched.
    """
    from orgaudit.drafting import jobs
    from orgaudit.writing import audit_json, folder

    lang = lang or result.org.review.language
    many = jobs.count(result) > JOBS_BY_DEFAULT
    wanted = documents if documents is not None else ([] if many or "html" not in formats else ["jobs"])
    done = Written(Path(out), jobs_left_out=documents is None and many)

    def write(target: Path) -> None:
        if progress:
            progress("writing", "")
        if "json" in formats:
            (target / "audit.json").write_text(audit_json.dumps(audit_json.as_data(result)), "utf-8")
        if "xlsx" in formats:
            from orgaudit.writing import register

            register.write(result, target / "register.xlsx", lang, names=names or anonymized)
        if "html" in formats:
            from orgaudit.writing import html, report

            page = html.report_page(
                report.model(result, names=names, anonymized=anonymized, lang=lang, jobs="jobs" in wanted), lang
            )
            (target / "index.html").write_text(page, "utf-8")
        if "jobs" in wanted and len(result.org.positions):
            done.jobs = _write_jobs(result, target / "jobs", lang, names or anonymized, progress)

    done.kept = folder.publish(done.out, write, force=force)
    return done


def _write_jobs(result: Audit, target: Path, lang: str, names: bool, progress: Progress | None) -> int:
    from orgaudit.drafting import jobs
    from orgaudit.writing import html

    target.mkdir(mode=0o700)
    drafts = jobs.draft(result, names=names)
    for job in drafts:
        if progress:
            progress("drafting", job["file"])
        (target / job["file"]).write_text(html.job_page(job, lang), "utf-8")
    (target / "index.html").write_text(html.jobs_index(drafts, lang), "utf-8")
    return len(drafts)
