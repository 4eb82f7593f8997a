"""``xaitool evaluate`` as it is typed: what it prints, of maps and randomisation too, its ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import h5py
import pytest

from tests.cli.conftest import Invoke, Refused
from tests.golden import missing
from tests.trained import classifier_run, gan_run
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import explain


def explained(out: Path) -> Path:
    config = ExplainConfig(
        method=("saliency",), model=str(classifier_run()), dataset="digits", limit=2, out=out
    )
    explain(config)
    return out


def test_a_table_when_piped(invoke: Invoke, tmp_path: Path) -> None:
    explained(tmp_path / "a.h5")
    result = invoke("evaluate", classifier_run(), "a.h5", "--limit", "5", "--device", "cpu")
    assert result.returncode == 0
    header, *rows = (line.split("\t") for line in result.stdout.splitlines())
    start = ["metric", "value", "n", "source", "low", "high"]
    assert header[:6] == start
    assert {"label", "predicted", "std"} <= set(header[6:])
    assert [row[0] for row in rows] == ["accuracy", *["confusion"] * 10, "insertion", "deletion"]
    assert {len(row) for row in rows} == {len(header)}
    assert (rows[0][2], rows[0][3], rows[-1][3]) == ("5", str(classifier_run()), "a.h5")


def test_json_lines(invoke: Invoke) -> None:
    result = invoke("evaluate", classifier_run() / "last.pt", "--json", "-q", "--limit", "1")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", row["metric"])
    assert [row["value"] for row in rows if row["n"] == 0] == [None] * 9
    assert result.stderr == ""


def test_tables_on_a_terminal(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    result = invoke("evaluate", classifier_run(), "-q", "--limit", "30", COLUMNS="80")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    parts = [part.splitlines() for part in "\n".join(lines).split("\n\n")]
    assert [part[0].split()[0] for part in parts] == ["accuracy", "confusion"]
    assert parts[1][-11].split() == [*"0123456789", "right", "n"]
    assert [line.split()[0] for line in lines[-10:]] == list("0123456789")
    assert sum(int(line.split()[-1]) for line in lines[-10:]) == 30


def test_a_dry_run_prints_the_plan(invoke: Invoke) -> None:
    plan = json.loads(invoke("evaluate", gan_run(), "--dry-run").stdout)
    assert not missing(plan, "evaluate", "plan")
    assert plan["artifacts"] == [
        {"source": str(gan_run()), "kind": "gan", "metrics": ["fid", "kid"]}
    ]


REFUSALS = [
    ("", "no artifacts are given", ""),
    ("RUN --metric fidd", "unknown metric 'fidd'; did you mean 'fid'?", "in all, see --list"),
    ("RUN --metric fid", "metric 'fid' does not measure", "accuracy, confusion"),
    ("GAN --metric accuracy", "which is of kind 'gan'", "fid, kid"),
    ("a.h5 --metric kid", "which is of kind 'attribution'", "insertion, deletion"),
    ("GAN --limit 1", "--limit is 1, but FID and KID want at least 2 images", ""),
    ("RUN --dataset nosuch", "unknown dataset 'nosuch'", "digits"),
    ("a.h5 --model nosuch", "model 'nosuch' does not exist", ""),
    ("a.h5 --step 0", "--step is 0, but at least 1 is wanted", ""),
    ("RUN a.h5 nosuch.h5", "nosuch.h5 does not exist", ""),
    ("cut.h5", "cut.h5 is damaged", ""),
    ("other.h5", "but a xaitool attribution file is wanted", ""),
    ("b.h5", "b.h5 is unfinished", "--resume"),
    ("b.h5.partial", "b.h5.partial is unfinished", "--resume"),
    ("text.txt", "text.txt is a .txt file, but a run or", ""),
    ("nosuch", "nosuch does not exist", ""),
]


@pytest.mark.parametrize(("line", "message", "hint"), REFUSALS, ids=lambda text: text[:60])
def test_refusals(
    line: str, message: str, hint: str, invoke: Invoke, refused: Refused, tmp_path: Path
) -> None:
    explained(tmp_path / "a.h5")
    (tmp_path / "cut.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:4000])
    (tmp_path / "b.h5.partial").mkdir()
    (tmp_path / "text.txt").write_text("hello")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["pixels"] = [1]
    places = {"RUN": str(classifier_run()), "GAN": str(gan_run())}
    words = [places.get(word, word) for word in line.split()]
    refused(invoke("evaluate", *words, "--device", "cpu", "-q"), message, hint)


def test_an_option_that_no_metric_reads(invoke: Invoke, refused: Refused, tmp_path: Path) -> None:
    line = ["evaluate", classifier_run(), "-m", "accuracy", "--epsilon", "0.1"]
    hint = "--metric features, robustness, misclassification-rank would read it"
    refused(invoke(*line), "--epsilon is 0.1, but nothing in this run reads it", hint)
    refused(invoke(*line, "--folds", "3"), "--folds is 3, but nothing in this run reads it")
    line = ["evaluate", explained(tmp_path / "a.h5"), "-m", "gini", "--judge", "nothing"]
    refused(invoke(*line), "--judge is nothing, but nothing in this run reads it", "classifier")


def test_maps_of_a_file(invoke: Invoke, refused: Refused, tmp_path: Path) -> None:
    config = ExplainConfig(
        method=("saliency",),
        model=str(classifier_run()),
        dataset="digits",
        against="all",
        limit=2,
        heat_maps=0,
        out=tmp_path / "a.h5",
    )
    explain(config)
    result = invoke("evaluate", "a.h5", "-m", "gini", "-m", "target-similarity", "--json", "-q")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["metric"] for row in rows] == ["gini", "target-similarity"]
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", row["metric"])
    refused(
        invoke("evaluate", "a.h5", "-m", "inverse-localisation", "-q"),
        "a.h5 has no object masks",
        "composite",
    )


def test_randomisation_of_a_classifier(invoke: Invoke, tmp_path: Path) -> None:
    line = "-m parameter-randomisation --method saliency --limit 2 --out pictures --device cpu"
    result = invoke("evaluate", classifier_run(), *line.split(), "-q")
    assert result.returncode == 0, result.stderr
    header, *rows = (text.split("\t") for text in result.stdout.splitlines())
    assert not missing(header, "evaluate", "row")
    assert not missing(header, "evaluate", "parameter-randomisation")
    assert [row[header.index("layer")] for row in rows][::5] == ["head", "mean"]
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2
