"""The command line: thin commands, each around one public function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

import orgaudit
from orgaudit import errors, texts
from orgaudit.cli_lexicon import lexicon
from orgaudit.errors import OrgauditError
from orgaudit.terminal import Progress, guarded, language, say

_SEVERITIES = ("blocker", "high", "medium", "low", "info")
_FORMATS = ("html", "json", "xlsx")
_DOCUMENTS = ("jobs", "none")


class _Codes(click.ParamType[tuple[str, ...]]):
    name = "CODE,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return (
            value
            if isinstance(value, tuple)
            else tuple(part.strip().upper() for part in str(value).split(",") if part.strip())
        )


class _Choices(click.ParamType[tuple[str, ...]]):
    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        self.name = ",".join(allowed)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        parts = (
            value if isinstance(value, tuple) else tuple(part.strip() for part in str(value).split(",") if part.strip())
        )
        for part in parts:
            if part not in self.allowed:
                self.fail(f"{part!r}: {', '.join(self.allowed)}", param, ctx)
        return parts


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(orgaudit.__version__, prog_name="orgaudit")
def main() -> None:
    """Audit org charts and responsibility tables before performance reviews start."""


main.add_command(lexicon)


def _run_options(function: Callable[..., None]) -> Callable[..., None]:
    """Options that audit and demo share."""
    for option in reversed(
        [
            click.option(
                "--lang",
                type=click.Choice(["zh", "en", "auto"]),
                default="auto",
                help="Language pages open in; both are always there.",
            ),
            click.option(
                "--as-of",
                type=click.DateTime(["%Y-%m-%d"]),
                default=None,
                help="Date validities are read at; default today.",
            ),
            click.option(
                "--format",
                "formats",
                type=_Choices(_FORMATS),
                default="html,json",
                show_default=True,
                help="What to write.",
            ),
            click.option(
                "--documents",
                type=_Choices(_DOCUMENTS),
                default=None,
                help="Documents to write; default jobs up to 2,000 positions.",
            ),
            click.option("--names", is_flag=True, help="Show names of persons in pages (default: titles)."),
            click.option("--force", is_flag=True, help="Replace an output folder that orgaudit did not write."),
            click.option("-q", "--quiet", is_flag=True, help="No summary, no progress."),
            click.option("-v", "--verbose", is_flag=True, help="Say what is being done."),
            click.option("--no-color", is_flag=True, help="Plain text."),
            click.option("--debug", is_flag=True, help="Tracebacks on internal errors."),
        ]
    ):
        function = option(function)
    return function


@main.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the report.")
@click.option(
    "--config", type=click.Path(path_type=Path), help="orgaudit.toml; default: the one beside the first input."
)
@click.option("--mapping", type=click.Path(path_type=Path), help="How to read the columns (inspect --save-mapping).")
@click.option("--select", type=_Codes(), default="", help="Only these checks or principles (SUP, AUT-01).")
@click.option("--ignore", type=_Codes(), default="", help="Not these checks or principles.")
@click.option("--fail-on", type=click.Choice(_SEVERITIES), help="Exit 1 when an open finding is at least that severe.")
@click.option(
    "--embedding-model",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of a local sentence-embedding model as a further proposer of overlaps (orgaudit[semantic]).",
)
@click.option("--anonymize", is_flag=True, help="Pseudonyms for persons everywhere.")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="Key of the pseudonyms; default orgaudit.key beside the first input, made once.",
)
@_run_options
def audit(inputs: tuple[Path, ...], out: Path, **options: Any) -> None:
    """Audit files and folders of one review and write the report to a folder."""
    guarded(options, lambda: sys.exit(_audit(list(inputs), out, options)))


@main.command()
@click.option(
    "-o", "--out", default=Path("orgaudit-demo"), type=click.Path(path_type=Path), help="Folder for the reports."
)
@_run_options
def demo(out: Path, **options: Any) -> None:
    """Audit the sample companies that come with the package."""

    def run() -> NoReturn:
        from datetime import datetime

        from orgaudit.writing import templates

        code = 0
        options["as_of"] = options["as_of"] or datetime(2026, 11, 1)
        for company in sorted(path for path in templates.folder("sample_data").iterdir() if path.is_dir()):
            if not options["quiet"]:
                click.echo(click.style(f"\n{company.name}", bold=True))
            code = max(code, _audit([company], out / company.name, options))
        sys.exit(code)

    guarded(options, run)


@main.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="How to read the columns (from --save-mapping).")
@click.option("--save-mapping", type=click.Path(path_type=Path), help="Write how the columns were read, to be edited.")
@click.option("--config", type=click.Path(path_type=Path), help="An orgaudit.toml; default: beside the first input.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date validities are read at; default today.")
@click.option("--lang", type=click.Choice(["zh", "en", "auto"]), default="auto", help="Language of the answer.")
@click.option("--debug", is_flag=True, help="Tracebacks on internal errors.")
def inspect(inputs: tuple[Path, ...], lang: str, debug: bool, **options: Any) -> None:
    """Say how every sheet and column was understood, and what each principle still needs."""

    def run() -> None:
        from orgaudit import describing, pipeline

        review = orgaudit.read(list(inputs), mapping=options["mapping"])
        org = pipeline.inspect(
            review,
            as_of=options["as_of"].date() if options["as_of"] else None,
            settings=pipeline.load_settings(options["config"], list(inputs)),
        )
        told = language(lang, review)
        click.echo(describing.inspection(review, told, org))
        if options["save_mapping"]:
            describing.save_mapping(review, options["save_mapping"], told)
            click.echo(texts.get(told)("cli.inspect.mapping_saved", path=options["save_mapping"]))
        if review.problems:
            for problem in review.problems:
                say(problem, language(lang, review))
            sys.exit(errors.PARTLY_DONE)

    guarded({"lang": lang, "debug": debug}, run)


@main.command()
@click.option("--principle", type=str, help="Only the checks of one principle (SUP).")
@click.option("--lang", type=click.Choice(["zh", "en", "auto"]), default="auto", help="Language of the list.")
def checks(principle: str | None, lang: str) -> None:
    """List the checks."""

    def run() -> None:
        from orgaudit import describing
        from orgaudit.checks import PRINCIPLES

        if principle and principle.upper() not in PRINCIPLES:
            raise OrgauditError("unknown_selection", code=principle)
        click.echo(describing.check_list(principle.upper() if principle else None, language(lang)))

    guarded({"lang": lang}, run)


@main.command()
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="orgaudit.toml (default: beside the first input).")
@click.option("--changed", is_flag=True, help="Only what the file says.")
@click.option("--lang", type=click.Choice(["zh", "en", "auto"]), default="auto", help="Language of the comments.")
def config(inputs: tuple[Path, ...], config: Path | None, changed: bool, lang: str) -> None:
    """Print the settings in effect and where each comes from; the output is itself an orgaudit.toml."""

    def run() -> None:
        from orgaudit import effective
        from orgaudit.pipeline import load_settings

        settings = load_settings(config, [str(path) for path in inputs])
        click.echo(effective.as_toml(settings, language(lang), changed=changed))

    guarded({"lang": lang}, run)


@main.command()
@click.argument("code")
@click.option("--lang", type=click.Choice(["zh", "en", "auto"]), default="auto", help="Language of the text.")
def explain(code: str, lang: str) -> None:
    """Explain one check in full: logic, threshold and source, what is no finding, remedy, examples."""

    def run() -> None:
        import difflib

        from orgaudit import describing
        from orgaudit.checks import all_checks

        known = all_checks()
        if code.upper() not in known:
            spelled = code.upper()[:3] + code.upper()[3:].replace("O", "0")  # the letter for the digit
            near = difflib.get_close_matches(spelled, list(known), 1)
            raise OrgauditError("unknown_check", code=code, nearest=f" {near[0]}?" if near else "")
        click.echo(describing.explanation(code.upper(), language(lang)))

    guarded({"lang": lang}, run)


def _audit(inputs: list[Path], out: Path, options: dict[str, Any]) -> int:
    """Read, audit, write, and print the summary; the exit code of the run."""
    from orgaudit import describing
    from orgaudit.pipeline import load_settings

    show = Progress(quiet=options["quiet"], verbose=options["verbose"])
    settings = load_settings(options.get("config"), inputs)
    settings.embedding_model = options.get("embedding_model")
    if settings.embedding_model:
        from orgaudit.understanding import embedding

        embedding.load(settings.embedding_model)  # a model that cannot be read is told before anything else
    _known_codes(options)
    review = orgaudit.read(inputs, mapping=options.get("mapping"), progress=show)
    if options.get("anonymize"):
        from orgaudit.reading import anonymizing

        anonymizing.anonymize(review, anonymizing.load_key(options.get("key"), inputs))
    result = orgaudit.audit(
        review,
        settings=settings,
        as_of=options["as_of"].date() if options["as_of"] else None,
        select=options.get("select") or (),
        ignore=options.get("ignore") or (),
        progress=show,
    )
    lang = language(options["lang"], review)
    documents = None if options["documents"] is None else [name for name in options["documents"] if name != "none"]
    written = orgaudit.write_report(
        result,
        out,
        formats=options["formats"],
        documents=documents,
        lang=lang,
        names=options["names"],
        anonymized=bool(options.get("anonymize")),
        force=options["force"],
        progress=show,
    )
    show.done()
    for problem in review.problems:
        say(problem, lang)
    if review.unused_mappings:
        numbers = ", ".join(map(str, review.unused_mappings))
        click.echo(texts.get(lang)("cli.inspect.mapping_unused", numbers=numbers), err=True)
    if not options["quiet"]:
        color = sys.stdout.isatty() and not options["no_color"]
        click.echo(describing.summary(result, written, lang, color=color), color=color)
    if options["debug"]:
        for run in result.runs.values():
            if run.trace:
                click.echo(run.trace, err=True)
    if review.problems or any(run.status == "error" for run in result.runs.values()):
        return errors.PARTLY_DONE
    worst = options.get("fail_on")
    return int(
        bool(worst)
        and any(
            f.status == "open" and _SEVERITIES.index(f.severity) <= _SEVERITIES.index(worst) for f in result.findings
        )
    )


def _known_codes(options: dict[str, Any]) -> None:
    from orgaudit.checks import PRINCIPLES, all_checks

    for code in (*(options.get("select") or ()), *(options.get("ignore") or ())):
        if code not in PRINCIPLES and code not in all_checks():
            raise OrgauditError("unknown_selection", code=code)


if __name__ == "__main__":
    main()
