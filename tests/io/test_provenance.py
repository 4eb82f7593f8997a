import hashlib
import json

import torch

from xaitool.io.provenance import environment, file_sha256, version, versions


def test_versions_are_those_installed():
    assert versions()["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert list(versions())[:2] == ["python", "xaitool"]
    assert version("no-such-package") == "unknown"


def test_environment_is_plain_json():
    found = environment(torch.device("cpu"), "a processor")
    assert json.loads(json.dumps(found)) == found
    assert (found["device"], found["device_name"]) == ("cpu", "a processor")
    assert found["threads"] == torch.get_num_threads()


def test_file_sha256(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert file_sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()
