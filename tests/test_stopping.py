"""A request to stop is never lost."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from uunet.stopping import Stop, Stopped


@pytest.fixture(autouse=True)
def _not_ignored() -> Iterator[None]:
    """Shells start what runs in the background with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_swallowed_request_is_raised_again(number: signal.Signals) -> None:
    stop = Stop()
    with pytest.raises(Stopped) as raised, stop.listening():
        with contextlib.suppress(BaseException):  # as extension modules do while they are imported
            os.kill(os.getpid(), number)
        stop.check()
        pytest.fail("went on")
    assert raised.value.exit_code == 128 + number


def test_the_end_of_the_block_checks() -> None:
    with pytest.raises(Stopped), Stop().listening(), contextlib.suppress(BaseException):
        os.kill(os.getpid(), signal.SIGTERM)


def test_handlers_come_back_and_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminate = signal.getsignal(signal.SIGTERM)
    try:
        with Stop().listening():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGTERM) is not terminate
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is terminate
    finally:
        signal.signal(signal.SIGINT, before)
