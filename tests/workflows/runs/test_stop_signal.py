import os
import signal
import subprocess
import sys
import threading

import pytest

from xaitool.errors import StoppedBySignal
from xaitool.workflows.runs.stop_signal import SIGNALS, StopSignal

RUN = """
import sys, time
from xaitool.errors import StoppedBySignal
from xaitool.workflows.runs.stop_signal import StopSignal
saved = False
try:
    with StopSignal() as stop:
        print("ready", flush=True)
        while True:
            for _ in range(500):
                time.sleep(0.001 if "quick" in sys.argv else 0.1)
                if stop.received and "quick" in sys.argv:
                    break
            print("saved", flush=True)
            stop.raise_if_received(hint="xaitool train-gan --resume runs/a")
except StoppedBySignal as error:
    print(error, "|", error.hint, flush=True)
    sys.exit(error.exit_code)
"""


def start(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", SIGNALS)
def test_first_signal_lets_the_step_end_and_the_state_be_saved(number):
    with start("quick") as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    name = number.name
    assert process.returncode == 128 + number
    again = "" if number is signal.SIGHUP else " (send again to stop now)"
    assert err == f"{name} received; saving after this step{again}\n"
    assert out == (
        f"saved\nthe run was stopped by {name}, but its state is saved"
        " | xaitool train-gan --resume runs/a\n"
    )


def test_on_a_terminal_the_line_stands_below_a_bar(monkeypatch):
    told = []
    monkeypatch.setattr(os, "isatty", lambda number: number == 2)
    monkeypatch.setattr(os, "write", lambda number, data: told.append(data))
    with StopSignal():
        os.kill(os.getpid(), signal.SIGTERM)
    assert told == [b"\nSIGTERM received; saving after this step (send again to stop now)\n"]


@pytest.mark.parametrize("number", [one for one in SIGNALS if one is not signal.SIGHUP])
def test_same_signal_again_stops_now(number):
    with start() as process:
        process.send_signal(number)
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"{number.name} received")
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == -number
    assert out == ""


def test_another_signal_while_saving_does_not_stop_the_saving():
    with start("quick") as process:
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert "saved\n" in out
    assert process.returncode - 128 in (signal.SIGUSR1, signal.SIGTERM)
    assert err.count("received; saving") in (1, 2)


def test_the_flag_in_this_process(capfd):
    with StopSignal() as stop:
        stop.raise_if_received(hint="nothing yet")
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.received is signal.SIGUSR1
        with pytest.raises(StoppedBySignal, match="stopped by SIGUSR1") as caught:
            stop.raise_if_received()
    assert caught.value.exit_code == 138
    assert capfd.readouterr().err.splitlines()[0].startswith("SIGUSR1 received; saving")


def test_a_terminal_that_closes_sends_its_signal_twice(capfd):
    with StopSignal() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(StoppedBySignal) as caught:
            stop.raise_if_received()
    assert caught.value.exit_code == 129
    assert capfd.readouterr().err == "SIGHUP received; saving after this step\n"


def test_what_the_caller_ignores_stays_ignored(capfd):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignal() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert stop.received is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capfd.readouterr().err == ""


def test_earlier_handlers_come_back_even_after_an_exception():
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def fail():
        with StopSignal():
            assert signal.getsignal(signal.SIGTERM) != before[signal.SIGTERM]
            raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        fail()
    assert {number: signal.getsignal(number) for number in SIGNALS} == before


def test_forked_children_ignore_the_signals(capfd):
    with StopSignal() as stop:
        child = os.fork()
        if child == 0:
            for number in SIGNALS:
                os.kill(os.getpid(), number)
            os._exit(0 if stop.received is None else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert stop.received is None
    assert capfd.readouterr().err == ""


def test_outside_the_main_thread_it_does_nothing():
    before = {number: signal.getsignal(number) for number in SIGNALS}
    found: list[object] = []

    def run():
        with StopSignal() as stop:
            found.append(stop.received)
            found.append({number: signal.getsignal(number) for number in SIGNALS})

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [None, before]


def test_a_closed_stderr_is_no_obstacle():
    code = "import os; os.close(2)\n" + RUN
    with subprocess.Popen(
        [sys.executable, "-c", code, "quick"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 143
    assert "saved\n" in out
