"""`orgaudit lexicon`: look into what the tool knows about pieces of work, and teach it an organization's own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import orgaudit
from orgaudit import errors, texts
from orgaudit.errors import OrgauditError
from orgaudit.terminal import guarded, language, say

_LANG = click.option("--lang", type=click.Choice(["zh", "en", "auto"]), default="auto", help="Language of the answer.")
_CONFIG = click.option("--config", type=click.Path(path_type=Path), help="An orgaudit.toml with names of your own.")


@click.group()
def lexicon() -> None:
    """Pieces of work and the names that people have for them."""


@lexicon.command("list")
@click.option("--function", "function", type=str, help="Only the activities of one function.")
@_LANG
def list_(function: str | None, lang: str) -> None:
    """List the activities: id, name, function."""

    def run() -> None:
        from orgaudit import duty_words

        click.echo(duty_words.activities(function, language(lang)))

    guarded({"lang": lang}, run)


@lexicon.command()
@click.argument("statement", nargs=-1, required=True)
@_CONFIG
@_LANG
def explain(statement: tuple[str, ...], config: Path | None, lang: str) -> None:
    """Say how a duty statement is understood; of two statements also whether they claim the same work."""

    def run() -> None:
        from orgaudit import duty_words
        from orgaudit.pipeline import load_settings

        settings = load_settings(config, [])
        click.echo(duty_words.explanation(list(statement), settings.lexicon, language(lang)))

    guarded({"lang": lang}, run)


@lexicon.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="How to read the columns (inspect --save-mapping).")
@_CONFIG
@_LANG
def unmatched(inputs: tuple[Path, ...], mapping: Path | None, config: Path | None, lang: str) -> None:
    """List the duties that the lexicon knows no activity for: the worklist of names to add."""

    def run() -> None:
        from orgaudit import duty_words, pipeline

        review = orgaudit.read(list(inputs), mapping=mapping)
        settings = pipeline.load_settings(config, list(inputs))
        click.echo(duty_words.worklist(review, settings.lexicon, language(lang, review)))
        for problem in review.problems:
            say(problem, language(lang, review))
        if review.problems:
            raise SystemExit(errors.PARTLY_DONE)

    guarded({"lang": lang}, run)


@lexicon.command()
@click.argument("activity")
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("orgaudit.toml"),
    show_default=True,
    help="File to add to.",
)
@_LANG
def add(activity: str, names: tuple[str, ...], config: Path, lang: str) -> None:
    """Add names to an activity in orgaudit.toml: `orgaudit lexicon add hr_recruitment "补员 普工"`.

    A name is one or more terms that a statement must all have; | separates words that may stand for one term.
    """

    def run() -> None:
        added = _add(activity, names, config)
        click.echo(texts.get(language(lang))("cli.lexicon.added", n=added, activity=activity, file=str(config)))

    guarded({"lang": lang}, run)


def _add(activity: str, names: tuple[str, ...], path: Path) -> int:
    """Write further names below [lexicon], keeping comments and order; how many were new."""
    import codecs
    import difflib
    import os
    import shutil

    import tomlkit
    from tomlkit.exceptions import ParseError

    from orgaudit import catalog

    known = catalog.activity_names()
    folded = {name.casefold(): own for name, own in known.items()}
    own = folded.get(activity.casefold())
    if own is None:
        near = difflib.get_close_matches(activity.casefold(), list(folded), 1, 0.4)
        raise OrgauditError("unknown_activity", activity=activity, nearest=f" {near[0]}?" if near else "")
    for name in names:
        if not _can_match(name):
            raise OrgauditError("lexicon_name", name=name if name.isprintable() else ascii(name)[1:-1])
    path = path.resolve()
    if path.exists() and (not path.is_file() or not os.access(path, os.W_OK) or not path.stat().st_mode & 0o200):
        raise OrgauditError("config_read_only", exit_code=errors.OUTPUT_FAILED, file=path.name)
    try:
        data = path.read_bytes() if path.exists() else b""
        document: Any = tomlkit.parse(data.decode("utf-8-sig"))
    except (ParseError, UnicodeDecodeError) as error:
        raise OrgauditError("config_syntax", file=path.name, cause=str(error)) from None
    except OSError as error:
        raise OrgauditError("unreadable", file=path.name, cause=error.strerror or "") from None
    section = document.setdefault("lexicon", tomlkit.table())
    if not isinstance(section, dict):
        raise OrgauditError("config_mistakes", file=path.name, n=1, listed="lexicon (type: table)")
    key = next((spelled for spelled in section if folded.get(spelled.casefold()) == own), own)
    listed = section.setdefault(key, tomlkit.array())
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise OrgauditError("config_mistakes", file=path.name, n=1, listed=f'lexicon.{key} (type: ["…", "…"])')
    new = [name for name in dict.fromkeys(names) if name not in listed]
    listed.extend(new)
    written = tomlkit.dumps(document).encode("utf-8")
    if data.startswith(codecs.BOM_UTF8):
        written = codecs.BOM_UTF8 + written
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(written)
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OrgauditError(
            "output", exit_code=errors.OUTPUT_FAILED, file=path.name, cause=error.strerror or ""
        ) from None
    return len(new)


def _can_match(name: str) -> bool:
    """Whether a statement could have this name: it needs a term, of characters that a text can hold."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return name.isprintable() and any(part.strip("-|") for part in name.split() if not part.startswith("-"))
