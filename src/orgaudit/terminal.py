"""How commands speak to a terminal: the language of a run, errors that a person can act on, progress. Light to import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from orgaudit import texts
from orgaudit.errors import OrgauditError


def language(asked: str, review: Any = None) -> str:
    """The language of a run: what was asked for, else that of the input, else that of the terminal."""
    if asked != "auto":
        return asked
    if review is not None:
        return str(review.language)
    import locale

    return "zh" if (locale.getlocale()[0] or "").startswith(("zh", "Chinese")) else "en"


def guarded(options: dict[str, Any], function: Callable[[], object]) -> None:
    """Run a command; turn every failure into lines that a person can act on and the contract's exit code."""
    for stream in (sys.stdout, sys.stderr):  # a narrow console shows what it can and never fails
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        function()
    except OrgauditError as error:
        say(error, language(str(options.get("lang") or "auto")))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except (click.ClickException, click.exceptions.Exit, SystemExit):
        raise
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if options.get("debug"):
            raise
        say(OrgauditError("internal", kind=type(error).__name__), language(str(options.get("lang") or "auto")))
        sys.exit(70)


def say(error: OrgauditError, lang: str) -> None:
    """An error in at most three lines: where and what, then the remedy."""
    tell = texts.get(lang)
    place = " · ".join(part for part in (error.file, error.sheet, error.cell) if part)
    what = tell(f"errors.{error.key}.what", **error.params)
    click.echo(visible(f"{place}: {what}" if place else what), err=True)
    click.echo(visible("  " + tell(f"errors.{error.key}.remedy", **error.params)), err=True)


def visible(text: str) -> str:
    """Control characters and direction marks as escapes, so that data cannot steer the terminal."""
    return "".join(c if c.isprintable() or c in "\n\u3000" else f"\\x{ord(c):02x}" for c in text)


class Progress:
    """One line on the error stream that says what is going on; silent in a pipe."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self.live = sys.stderr.isatty() and not quiet
        self.verbose = verbose and not quiet
        self.stage = ""

    def __call__(self, stage: str, item: str) -> None:
        if self.verbose:
            click.echo(visible(f"{stage} {item}".rstrip()), err=True)
        elif self.live and stage != self.stage:
            click.echo(f"\r\033[K{stage} …", err=True, nl=False)
        self.stage = stage

    def done(self) -> None:
        """Clear the line."""
        if self.live and not self.verbose:
            click.echo("\r\033[K", err=True, nl=False)
