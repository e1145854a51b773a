"""The output folder: built beside, moved into place as a whole, and never over what somebody edited.

``manifest.json`` holds the hashes of what was written. On the next run files that still match are replaced, files that
somebody changed move to ``kept/DATE``, and files that orgaudit never wrote stay where they are.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from orgaudit.errors import OUTPUT_FAILED, OrgauditError
from orgaudit.version import __version__

MANIFEST = "manifest.json"


def publish(out: Path, write: Callable[[Path], None], *, force: bool = False) -> list[str]:
    """Write a folder through ``write`` (called with an empty private folder) and put it at ``out``.

    Returns:
        Relative paths of files that somebody had edited, now under ``kept/DATE``.

    Raises:
        OrgauditError: ``out`` holds something that orgaudit did not write and ``force`` is off, or the disk refuses.
    """
    try:
        _may_replace(out, force)
        parent = out.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        prefix = f".orgaudit-{out.name}-"
        _clean_up(parent, prefix, out)
        work = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            new = work / "new"
            new.mkdir(mode=0o700)
            write(new)
            _seal(new)
            kept = _carry_over(out, new)
            if out.exists():
                out.replace(work / "old")
            new.replace(out)
        finally:
            if not out.exists() and (work / "old").exists():
                (work / "old").replace(out)
            shutil.rmtree(work, ignore_errors=True)
        return kept
    except OSError as error:
        raise OrgauditError(
            "output", exit_code=OUTPUT_FAILED, file=str(out), cause=error.strerror or type(error).__name__
        ) from error


def _may_replace(out: Path, force: bool) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OrgauditError("output_is_file", exit_code=OUTPUT_FAILED, file=str(out))
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file() and not force:
        raise OrgauditError("output_foreign", exit_code=OUTPUT_FAILED, file=str(out))


def _clean_up(parent: Path, prefix: str, out: Path) -> None:
    """Remove what a killed run for the same folder left; if it died between its two moves, put the old folder back."""
    for leftover in parent.glob(f"{prefix}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            if (leftover / "old").is_dir() and not out.exists():
                (leftover / "old").replace(out)
            shutil.rmtree(leftover, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _seal(new: Path) -> None:
    """Write the manifest and close the folder to others."""
    hashes = {path.relative_to(new).as_posix(): _digest(path) for path in _files(new)}
    manifest = {"tool": "orgaudit", "version": __version__, "files": hashes}
    (new / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    for path in [new, *new.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)


def _carry_over(out: Path, new: Path) -> list[str]:
    """Take along what is not ours: edited files to ``kept/DATE``, files never written here to where they stood."""
    if not out.is_dir():
        return []
    try:
        written = json.loads((out / MANIFEST).read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        written = {}
    kept = []
    for path in _files(out):
        name = path.relative_to(out).as_posix()
        if name == MANIFEST or (name in written and _digest(path) == written[name]):
            continue
        edited = name in written or (new / name).exists()
        target = new / "kept" / date.today().isoformat() / name if edited else new / name
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{path.stem}-{number}{path.suffix}")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copy2(path, target)
        if edited:
            kept.append(target.relative_to(new).as_posix())
    return kept
