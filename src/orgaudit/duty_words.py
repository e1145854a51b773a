"""What the terminal says about the words of duties: activities, how a statement is understood, what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from orgaudit import catalog, texts, understanding
from orgaudit.errors import OrgauditError
from orgaudit.reading import values
from orgaudit.table import Review
from orgaudit.understanding import Understood, things

_KNOWN = 0.3  # evidence below which no activity is known
_LOOK = 0.3  # strength from which two statements are worth a look (DUT-01)


def activities(function: str | None, lang: str) -> str:
    """One line per activity, by function.

    Raises:
        OrgauditError: there is no such function.
    """
    names = understanding.function_names(lang)
    wanted = None
    if function is not None:
        spelled = {values.key(row[f"function_{side}"]): values.key(row["function_en"])
                   for row in catalog.table("functions") for side in ("en", "zh")}  # fmt: skip
        wanted = spelled.get(values.key(function))
        if wanted is None:
            raise OrgauditError("unknown_function", function=function)
    lines = []
    for file in catalog.lexicon():
        key = values.key(file["function"])
        if wanted in (None, key):
            lines.append(names.get(key) or texts.get(lang)("cli.lexicon.no_function"))
            lines += [f"  {entry['id']:28} {entry[lang]}" for entry in file["activity"]]
    return "\n".join(lines)


def explanation(statements: Sequence[str], extra: Mapping[str, Sequence[str]], lang: str) -> str:
    """How statements are understood, each for itself and every two together."""
    tell = texts.get(lang)
    known = list(dict.fromkeys(values.key(text) for text in statements))
    understood = understanding.read(known, extra)
    lines: list[str] = []
    for i, text in enumerate(known):
        lines += [f"“{text}”", *_statement(understood, i, lang), ""]
    one, two = np.triu_indices(len(known), 1)
    signals = understood.signals(one, two)
    for i, (a, b) in enumerate(zip(one.tolist(), two.tolist(), strict=True)):
        strength = float(signals.strength[i])
        verdict = "same" if strength >= _LOOK else "other"
        lines.append(tell(f"cli.lexicon.{verdict}", one=known[a], two=known[b], strength=f"{max(strength, 0):.2f}"))
        against = [
            name for name in ("twins", "acts", "scopes", "roles", "empty", "stages") if getattr(signals, name)[i]
        ]
        if against:
            lines.append(
                "  "
                + tell("cli.lexicon.against")
                + tell("cli.lexicon.join_reasons").join(tell(f"cli.lexicon.against_{name}") for name in against)
            )
        if signals.about[i] >= _KNOWN:
            activity = understood.weighing.lexicon.activities[int(signals.activity[i])]
            lines.append("  " + tell("cli.lexicon.common", activity=getattr(activity, lang)))
    return "\n".join(lines).rstrip()


def _statement(understood: Understood, i: int, lang: str) -> list[str]:
    tell, said = texts.get(lang), understood.statements[i]
    about, doing = understood.things.split[i]
    role = "empty" if said.empty else "assists" if said.assists else "leads"
    rows = [("role", tell(f"cli.lexicon.role_{role}"))]
    parts = things.parts(said.core)
    rows += [("parts", " · ".join(parts))] if len(parts) > 1 else []
    join = tell("cli.lexicon.join").join
    rows += [("acts", join(dict.fromkeys(doing))), ("things", join(dict.fromkeys(about)))]
    rows.append(("scope", join(understood.things.scope_names(i))))
    rows += [("activity", line) for part in parts for line in _activities(understood, part, lang, 4 // len(parts) or 1)]
    key, confidence = understood.suggested()[i]
    if key:
        rows.append(("function", f"{understanding.function_names(lang).get(key, key)}  {confidence:.0%}"))
    return [f"  {tell(f'cli.lexicon.{name}')}{value}" for name, value in rows if value]


def _activities(understood: Understood, part: str, lang: str, most: int) -> list[str]:
    """The activities that a piece of work speaks of most, with the words that say so."""
    weighing, tell = understood.weighing, texts.get(lang)
    hits = weighing.hits([part], [""])
    evidence = weighing.evidence(hits).tocoo()
    lines = []
    for at in np.argsort(-evidence.data, kind="stable")[:most]:
        if evidence.data[at] >= _KNOWN:
            activity = weighing.lexicon.activities[int(evidence.col[at])]
            words = tell("cli.lexicon.join").join(weighing.grounds(hits, int(evidence.col[at])))
            name = getattr(activity, lang)
            lines.append(
                tell("cli.lexicon.speaks", id=activity.id, name=name, strength=f"{evidence.data[at]:.2f}", words=words)
            )
    return lines


def worklist(review: Review, extra: Mapping[str, Sequence[str]], lang: str) -> str:
    """Duties that no activity is known for, most frequent first, with the nearest activity to add a name to."""
    tell = texts.get(lang)
    if "duties" not in review:
        raise OrgauditError("no_duties")
    column = review.tables["duties"].text("statement").dropna()
    keys = column.map(values.key)
    counts = keys.value_counts()
    understood = understanding.read([str(key) for key in counts.index], extra)
    strongest = np.asarray(understood.evidence.max(axis=1).todense()).ravel()
    open_ = np.flatnonzero((strongest < _KNOWN) & ~understood.flags("empty"))
    lines = [tell("cli.lexicon.unmatched", n=len(open_), total=len(counts))]
    nearest = np.asarray(understood.topics.argmax(axis=1)).ravel()
    spelled = dict(zip(keys, column, strict=True))
    for i in open_.tolist():
        activity = understood.weighing.lexicon.activities[int(nearest[i])]
        known = understood.topics[i].nnz > 0
        near = tell("cli.lexicon.nearest", id=activity.id, name=getattr(activity, lang)) if known else ""
        lines.append(f"  {int(counts.iloc[i])} ×  {spelled[understood.texts[i]]}{near}")
    if len(open_):
        lines.append(tell("cli.lexicon.teach"))
    return "\n".join(lines)
