"""Every trouble as one message with a stable code."""

import errno

import pytest

from regulars import errors
from regulars.errors import RegularsError, in_words, nearest


def every_error():
    found = [RegularsError]
    for kind in found:
        found += kind.__subclasses__()
    return found


def test_codes_are_unique_and_drawn_in_the_tree():
    kinds = every_error()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in kinds)


def test_a_message_says_what_is_allowed_and_what_to_type():
    text = str(RegularsError("found this", allowed="that", fix="type so"))
    assert text == "found this\nAllowed: that.\nFix: type so"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no_space"),
        (PermissionError(errno.EACCES, "Permission denied", "a.csv"), "file"),
        (errors.OptionError("x"), "option"),
    ],
)
def test_other_errors_become_ours(error, code):
    assert in_words(error).code == code


def test_an_unexpected_error_keeps_its_details_in_a_file():
    from pathlib import Path

    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        trouble = in_words(error)
    assert trouble.exit_code == 1
    path = Path(trouble.fix.split()[-1])
    assert "ZeroDivisionError" in path.read_text()
    path.unlink()


def test_the_nearest_word_is_named_or_nothing():
    assert nearest("stge", ["stage", "score"]) == " Did you mean stage?"
    assert nearest("zzz", ["stage"]) == ""
