"""From Python a workflow is silent, but for what may be wrong."""

import warnings

import pytest

from xaitool.workflows.runs.progress import SilentReporter, SilentTask


def test_messages_and_tasks_show_nothing(capfd):
    reporter = SilentReporter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reporter.message("device: cpu")
        with reporter.task("train", 10, "step", done=3) as task:
            assert isinstance(task, SilentTask)
            task.advance(2, loss=0.5)
    assert capfd.readouterr() == ("", "")


def test_a_warning_points_at_who_called_the_workflow():
    def workflow():
        SilentReporter().warning("4 classes have no sample")

    with pytest.warns(UserWarning, match="^4 classes have no sample$") as caught:
        workflow()
    assert [one.filename for one in caught] == [__file__]


def test_an_error_in_a_task_is_not_hidden():
    with pytest.raises(KeyError), SilentReporter().task("train", 1, "step"):
        raise KeyError
