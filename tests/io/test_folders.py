from pathlib import Path

import pytest

from xaitool.errors import ConfigError
from xaitool.io.folders import check_name, check_writable, near_file


def test_a_folder_without_a_name_of_its_own_is_not_too_long():
    for path in (".", "..", "/"):
        check_name(Path(path))
    with pytest.raises(ConfigError, match="is too long"):
        check_name(Path("n" * 250))


def test_a_place_that_cannot_be_written_is_known_before(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    check_writable(tmp_path / "deep" / "er")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    for below in ("file", "file/a", "file/a/b"):
        with pytest.raises(ConfigError, match="file is a file, but no folder"):
            check_writable(tmp_path / below)
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    with pytest.raises(ConfigError, match="is not writable, but has to be"):
        check_writable(tmp_path / "deep")


def test_what_lies_beside_an_absent_path_and_is_spelt_like_it(tmp_path):
    (tmp_path / "classifier").mkdir()
    assert near_file(tmp_path / "clasifier") == f"did you mean '{tmp_path / 'classifier'}'?"
    assert near_file(tmp_path / "zzz") is None
    assert near_file(tmp_path / "nowhere" / "classifier") is None
