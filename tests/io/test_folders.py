from pathlib import Path

import pytest

from xaitool.errors import ConfigError
from xaitool.io.folders import check_name


def test_a_folder_without_a_name_of_its_own_is_not_too_long():
    for path in (".", "..", "/"):
        check_name(Path(path))
    with pytest.raises(ConfigError, match="is too long"):
        check_name(Path("n" * 250))
