from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tests.data.conftest import encoded, picture
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError, InputError, UnknownNameError


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("mnist:x", DataError, "dataset 'mnist:x' has something after its name"),
        ("textures:x=1", DataError, "dataset 'textures:x=1' has something after its name"),
        ("bam", DataError, "dataset 'bam' names no path, but bam:PATH is wanted"),
        (
            "coloured-mnist:color=red",
            ConfigError,
            "dataset 'coloured-mnist' has no option 'color'; did you mean 'colour'",
        ),
        ("coloured-mnist:seed", ConfigError, "dataset 'coloured-mnist' 'seed' has no value"),
        ("coloured-mnist:seed=x", ConfigError, "seed is 'x', but a whole number is wanted"),
        ("coloured-mnist:seed=-1", ConfigError, "seed is -1, but at least 0 is wanted"),
        ("coloured-mnist:of=digit", UnknownNameError, "did you mean 'digits'"),
        ("composite:object=digits", ConfigError, "'composite' has no option 'object'"),
    ],
)
def test_what_a_dataset_does_not_take_is_one_clear_line(
    name: str, kind: type[InputError], message: str
):
    with pytest.raises(kind, match=message) as caught:
        load_dataset(name, "train", data_dir=Path("nowhere"))
    assert "\n" not in str(caught.value)


def test_the_hint_of_an_unknown_option_names_all():
    with pytest.raises(ConfigError) as caught:
        load_dataset("coloured-mnist:size=3", "train")
    assert caught.value.hint == "one of: of, colour, seed"


def test_options_with_a_minus_or_an_underline(tmp_path: Path):
    options = "objects=digits,scenes=textures,train=2,test=2"
    minus, underline = (
        load_dataset(f"composite:{options},object{sign}classes=3+1", "train") for sign in "-_"
    )
    assert minus.digest == underline.digest


def test_a_path_with_an_equals_sign_is_a_value(tmp_path: Path):
    for name in ("train/a/1.png", "train/b/1.png"):
        (tmp_path / "k=v" / name).parent.mkdir(parents=True)
        (tmp_path / "k=v" / name).write_bytes(encoded(picture(0, (32, 32))))
    name = f"composite:objects=digits,scenes=folder:{tmp_path}/k=v,train=1"
    dataset = cast(Any, load_dataset(name, "train"))
    assert dataset.class_parts[0] == ("0", "a")
    assert dataset.name == name
