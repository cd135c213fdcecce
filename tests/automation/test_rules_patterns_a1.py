"""A1: what an allowedPattern means is what it means to Java."""

import time

import pytest

from definitions.automation import ParameterError, coerce_parameters, load_document
from definitions.automation.patterns import (
    SlowPatternError,
    UnreadablePatternError,
    compiled,
    matches,
)


@pytest.mark.parametrize(
    ("rule", "pattern", "text", "result"),
    [
        ("the whole text has to match", "[a-z]+", "abc1", False),
        ("anchors change nothing", "^[a-z]+$", "abc", True),
        ("alternatives may each be anchored", "^$|^a$", "", True),
        ("properties", r"\p{L}+", "é", True),
        ("properties of one letter", r"\pL", "é", True),
        ("Is before a property", r"\p{IsAlphabetic}+", "é", True),
        ("Is before a category", r"\p{IsL}", "a", True),
        ("Is before a script", r"\p{IsGreek}", "\u03b1", True),
        ("In before a block", r"\p{InGreek}", "\u03b1", True),
        ("POSIX classes are ASCII", r"\p{Alpha}+", "é", False),
        ("POSIX classes are ASCII", r"\p{Alpha}+", "ab", True),
        ("POSIX classes negated", r"\P{Alpha}", "é", True),
        ("punctuation", r"\p{Punct}+", "$[]-~", True),
        ("Java's own classes", r"\p{javaLetter}", "é", True),
        ("word characters are ASCII", r"\w+", "é", False),
        ("digits are ASCII", r"\d", "٣", False),
        ("negated classes", r"[^\W]", "a", True),
        ("a class with a dash after a class", r"[\w-\/]+", "a-/", True),
        ("a range to a dash", r"[+--]", ",", True),
        ("two dashes are no difference", r"[a-z--b]", "b", True),
        ("two bars are no union", r"[a||b]", "|", True),
        ("intersection", "[a-z&&[^b]]", "b", False),
        ("intersection", "[a-z&&[^b]]", "c", True),
        ("intersection of properties", r"[\p{Punct}&&[^_]]", "_", False),
        ("union", "[a[xyz]]", "y", True),
        ("a bracket first in a class", "[]a]+", "]a", True),
        ("possessive quantifiers", "a++b", "aab", True),
        ("possessive quantifiers give nothing back", "a++ab", "aab", False),
        ("quoting", r"\Qa.b\E+", "a.bb", True),
        ("quoting", r"\Qa.b\E", "axb", False),
        ("quoting to the end", r"\Qa.b", "a.b", True),
        ("quoting in a class", r"[\Q]-\E]+", "-]", True),
        ("named groups", r"(?<x>a)\k<x>", "aa", True),
        ("code points", r"\x{1f600}", "\U0001f600", True),
        ("octal", r"\0101", "A", True),
        ("control characters", r"\cA", "\x01", True),
        ("the very end", r"a\z", "a", True),
        ("flags", "(?i)abc", "ABC", True),
        ("flags only Java has", "(?d)a", "a", True),
        ("flags for a group", "(?iu:a)b", "Ab", True),
        ("lookahead", "(?!.*--)[a-z-]+", "a--b", False),
    ],
)
def test_pattern(rule: str, pattern: str, text: str, result: bool) -> None:
    assert matches(pattern, text) is result, rule


@pytest.mark.parametrize("pattern", ["a{2,1}", "(", r"\p{NoSuchThing}", "[a", "(" * 5000])
def test_what_nobody_can_read_is_told(pattern: str) -> None:
    with pytest.raises(UnreadablePatternError):
        compiled(pattern)


@pytest.mark.parametrize("pattern", ["(a{1000}){1000}", "(?:(?:[ab]{99}){99}){99}", "x{99999999999999}"])
def test_a_pattern_that_would_fill_the_memory_is_not_read(pattern: str) -> None:
    with pytest.raises(UnreadablePatternError, match="too often"):
        compiled(pattern)


def test_repeating_in_sequence_is_no_multiplication() -> None:
    assert matches(r"\d{12}" * 8, "1" * 96)


def test_a_pattern_without_end_is_given_up_and_the_value_refused() -> None:
    began = time.monotonic()
    with pytest.raises(SlowPatternError):
        matches("(a|aa)+c", "a" * 500)
    document = load_document(
        {
            "schemaVersion": "0.3",
            "mainSteps": [],
            "parameters": {"P": {"type": "StringList", "allowedPattern": "(a|aa)+c"}},
        }
    )
    with pytest.raises(ParameterError, match="takes too long"):
        coerce_parameters(document, {"P": ["a" * 500] * 50})
    assert time.monotonic() - began < 5
