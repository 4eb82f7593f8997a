"""MovieLens' official files, written by the test; the network is a server of it."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest
import torch

from xaitool.data.ratings import movielens
from xaitool.data.ratings.load import load_ratings
from xaitool.data.ratings.loader import RatingRequest
from xaitool.errors import DataError, UnknownNameError

Write = Callable[..., Path]


GENRES = ("unknown", "Action", "Drama")


FILES_100K = {
    "u.data": "2\t10\t3\t100\n1\t9\t5\t200\n1\t10\t1\t50\n",
    "u.genre": "unknown|0\nAction|1\nDrama|2\n\n",
    "u.item": "9|Amélie (2001)|a||b|0|1|1\n10|unknown||||1|0|0\n11|Not rated|a||b|0|0|1\n",
}


DAT_RATINGS = "2::10::3::100\n1::9::5::200\n1::10::1::50\n"


DAT_MOVIES = '9::Amélie (2001)::Action|Drama\n10::unknown::\n11::"Not" rated::Western\n'


CSV_RATINGS = "userId,movieId,rating,timestamp\n2,10,3.0,100\n1,9,5.0,200\n1,10,1.0,50\n"


CSV_MOVIES = (
    "movieId,title,genres\n9,Amélie (2001),Action|Drama\n10,unknown,(no genres listed)\n"
    '11,"""Not"" rated, but",Western\n'
)


OFFICIAL = {
    "ml-100k": ("ml-100k", FILES_100K, "latin-1"),
    "ml-1m": ("ml-1m", {"ratings.dat": DAT_RATINGS, "movies.dat": DAT_MOVIES}, "latin-1"),
    "ml-10m": ("ml-10M100K", {"ratings.dat": DAT_RATINGS, "movies.dat": DAT_MOVIES}, "utf-8"),
} | {
    name: (name, {"ratings.csv": CSV_RATINGS, "movies.csv": CSV_MOVIES}, "utf-8")
    for name in ("ml-20m", "ml-25m", "ml-32m")
}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(movielens, "ADDRESS", "http://127.0.0.1:9/")


def write_official(name: str, root: Path, write: Write) -> None:
    folder, files, encoding = OFFICIAL[name]
    for file, text in files.items():
        write(str(root / folder / file), text, encoding)


@pytest.mark.parametrize("name", OFFICIAL)
@pytest.mark.usefixtures("no_network")
def test_official_files_are_read_as_they_lie(name: str, tmp_path: Path, write: Write):
    write_official(name, tmp_path, write)
    data = load_ratings(name, data_dir=tmp_path)
    assert (data.name, data.user_ids, data.item_ids) == (name, ("1", "2"), ("9", "10"))
    assert data.ratings.users.tolist() == [1, 0, 0]
    assert data.ratings.items.tolist() == [1, 0, 1]
    assert data.ratings.values.tolist() == [3.0, 5.0, 1.0]
    assert data.times is not None
    assert data.times.tolist() == [100, 200, 50]
    assert data.titles == ("Amélie (2001)", "unknown")
    assert data.aspect_names == ("Action", "Drama")
    assert torch.equal(data.aspects, torch.tensor([[True, True], [False, False]]))
    assert data.scale == ((1.0, 5.0) if name in ("ml-100k", "ml-1m") else (0.5, 5.0))
    assert data.notes == ("items without an aspect, which cannot be explained: 1 of 2",)


@pytest.mark.usefixtures("no_network")
def test_equal_time_stamps_are_none(tmp_path: Path, write: Write):
    write_official("ml-1m", tmp_path, write)
    write("ml-1m/ratings.dat", "1::9::5::0\n2::9::4::0\n")
    assert load_ratings("ml-1m", data_dir=tmp_path).times is None


@pytest.mark.usefixtures("no_network")
def test_malformed_official_files(tmp_path: Path, write: Write):
    write_official("ml-100k", tmp_path, write)
    path = write("ml-100k/u.data", "1\t9\t6\t3\n")
    with pytest.raises(DataError, match=f"line 1 of '{path}' has rating 6, but 1 to 5 is wanted"):
        load_ratings("ml-100k", data_dir=tmp_path)
    write_official("ml-100k", tmp_path, write)
    path = write("ml-100k/u.item", "9|Amélie (2001)|a||b|0|1|1|0\n", "latin-1")
    with pytest.raises(DataError, match=f"line 1 of '{path}' has 9 fields, but 8 are wanted"):
        load_ratings("ml-100k", data_dir=tmp_path)


@pytest.mark.parametrize("name", OFFICIAL)
@pytest.mark.usefixtures("no_network")
def test_no_network_names_the_folder_and_what_needs_none(name: str, tmp_path: Path):
    root = tmp_path / "data"
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        load_ratings(name, data_dir=root)
    assert f"'{root / OFFICIAL[name][0]}'" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "synthetic-ratings needs no download" in str(caught.value.hint)
    assert list(root.iterdir()) == []


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is served in place of the official address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    with HTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as http:
        monkeypatch.setattr(movielens, "ADDRESS", f"http://127.0.0.1:{http.server_port}/")
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield folder
        http.shutdown()
        thread.join()


def archive_of(name: str, path: Path) -> str:
    folder, files, encoding = OFFICIAL[name]
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(f"{folder}/{file}", text.encode(encoding))
    return hashlib.md5(path.read_bytes()).hexdigest()


def loader(name: str, md5: str):
    release = next(one for one in movielens.RELEASES if one.name == name)
    return movielens.loader(dataclasses.replace(release, md5=md5))


def test_absent_files_are_downloaded_with_a_bar_on_stderr(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    load = loader("ml-10m", archive_of("ml-10m", server / "ml-10m.zip"))
    root = tmp_path / "new" / "data"
    assert load(RatingRequest("ml-10m", data_dir=root)).ratings.user_count == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "100%" in printed.err
    assert sorted(path.name for path in root.iterdir()) == ["ml-10M100K", "ml-10m.zip"]
    (server / "ml-10m.zip").unlink()
    assert load(RatingRequest("ml-10m", data_dir=root)).ratings.user_count == 2


def test_an_archive_that_lies_there_is_unpacked(server: Path, tmp_path: Path):
    root = tmp_path / "data"
    root.mkdir()
    load = loader("ml-25m", archive_of("ml-25m", root / "ml-25m.zip"))
    assert load(RatingRequest("ml-25m", data_dir=root)).titles[0] == "Amélie (2001)"


def test_a_wrong_checksum_is_refused(server: Path, tmp_path: Path):
    archive_of("ml-1m", server / "ml-1m.zip")
    with pytest.raises(DataError, match="could not be downloaded"):
        load_ratings("ml-1m", data_dir=tmp_path / "data")
    assert not (tmp_path / "data" / "ml-1m").exists()


@pytest.mark.data
def test_real_movielens_100k(real_ratings: Path):
    data = load_ratings("ml-100k", data_dir=real_ratings)
    assert (len(data.ratings), data.ratings.user_count, data.ratings.item_count) == (
        100_000,
        943,
        1682,
    )
    assert float(data.ratings.values.double().mean()) == pytest.approx(3.52986, abs=1e-9)
    assert data.user_ids == tuple(str(number) for number in range(1, 944))
    assert (data.titles[data.item_index("120")], len(data.aspect_names)) == (
        "Striptease (1996)",
        18,
    )
    assert data.item_index("fargo (1996)") == 99
    assert data.times is not None
    # The first line of u.data: user 196, item 242, rating 3, 881250949.
    first = (data.ratings.users[0], data.ratings.items[0], data.ratings.values[0], data.times[0])
    assert [float(part) for part in first] == [195, 241, 3, 881250949]
    assert int(data.aspects.sum()) == 2891
    assert data.notes == ("items without an aspect, which cannot be explained: 2 of 1,682",)


@pytest.mark.data
def test_real_movielens_1m(real_ratings: Path):
    if not (real_ratings / "ml-1m").is_dir():
        pytest.skip("XAITOOL_DATA has no ml-1m")
    data = load_ratings("ml-1m", data_dir=real_ratings)
    assert (len(data.ratings), data.ratings.user_count, data.ratings.item_count) == (
        1_000_209,
        6040,
        3706,
    )
    assert (len(data.aspect_names), data.scale, data.notes) == (18, (1.0, 5.0), ())
    assert data.titles[data.item_index("2858")] == "American Beauty (1999)"
    with pytest.raises(UnknownNameError, match="unknown item 'The Matrix'") as caught:
        data.item_index("The Matrix")
    assert "'Matrix, The (1999)'" in str(caught.value.hint)
