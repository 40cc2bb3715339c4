"""Errors: what they carry, also out of another process."""

from __future__ import annotations

import pickle

import pytest

from uunet.errors import EvidenceError, InputError, UUNetError


@pytest.mark.parametrize(
    "error",
    [
        UUNetError("no disk", "buy one"),
        InputError("no file", "name one"),
        EvidenceError("shut", "a key", "SHUT"),
    ],
)
def test_an_error_comes_whole_out_of_another_process(error: UUNetError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (ours)
    assert type(again) is type(error)
    assert (str(again), again.hint, again.exit_code) == (str(error), error.hint, error.exit_code)
    assert again.__dict__ == error.__dict__
