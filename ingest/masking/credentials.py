"""Keys, tokens and passwords: by the form that their issuers give them, or by the word before them."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from ingest.language.credentials import SECRETS
from ingest.masking.findings import Finding

_ISSUED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}|"
    r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|gl(?:pat|ptt|dt|rt|soat)-[\w\-]{20,255}|"
    r"xox[abeoprs]-[A-Za-z0-9-]{10,255}|xapp-[A-Za-z0-9-]{20,255}|"
    r"sk-(?:ant-|proj-|svcacct-|or-)?[\w\-]{20,255}|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{20,255}|"
    r"AIza[\w\-]{35}|ya29\.[\w\-]{20,255}|GOCSPX-[\w\-]{28}|"
    r"npm_[A-Za-z0-9]{36}|pypi-[\w\-]{50,255}|hf_[A-Za-z0-9]{30,40}|dop_v1_[a-f0-9]{64}|"
    r"SG\.[\w\-]{16,64}\.[\w\-]{16,64}|key-[0-9a-f]{32}|(?:AC|SK)[0-9a-f]{32}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|"
    r"\d{8,10}:AA[\w\-]{33}|EAAA[A-Za-z0-9]{60}|sq0(?:atp|csp)-[\w\-]{22,64}|lin_api_[A-Za-z0-9]{40}|"
    r"(?:dp\.pt|tskey|nvapi|glc|PMAK|NRAK|rdme|hvs|age-secret-key|AGE-SECRET-KEY)[-._][A-Za-z0-9._\-]{20,255}|"
    r"eyJ[\w\-]{8,2000}\.eyJ[\w\-]{8,4000}\.[\w\-]{8,2000}|"
    r"https://hooks\.slack\.com/[\w/]{20,200}"
    r")(?![A-Za-z0-9])"
)
"""Keys whose form is published by who issues them. A refused length or letter makes it another text."""

_LONG_WORD = re.compile(r"(?<![\w.:/\-])[\w.:/\-]{20,}")
"""What such a key may be in; cheaper to find than the keys."""

_BLOCK = re.compile(
    r"-----BEGIN (?P<name>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----(?:(?!-----)[\s\S]){0,20000}"
    r"(?:-----END (?P=name)-----)?"
)
"""A private key as text."""

_IN_ADDRESS = re.compile(r"(?<=://)[^\s:/@]{1,64}:([^\s/@]{3,64})(?=@)")
"""A password in an address: `scheme://name:password@host`."""

_ENCODED = re.compile(r"(?i:AccountKey|SharedAccessKey|sig)=([A-Za-z0-9+/%=]{32,128})")
"""A key in a connection string."""

_VALUE = re.compile(r"(?::=|=>|[:=])[ \t]{0,4}[\"'`*]{0,3}(?:[Bb]earer )?([^\s\"'`,;<>|]{6,256})")
"""A value that something is set to."""

_NAME = re.compile(rf"(?<![^\W_])(?:{'|'.join(SECRETS)})[\"'`*]{{0,3}}[ \t]{{0,4}}\Z", re.IGNORECASE)
_LONGEST_NAME = 40
"""The word for a secret before such a value, and how far before it is searched for."""

_LEAST_BITS = 2.3
"""Least bits a character of a named value, by the frequency of its characters."""


def credentials(text: str) -> Iterator[Finding]:
    """Keys, tokens and passwords."""
    if "-----BEGIN" in text:
        for match in _BLOCK.finditer(text):
            yield Finding(match.start(), match.end())
    for word in _LONG_WORD.finditer(text):
        for match in _ISSUED.finditer(text, word.start(), word.end()):
            yield Finding(match.start(), match.end())
    for pattern in (_IN_ADDRESS, _ENCODED):
        for match in pattern.finditer(text):
            yield Finding(match.start(1), match.end(1))
    for match in _VALUE.finditer(text):
        value = match.group(1).rstrip(".)*[]}(")
        if _is_secret(value) and _NAME.search(text, max(0, match.start() - _LONGEST_NAME), match.start()):
            yield Finding(match.start(1), match.start(1) + len(value))


def _is_secret(value: str) -> bool:
    """Whether a named value can be a secret: no plain word, no variable, no call."""
    if value.isalnum() and (len(value) < 8 or value.isalpha()):
        return False
    if (
        len(value) < 6
        or value.startswith(("$", "{", "<", "(", "[", "%", "http://", "https://"))
        or "(" in value
    ):
        return False
    if re.fullmatch(r"[A-Za-z]+(?:[._\-/][A-Za-z]+)+", value):
        return False  # A name with dots, such as a setting's.
    if not any(map(str.isdigit, value)) and re.fullmatch(r"[\w.\-/:]+", value):
        return False
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return bits >= _LEAST_BITS
