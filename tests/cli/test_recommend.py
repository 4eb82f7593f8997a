"""``xaitool recommend top``, ``explain`` and ``preferences`` as they are typed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, Refused
from tests.conftest import Program
from tests.golden import missing
from tests.trained import recommender_run
from tests.workflows.fitted import changed, give_lines, with_titles


def line(command: str, *more: str | Path, base: str = "svd") -> list[str]:
    model = ("--device", "cpu", "--model", recommender_run(base))
    return ["recommend", command, *map(str, model), *map(str, more)]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output as if a person read it."""
    monkeypatch.setattr("xaitool.cli.output.is_terminal", lambda stream: stream is not sys.stderr)


def test_top_is_tab_separated(invoke: Invoke) -> None:
    result = invoke(*line("top", "--user", "u7", "--user", "u1", "--number", "3"))
    header, *rows = (text.split("\t") for text in result.stdout.splitlines())
    assert (result.returncode, result.stderr) == (0, "")
    assert header == ["user", "rank", "item", "title", "rating", "raw"]
    assert [row[:2] for row in rows] == [[user, rank] for user in ("u7", "u1") for rank in "123"]


def test_aspects_are_one_column(invoke: Invoke) -> None:
    result = invoke(*line("top", "--user", "u7", "--number", "1", "--explain"))
    header, row = (text.split("\t") for text in result.stdout.splitlines())
    assert header[-1] == "aspects"
    top = line("top", "--user", "u7", "--number", "1", "--explain", "--json")
    record = json.loads(invoke(*top).stdout)
    parts = [part.rpartition(":") for part in row[-1].split("|")]
    assert {name: value for name, _, value in parts} == {
        name: f"{value:+.3f}" for name, value in record["aspects"].items()
    }


@pytest.mark.parametrize(
    ("command", "more", "part"),
    [
        ("top", ["--explain"], "row"),
        ("explain", ["--item", "i3"], "record"),
        ("preferences", [], "row"),
    ],
)
def test_json_has_the_documented_names(
    command: str, more: list[str], part: str, invoke: Invoke
) -> None:
    result = invoke(*line(command, "--user", "u1", "--json", *more))
    records = [json.loads(text) for text in result.stdout.splitlines()]
    assert records
    assert not any(missing(record, f"recommend_{command}", part) for record in records)
    table = invoke(*line(command, "--user", "u1", *more)).stdout.splitlines()
    assert len(table) == len(records) + 1
    assert table[0].split("\t") == list(records[0])


def test_users_through_a_pipe(xaitool: Program) -> None:
    result = xaitool(*line("top", "--user", "-", "--number", "2"), stdin="u7\n\nu1\n")
    assert [text.split("\t")[0] for text in result.stdout.splitlines()] == [
        *("user", "u7", "u7", "u1", "u1")
    ]


def test_what_came_before_an_unknown_user_is_printed(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xaitool.workflows.recommenders.top.PAIRS", 60)
    give_lines(monkeypatch, ["u1", "nobody"])
    result = invoke(*line("top", "--user", "-", "--number", "2"))
    assert result.returncode == 2
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr.startswith("error: unknown user 'nobody'\n")


@pytest.mark.usefixtures("terminal")
def test_top_is_aligned_on_a_terminal(invoke: Invoke, tmp_path: Path) -> None:
    with_titles(tmp_path / "a.pt")
    result = invoke("recommend", "top", "--model", "a.pt", "--user", "u7", "--device", "cpu")
    user, header, *rows = result.stdout.splitlines()
    assert user == "user u7"
    assert len(rows) == 10
    assert {row.index("(19") > header.index("title") for row in rows} == {True}
    assert {row[header.index("rating") - 1] for row in rows} == {" "}


@pytest.mark.usefixtures("terminal")
def test_explain_draws_bars_on_a_terminal(invoke: Invoke) -> None:
    result = invoke(*line("explain", "--user", "u7", "--user", "u1", "--item", "i3"))
    paragraphs = result.stdout.split("\n\n")
    assert len(paragraphs) == 2
    assert paragraphs[0].startswith("user u7, item i3: i3\nrating ")
    assert "unexplained" in paragraphs[1]
    assert "│" in paragraphs[1]
    assert "\x1b" not in result.stdout  # NO_COLOR is set
    assert not invoke(*line("explain", "--user", "u1", "--item", "i3", "--json"))[1].count("│")


@pytest.mark.usefixtures("terminal")
def test_colours_on_a_terminal_that_has_them(invoke: Invoke) -> None:
    arguments = line("preferences", "--user", "u7")
    shown = invoke(*arguments, NO_COLOR="", TERM="xterm-256color").stdout
    assert re.search("│\x1b\\[38;5;167m█", shown)  # red for what is liked, as in heat maps
    assert re.search("█\x1b\\[0m│", shown)
    assert "\x1b[38;5;32m" in shown
    assert "\x1b" not in invoke(*arguments, NO_COLOR="", TERM="dumb").stdout


def test_titles_on_a_terminal_that_lacks_their_letters(xaitool: Program, tmp_path: Path) -> None:
    model = with_titles(tmp_path / "a.pt")
    arguments = ("recommend", "explain", "--model", model, "--user", "u1", "--item", "i3")
    result = xaitool(*arguments, PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert r"\u0396\u03bf\u03c1\u03bc\u03c0\u03ac\u03c2 (1964)" in result.stdout


@pytest.mark.usefixtures("terminal")
def test_no_title_steers_the_terminal(invoke: Invoke, tmp_path: Path) -> None:
    changed(tmp_path / "a.pt", titles=("\x1b[31m\n",) * 60)
    asked = ("--model", "a.pt", "--user", "u1", "--device", "cpu")
    for command in (("top",), ("explain", "--item", "i3"), ("preferences",)):
        result = invoke("recommend", *command, *asked)
        assert result.returncode == 0
        assert "\x1b" not in result.stdout
        assert (r"\x1b[31m" in result.stdout) == (command != ("preferences",))


def test_the_picture_is_named_on_standard_error(invoke: Invoke, tmp_path: Path) -> None:
    arguments = line("explain", "--user", "u1", "--item", "i3", "--plot", "figure.png")
    result = invoke(*arguments)
    assert result.stderr == "picture: figure.png\n"
    assert (tmp_path / "figure.png").is_file()
    assert invoke(*arguments, "--overwrite", "-q").stderr == ""


def test_options_from_a_table(invoke: Invoke, tmp_path: Path) -> None:
    text = f'["recommend top"]\nmodel = "{recommender_run("svd")}"\nuser = ["u1", "u7"]\nnumber = 2'
    (tmp_path / "a.toml").write_text(text)
    result = invoke("recommend", "top", "--config", "a.toml", "-q")
    assert len(result.stdout.splitlines()) == 5


REFUSALS = [
    ("top", "no model is given, but --model RUN is wanted", "xaitool recommend fit"),
    ("top --model RUN", "no user is given, but --user ID, or --user -", ""),
    ("top --model nosuch --user u1", "nosuch does not exist", ""),
    ("top --model file.pt --user u1", "file.pt is damaged", ""),
    ("top --model RUN --user u1 --number 0", "--number is 0, but at least 1 is wanted", ""),
    ("top --model RUN --user u1 --number 61", "--number is 61, but the model has 60 items", ""),
    ("top --model RUN --user 11", "unknown user '11'", "80 users in all"),
    ("top --model RUN --user -", "standard input has no users, but one id a line is wanted", ""),
    ("top --model RUN --user u1 --out a", "--out", ""),
    ("explain --model RUN --user u1", "no item is given, but --item ID or --item TITLE", ""),
    ("explain --model RUN --user u1 --item i66", "unknown item 'i66'", "60 items in all"),
    ("explain --model RUN --user u1 --item i6 --plot a.gif", "but a name that ends in .png", ""),
    ("explain --model RUN --user u1 --item i6 --plot a.png", "a.png exists", "--overwrite"),
    ("explain --model BIASES --user u1 --item i6", "'baseline' knows nothing of aspects", "--base"),
    ("preferences --model RUN", "no user is given", ""),
    ("preferences --model RUN --user u1 --device gpu", "--device is gpu, but auto, cpu", ""),
]


@pytest.mark.parametrize(("text", "message", "hint"), REFUSALS, ids=lambda text: text[:40])
def test_refused(
    text: str,
    message: str,
    hint: str,
    invoke: Invoke,
    refused: Refused,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("a.png", "file.pt"):
        (tmp_path / name).touch()
    runs = {"RUN": str(recommender_run("svd")), "BIASES": str(recommender_run("baseline"))}
    give_lines(monkeypatch, [])
    arguments = [runs.get(word, word) for word in text.split()]
    refused(invoke("recommend", *arguments), message, hint)
