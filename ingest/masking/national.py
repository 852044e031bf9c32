"""Numbers by which states identify people and companies.

A number is recognised by its printed form and its check digits, by python-stdnum. If such a form is common
among other numbers too, it also needs its name: before it in the same place, after it, or at the head of its
column. A number that has no check digits at all needs a form of its own or its name.
"""

import functools
import importlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from ingest.language.nationalnumbers import ANY_NUMBER, NUMBER_NAMES
from ingest.masking.findings import SEPARATOR, Finding, last


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to print the number of a country."""

    module: str
    """The module of python-stdnum that checks it."""
    pattern: re.Pattern[str]
    """Matches the printed form."""
    digits: int
    """Least number of digits in it."""
    labelled: bool
    """Whether it counts only beside its name."""


# In the forms, # is a digit, @ a letter, ? either, _ a separator that may be left out, - a separator, and
# every other character stands for itself.
_FORMS = """
    ch.ssn 756_####_####_##
    it.codicefiscale @@@_@@@_??@??_@???_@
    fr.nir #_##_##_#?_###_###_##
    fi.hetu ######[-+A-FU-Y]###?
    es.dni ########_@
    es.dni ##.###.###_@
    es.nie [XYZ]_#######_@
    mx.curp @@@@_######_@@@@@@_?#
    cn.ric ######_########_###?
    be.nn ##.##.##-###.##
    br.cpf ###.###.###-##
    br.cnpj ##.###.###/####-##
    cl.rut #?.###.###-?
    se.personnummer ######[-+]####
    se.personnummer ########[-]####
    no.fodselsnummer ######_#####
    is_.kennitala ######-####
    cz.rc ######/####
    ro.cnp #_######_######
    at.vnr ####_[0-3]#[01]###
    nl.bsn ####.##.###
    ie.pps #######_@@
    ie.pps #######@
    za.idnr ######_####_###
    kr.rrn [0-9]#[01]#[0-3]#-[1-8]######
    lv.pvn ######-#####
    si.emso #############
    lt.asmens ###########
    ee.ik ###########
    gr.amka ###########
    ar.cuit ##-########-#
    th.pin #-####-#####-##-#
    us.ssn ###-##-####
    in_.pan @@@[ABCFGHLJPT]@####@
    de.idnr ## ### ### ###
    tr.tckimlik ###########
    pl.pesel ###########
    br.cpf ###########
    br.cnpj ##############
    be.nn ###########
    se.personnummer ############

    de.idnr ##_###_###_### *
    at.tin ##_###_#### *
    au.tfn ###_###_### *
    ca.sin ###_###_### *
    co.nit #########_# *
    be.nn ##_##_##_###_## *
    br.cpf ###_###_###_## *
    br.cnpj ##_###_###_####_## *
    cz.rc ######_#### *
    se.personnummer ######_#### *
    dk.cpr ######_#### *
    bg.egn ########## *
    at.vnr ####_###### *
    ec.ci ########## *
    fr.nif ##_##_###_###_### *
    gb.nhs ###_###_#### *
    gb.utr #####_##### *
    hr.oib ########### *
    il.idnr #########  *
    in_.aadhaar ####_####_#### *
    my.nric ######-##-#### *
    nl.bsn ####_##_### *
    nl.bsn ###_###_### *
    nz.ird ##?_###_### *
    pe.cui ########_? *
    pl.nip ###_###_##_## *
    pl.nip ###_##_##_### *
    pt.nif ###_###_### *
    ru.inn ##########?? *
    ru.inn ########## *
    ua.rntrc ########## *
    us.ein ##-####### *
    us.itin ###_##_#### *
    us.ssn ###_##_#### *
    gb.nino @@_##_##_##_@ *
    luhn ##_##_##_####_# *
"""
"""The printed forms, by module; `*` marks those that need a name."""

_START, _END = r"(?<![A-Za-z0-9_])(?<![0-9a-f]{4}-)", r"(?![A-Za-z0-9]|-[0-9a-f]{4}-)"
"""What may not be beside a number: letters and digits, and the other parts of a UUID."""

_PARTS = {"#": r"\d", "@": "[A-Za-z]", "?": "[A-Za-z0-9]", "_": f"{SEPARATOR}?", "-": SEPARATOR}

_BRITISH = re.compile(
    rf"(?<![A-Za-z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:{SEPARATOR}?\d){{6}}"
    rf"{SEPARATOR}?[A-D](?![A-Za-z0-9])"
)
"""A British National Insurance number, which has no check digit and a form of its own."""

_REGION = re.compile(rf"\d(?:{SEPARATOR}?/?[A-Za-z]{{0,6}}{SEPARATOR}?\d){{5,}}")
"""Where a number may be: at least six digits with few letters among them."""

_LETTERS = re.compile(rf"{SEPARATOR}?[A-Za-z]{{1,2}}(?![A-Za-z])")
_LETTERS_BEFORE = re.compile(rf"(?<![A-Za-z])[A-Za-z]{SEPARATOR}?\Z")
"""Letters after and before digits that may belong to their number."""

_AROUND = 20
"""Characters around a region that may belong to its number."""

_BEFORE = 60
"""Characters before a number in which its name may stand."""

_AFTER = 24
"""Characters after it in which its name may stand."""

_LONGEST_LINE = 4_000
"""Characters of a line of a table; in longer ones, no head of a column is searched for."""

_CELLS = re.compile(r"[|\t;,]")
"""What separates the cells of a table."""


def national_numbers(text: str) -> Iterator[Finding]:
    """Numbers of people and companies. They may overlap; the first is the most certain."""
    for match in _BRITISH.finditer(text):
        yield Finding(match.start(), match.end(), last(match.group(), 2))
    names = _Names(text)
    for region in _REGION.finditer(text):
        digits = sum(map(str.isdigit, region.group()))
        start, end = max(0, region.start() - _AROUND), region.end() + _AROUND
        is_plain = region.group().isdigit() and not _LETTERS.match(text, region.end())
        is_plain = is_plain and not _LETTERS_BEFORE.search(text, start, region.start())
        may_be_named: bool | None = None
        for form in _plain_forms().get(digits, ()) if is_plain else _forms():
            if digits < form.digits:
                continue
            if form.labelled:
                if may_be_named is None:
                    may_be_named = names.may_stand_at(region.start(), region.end())
                if not may_be_named:
                    continue
            for match in form.pattern.finditer(text, start, end):
                if form.labelled and not names.stand_at(match.start(), match.end(), form.module):
                    continue
                if _is_valid(form.module, match.group()):
                    yield Finding(match.start(), match.end(), last(match.group(), 2))


@functools.cache
def _forms() -> tuple[_Form, ...]:
    forms = []
    for row in filter(None, map(str.split, _FORMS.splitlines())):
        # A form may contain a space, which stands for one or a line's end.
        module, marked = row[0], row[-1] == "*"
        form = "_ ".join(row[1:-1] if marked else row[1:])
        pattern = "".join(_translated(form))
        digits = form.count("#")
        forms.append(_Form(module, re.compile(f"{_START}{pattern}{_END}", re.I), digits, marked))
    return tuple(forms)


@functools.cache
def _plain_forms() -> dict[int, list[_Form]]:
    """The forms that digits without separators and letters can have, by their number."""
    forms: dict[int, list[_Form]] = {}
    for form in _forms():
        for digits in range(form.digits, form.digits + 4):
            if form.pattern.fullmatch("756" + "1" * (digits - 3)):
                forms.setdefault(digits, []).append(form)
    return forms


def _translated(form: str) -> Iterator[str]:
    """The parts of a form as regular expressions."""
    for part in re.findall(r"\[[^]]+\]|_ |.", form):
        if part.startswith("["):
            yield part
        elif part == "_ ":
            yield SEPARATOR
        else:
            yield _PARTS.get(part) or re.escape(part)


def _is_valid(module: str, number: str) -> bool:
    if module in _UNCHECKED:
        return True
    checker = _checker(module)
    compact = re.sub(rf"(?:{SEPARATOR}|/)", "" if module not in _KEEP else r"\g<0>", number).upper()
    return bool(checker.is_valid(compact)) and len(set(compact)) > 1


@functools.cache
def _checker(module: str) -> ModuleType:
    return importlib.import_module(f"stdnum.{module}")


_UNCHECKED = frozenset({"gb.nino", "kr.rrn", "us.ssn"})
"""Numbers that have no check digits, or no longer have any: their form or their name suffices."""

_KEEP = frozenset({"fi.hetu", "se.personnummer"})
"""Numbers in which the hyphen has a meaning."""


class _Names:
    """Finds the names of numbers in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._heads: dict[int, list[str]] = {}
        """The cells of the first lines of tables, by the place of the line."""

    def stand_at(self, start: int, end: int, module: str) -> bool:
        """Whether the name of the number at `start` is beside it, or at the head of its column."""
        text, name = self._text, _name(module)
        # Names of forms often stand on the line before.
        nearest = max(0, start - _BEFORE)
        lines = text[nearest:start].split("\n")
        if name.search("\n".join(lines[-2:])) or name.search(text[end : end + _AFTER].partition("\n")[0]):
            return True
        return bool(name.search(self._column(start, end)))

    def may_stand_at(self, start: int, end: int) -> bool:
        """Whether the name of any number is beside the row of digits at `start`, or heads its column."""
        around = self._text[max(0, start - _BEFORE) : end + _AFTER]
        return bool(_any_name().search(around) or _any_name().search(self._column(start, end)))

    def _column(self, start: int, end: int) -> str:
        """What heads the column that the number at `start` stands in; empty if it is in no table."""
        text = self._text
        line = text.rfind("\n", max(0, start - _LONGEST_LINE), start) + 1
        cells = len(_CELLS.findall(text, line, start)) if line else 0
        if not cells and not _CELLS.match(text[end : end + _AFTER].lstrip()[:1]):
            return ""
        head = self._head(start)
        return head[cells] if cells < len(head) else ""

    def _head(self, position: int) -> list[str]:
        """The cells of the first line of the table around a position: of the lines without an empty one."""
        index = bisect_right(self._breaks, position)
        first = self._breaks[index - 1] if index else 0
        if first not in self._heads:
            line = self._text[first : first + _LONGEST_LINE].lstrip("\r\n").partition("\n")[0]
            self._heads[first] = _CELLS.split(line)
        return self._heads[first]

    @functools.cached_property
    def _breaks(self) -> list[int]:
        """Where empty lines end."""
        return [match.end() for match in re.finditer(r"\n[ \t]*\r?\n", self._text)]


@functools.cache
def _any_name() -> re.Pattern[str]:
    names = "|".join(dict.fromkeys((*ANY_NUMBER, *NUMBER_NAMES.values())))
    return re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE)


@functools.cache
def _name(module: str) -> re.Pattern[str]:
    names = "|".join((NUMBER_NAMES[module], *ANY_NUMBER))
    return re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE)
