import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.io.full_disk import full_after
from xaitool.errors import ArtifactError
from xaitool.io.jsonl import MetricsLog


@pytest.fixture
def log(tmp_path):
    return MetricsLog(tmp_path / "metrics.jsonl")


def test_append_and_read(log):
    assert log.read() == []
    log.append({"epoch": 0, "step": 1, "loss": 0.5})
    log.append({"epoch": 0, "step": 2, "loss": float("inf"), "name": "ü\n"})
    assert log.read() == [
        {"epoch": 0, "step": 1, "loss": 0.5},
        {"epoch": 0, "step": 2, "loss": None, "name": "ü\n"},
    ]
    assert log.path.read_bytes().count(b"\n") == 2


def test_truncate_after_keeps_what_the_checkpoint_knew(log):
    for step in range(6):
        log.append({"epoch": step // 2, "step": step})
    log.append({"note": "neither"})
    log.truncate_after(1, 2)
    assert log.read() == [
        {"epoch": 0, "step": 0},
        {"epoch": 0, "step": 1},
        {"epoch": 1, "step": 2},
        {"note": "neither"},
    ]


def test_a_damaged_line_in_the_middle_is_named(log):
    log.path.write_text('{"a": 1}\n{"a"\n{"a": 3}\n')
    with pytest.raises(ArtifactError, match="line 2 is not valid JSON"):
        log.read()


def test_a_pipe_is_not_waited_for(log):
    os.mkfifo(log.path)
    with pytest.raises(ArtifactError, match="is a pipe or a device"):
        log.read()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(cut=st.integers(min_value=0, max_value=59))
def test_a_file_cut_anywhere_loses_only_the_torn_line(log, cut):
    lines = [json.dumps({"step": step, "x": "y" * 3}) + "\n" for step in range(3)]
    whole = "".join(lines)
    log.path.write_text(whole[:cut])
    expected = [json.loads(line) for line in lines[: whole[:cut].count("\n")]]
    assert log.read() == expected
    log.truncate_after(0, 9)
    log.append({"step": 9})
    assert log.read() == [*expected, {"step": 9}]


def test_full_disk_is_an_error_and_not_silence(log):
    log.append({"step": 1})
    with full_after(40), pytest.raises(OSError, match="too large"):
        log.append({"text": "x" * 100})
    assert log.read() == [{"step": 1}]


def test_a_name_that_is_bytes_but_no_text(log):
    log.append({"epoch": 1, "class": "d\udce9"})
    log.truncate_after(1, 0)
    assert log.read() == [{"epoch": 1, "class": "d\udce9"}]
