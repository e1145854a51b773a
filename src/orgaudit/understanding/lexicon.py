"""The lexicon of activities: pieces of work, and the names that people have for them.

A name is a few terms that a text must all have; a term lists words that may stand for it. The files of catalog/lexicon hold
them, one per function; an organization adds names of its own in orgaudit.toml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orgaudit import catalog
from orgaudit.reading import values
from orgaudit.understanding.terms import CHINESE, normal
from orgaudit.understanding.things import small_words

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Activity:
    """One piece of work: ``function`` is a function's key or empty, ``stage`` the kind of acting that it usually is."""

    id: str
    function: str
    stage: str
    en: str
    zh: str


@dataclass
class Names:
    """All names in columns: name ``i`` is of ``activity[i]`` and has the terms ``wanted[i]``, none of ``barred[i]``."""

    activity: list[int] = field(default_factory=list)
    wanted: list[list[int]] = field(default_factory=list)
    barred: list[list[int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.activity)


class Lexicon:
    """Activities and their names.

    ``terms`` are tuples of words, ``words`` the distinct words of all terms (English ones as they are compared).
    """

    def __init__(self, extra: Mapping[str, Sequence[str]] | None = None) -> None:
        """``extra``: further names of activities, by id or display name."""
        self.activities: list[Activity] = []
        self.functions: list[str] = [""]  # keys; the first stands for work outside the catalogue
        self.function_of: list[int] = []
        self.cues: list[tuple[int, int]] = []  # (function, word)
        self.names = Names()
        self.words: dict[str, int] = {}
        self.terms: list[tuple[int, ...]] = []
        self._term: dict[tuple[str, bool], int] = {}
        self._spelled: dict[tuple[str, bool], int] = {}
        self._known: dict[str, int] = {}
        numbers: dict[str, int] = {"": 0}
        for file in catalog.lexicon():
            function = numbers.setdefault(values.key(file.get("function", "")), len(numbers))
            for entry in file["activity"]:
                self._activity(entry, function, list(numbers)[function])
            for lang in LANGUAGES:
                for cue in file.get(f"cues_{lang}", "").split():
                    if (word := self._word(cue, lang == "zh")) >= 0:
                        self.cues.append((function, word))
        self.functions = list(numbers)
        for name, spellings in (extra or {}).items():
            number = self.find(name)
            if number is not None:
                for spelling in spellings:
                    self._name(number, spelling, CHINESE.search(spelling) is not None)

    def find(self, name: str) -> int | None:
        """The number of an activity by its id or either of its names."""
        return self._known.get(values.key(name))

    def _activity(self, entry: Mapping[str, object], function: int, key: str) -> None:
        number = len(self.activities)
        activity = Activity(str(entry["id"]), key, str(entry["stage"]), str(entry["en"]), str(entry["zh"]))
        self.activities.append(activity)
        self.function_of.append(function)
        for known in (activity.id, activity.en, activity.zh):
            self._known.setdefault(values.key(known), number)
        for lang in LANGUAGES:
            for spelling in entry[f"names_{lang}"]:  # type: ignore[attr-defined]
                self._name(number, spelling, lang == "zh")

    def _name(self, activity: int, spelling: str, chinese: bool) -> None:
        wanted: list[int] = []
        barred: list[int] = []
        for part in spelling.split():
            number = self._term_number(part.lstrip("-"), chinese)
            if self.terms[number]:
                (barred if part.startswith("-") else wanted).append(number)
        if wanted:
            self.names.activity.append(activity)
            self.names.wanted.append(wanted)
            self.names.barred.append(barred)

    def _term_number(self, spelled: str, chinese: bool) -> int:
        key = (spelled, chinese)
        number = self._term.get(key)
        if number is None:
            number = self._term[key] = len(self.terms)
            words = [self._word(word, chinese) for word in spelled.split("|") if word]
            self.terms.append(tuple(word for word in words if word >= 0))
        return number

    def _word(self, spelled: str, chinese: bool) -> int:
        """The number of a word; -1 for small English words, which no name can rest on."""
        number = self._spelled.get((spelled, chinese))
        if number is None:
            word = values.key(spelled)
            if not chinese and not CHINESE.search(word):
                word = "" if word in small_words() else normal(word)
            number = self.words.setdefault(word, len(self.words)) if word else -1
            self._spelled[spelled, chinese] = number
        return number
