"""Lines of ``--list``."""

from __future__ import annotations

from xaitool.cli.help.listing import listing

METHOD = {
    "option": "--method",
    "kind": "method",
    "name": "some",
    "summary": "explains",
    "source": "Doe 2020",
    "baseline": "zero",
    "score": "probability",
    "options": [
        {"name": "steps", "default": 50, "allowed": "at least 1", "help": "Points."},
        {"name": "absolute", "default": False, "allowed": "true|false", "help": "No signs."},
        {"name": "layers", "default": ["a", "b"], "allowed": "", "help": "Names."},
        {"name": "file", "default": None, "allowed": "", "help": "A file."},
    ],
}


def test_a_choice_and_its_options_stand_in_columns() -> None:
    assert list(listing([METHOD], 80)) == [
        "--method:",
        "  some                    explains (Doe 2020; baseline zero; score probability)",
        "    steps=50              Points. [at least 1]",
        "    absolute=false        No signs. [true|false]",
        "    layers=a,b            Names.",
        "    file                  A file.",
    ]


def test_a_heading_for_each_option_and_kind_of_artifact() -> None:
    fid = {"option": "--metric", "artifact": "gan", "name": "fid", "summary": "far", "source": "x"}
    wide = {**fid, "artifact": "cvae", "name": "n" * 30, "unasked": True}
    assert list(listing([METHOD | {"options": ()}, fid, wide], 80))[2:] == [
        "",
        "--metric (gan):",
        "  fid                     far (x)",
        "",
        "--metric (cvae):",
        f"  {'n' * 30}",
        "                          far (x; measured unasked)",
    ]


def test_a_metric_of_several_runs_says_so() -> None:
    record = {"option": "--metric", "name": "speed", "summary": "fast", "unasked": True}
    *_, line = listing([record | {"compares": True}], 80)
    assert line.endswith(" fast (measured unasked of several runs)")


def test_a_preset_is_what_one_would_type() -> None:
    values = {"freeze_backbone": True, "milestones": (3, 5), "loss": "pc"}
    preset = {"option": "--preset", "name": "mine", "summary": "as published", "values": values}
    (_, *lines) = listing([preset], 80)
    told = "as published: --freeze-backbone --milestones 3,5 --loss pc"
    assert " ".join(" ".join(lines).split()) == f"mine {told}"
