"""What the name of a file says."""

from __future__ import annotations

import pytest

from xaitool.data.files.file_names import is_hidden, is_picture


@pytest.mark.parametrize(
    ("name", "hidden", "a_picture"),
    [
        ("cat/1.png", False, True),
        ("cat/1.JPeG", False, True),
        ("cat.png/notes.txt", False, False),
        ("png", False, False),
        (".cat/1.png", True, False),
        ("cat/.1.png", True, False),
        ("__MACOSX/cat/1.png", True, False),
        ("my__MACOSX/1.png", False, True),
    ],
)
def test_hidden_files_are_no_pictures(name: str, hidden: bool, a_picture: bool) -> None:
    assert (is_hidden(name), is_picture(name)) == (hidden, a_picture)
