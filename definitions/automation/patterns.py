"""Java's regular expressions, in which documents say what a parameter may be, read with the `regex` package."""

import re
from collections.abc import Iterator
from functools import lru_cache

import regex

SECONDS = 0.5
TRIES = 2
"""How long one match may take by the clock, and how often it is tried: the machine may have been busy elsewhere."""

MOST_PIECES = 100_000
"""How long a pattern may get once `{n}` is written out n times, as it is to be matched."""

# Java reads these as ASCII unless told otherwise.
_CLASSES = {
    "d": "0-9",
    "w": "a-zA-Z_0-9",
    "s": r" \t\n\x0b\f\r",
    "h": r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0b\f\r\x85\u2028\u2029",
}
_PROPERTIES = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-\/:-@\[-`\{-\x7e",
    "Graph": r"!-\x7e",
    "Print": r"\x20-\x7e",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": _CLASSES["s"],
    "L1": r"\x00-\xff",
    "LD": r"\p{L}\p{Nd}",
    "javaAlphabetic": r"\p{Alphabetic}",
    "javaDigit": r"\p{Nd}",
    "javaIdentifierIgnorable": r"\x00-\x08\x0e-\x1b\x7f-\x9f\p{Cf}",
    "javaIdeographic": r"\p{Ideographic}",
    "javaISOControl": r"\x00-\x1f\x7f-\x9f",
    "javaJavaIdentifierPart": r"\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mn}\p{Mc}",
    "javaJavaIdentifierStart": r"\p{L}\p{Nl}\p{Sc}\p{Pc}",
    "javaLetter": r"\p{L}",
    "javaLetterOrDigit": r"\p{L}\p{Nd}",
    "javaLowerCase": r"\p{Lowercase}",
    "javaMirrored": r"\p{Bidi_Mirrored}",
    "javaSpaceChar": r"\p{Z}",
    "javaTitleCase": r"\p{Lt}",
    "javaUpperCase": r"\p{Uppercase}",
    "javaWhitespace": r"\t-\r\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000",
}
_ESCAPE = re.compile(
    r"\\(?:Q(?P<quoted>.*?)(?:\\E|\Z)"
    r"|(?P<sign>[pP])(?:\{(?P<property>[^}]*)\}|(?P<letter>\w))"
    r"|(?P<kind>[dDwWsShHvV])"
    r"|x\{(?P<code>[0-9a-fA-F]{1,6})\}"
    r"|0(?P<octal>[0-3]?[0-7]{1,2})"
    r"|c(?P<control>.)"
    r"|k<(?P<group>\w+)>"
    r"|(?P<other>.))",
    re.DOTALL,
)
_OPENING = re.compile(r"\[\^?\]?")
_REPEATED = re.compile(r"\{(\d+)")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(-[a-zA-Z]*)?([:)])")
_ONLY_JAVAS = str.maketrans("", "", "duU")


class SlowPatternError(ValueError):
    """A pattern that takes too long on some text to say whether it matches."""


class UnreadablePatternError(ValueError):
    """A pattern that cannot be read; says why."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches; raises UnreadablePatternError or SlowPatternError."""
    for _ in range(TRIES):
        try:
            return compiled(pattern).fullmatch(text, timeout=SECONDS) is not None
        except TimeoutError:
            continue
    raise SlowPatternError(f"{pattern} takes too long to match")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> "regex.Pattern[str]":
    """A pattern in Java's words, ready to match; raises UnreadablePatternError."""
    try:
        pieces = list(_translated(pattern))
        if _written_out(pieces) > MOST_PIECES:
            raise UnreadablePatternError("it repeats its parts too often")
        return regex.compile("".join(pieces), regex.VERSION1)
    except (regex.error, OverflowError, RecursionError) as error:
        raise UnreadablePatternError(str(error)) from error


def _translated(pattern: str) -> Iterator[str]:
    """The pattern piece by piece; `depth` counts the character classes that are open."""
    place = depth = 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\" and (escape := _ESCAPE.match(pattern, place)):
            yield _escape(escape)
            place = escape.end()
            continue
        flags = _FLAGS.match(pattern, place) if letter == "(" and not depth else None
        if flags:
            yield _flags(flags)
            place = flags.end()
            continue
        if letter == "[":
            depth += 1
            opening = (_OPENING.match(pattern, place) or [letter])[0]
            yield opening.replace("]", r"\]")
            place += len(opening)
            continue
        depth -= letter == "]" and depth > 0
        # Here || -- and ~~ are set operations, to Java they are letters.
        doubled = depth and (letter in "|~" or (letter == "-" and pattern[place - 1] == "-"))
        yield f"\\{letter}" if doubled else letter
        place += 1


def _written_out(pieces: list[str]) -> int:
    """How many pieces the pattern has when each `{n}` is written out n times."""
    open_groups = [0]
    last = depth = 0
    for place, piece in enumerate(pieces):
        depth += piece.startswith("[") and piece.strip("[^]\\") == ""
        depth -= piece == "]" and depth > 0
        if not depth and piece.startswith("("):
            open_groups.append(0)
            last = 0
        elif not depth and piece == ")" and len(open_groups) > 1:
            last = open_groups.pop()
            open_groups[-1] += last
        elif not depth and piece == "{":
            repeated = _REPEATED.match("".join(pieces[place : place + 12]))
            open_groups[-1] += last * max(0, int(repeated[1]) - 1) if repeated else 0
        else:
            last = 1
            open_groups[-1] += 1
    return sum(open_groups)


def _escape(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "quoted":
            return regex.escape(found["quoted"], special_only=True)
        case "property" | "letter":
            return _property(found["property"] or found["letter"], negated=found["sign"] == "P")
        case "kind":
            return _set(_CLASSES[found["kind"].lower()], negated=found["kind"].isupper())
        case "code":
            return f"\\U{int(found['code'], 16):08x}"
        case "octal":
            return f"\\x{int(found['octal'], 8):02x}"
        case "control":
            return f"\\x{ord(found['control'].upper()) ^ 64:02x}"
        case "group":
            return f"(?P={found['group']})"
    # Java's \z is the very end, its \Z may stand before the last line end.
    return {"z": r"\Z", "Z": r"(?=\n?\Z)", "e": r"\x1b"}.get(found["other"], found[0])


def _property(name: str, *, negated: bool) -> str:
    if name in _PROPERTIES:
        return _set(_PROPERTIES[name], negated=negated)
    return rf"\{'P' if negated else 'p'}{{{name.removeprefix('Is')}}}"


def _set(members: str, *, negated: bool) -> str:
    return f"[^{members}]" if negated else f"[{members}]"


def _flags(found: re.Match[str]) -> str:
    given, taken, end = found[1], found[2] or "", found[3]
    given, taken = given.translate(_ONLY_JAVAS), taken.translate(_ONLY_JAVAS)
    taken = "" if taken == "-" else taken
    return "" if end == ")" and not given and not taken else f"(?{given}{taken}{end}"
