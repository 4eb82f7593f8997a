"""Reading ratings: against Python's csv module, and every fault in one clear line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from xaitool.data.ratings import lines
from xaitool.data.ratings.columns import Columns
from xaitool.data.ratings.rating_table import RatingTable, read_ratings
from xaitool.errors import DataError

Write = Callable[..., Path]
Row = tuple[str, str, float, int]


def rows(table: RatingTable) -> list[Row]:
    return [
        (table.user_ids[user], table.item_ids[item], float(value), int(time))
        for user, item, value, time in zip(
            table.users, table.items, table.values, table.times, strict=True
        )
    ]


EXPECTED: list[Row] = [("10", "7", 4.5, 100), ("9", "7", 1.0, 90), ("10", "8", 3.0, -5)]


@pytest.mark.parametrize(
    "text",
    [
        "10\t7\t4.5\t100\n9\t7\t1\t90\n10\t8\t3\t-5\n",
        "10::7::4.5::100\n9::7::1::90\n10::8::3::-5",
        "10,7,4.5,100\n9,7,1,90\n10,8,3,-5\n",
        "userId,movieId,rating,timestamp\n10,7,4.5,100\n9,7,1,90\n10,8,3,-5\n",
        "\ufeffuser,item,rating,time\r\n10,7,4.5,100\r\n9,7,1,90\r\n10,8,3,-5\r\n",
        '"user","item","rating","time"\n"10","7","4.5","100"\n9, 7, 1, 90\n10 ,8,3,-5\n',
        "\n10,7,4.5,100\n\n9,7,1,90\n   \n10,8,3,-5\n\n\n",
        "10;7;4.5;100\n9;7;1;90\n10;8;3;-5\n",
        "10 7 4.5 100\n 9  7 1   90\n10 8 3 -5\n",
        '"user" "item" "rating" "time"\n"10" "7" 4.5 100\n"9" "7" 1 90\n"10" "8" 3 -5\n',
        "user item rating timestamp\n10 7 4.5 100\n9 7 1 90\n10 8 3 -5\n",
        "UserID::MovieID::Rating::Timestamp\n10::7::4.5::100\n9::7::1::90\n10::8::3::-5\n",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "10\t7\t4.5\t100.0\n9\t7\t1\t90.75\n10\t8\t3\t-5\n",
        ",userId,movieId,rating,timestamp\n0,10,7,4.5,100\n1,9,7,1,90\n2,10,8,3,-5\n",
        "Unnamed: 0,uid,iid,stars,ts\n0,10,7,4.5,100\n1,9,7,1,90\n2,10,8,3,-5\n",
        "item,user,rating,timestamp\n7,10,4.5,100\n7,9,1,90\n8,10,3,-5\n",
        "timestamp;Rating;ITEM_ID;User-ID\n100;4.5;7;10\n90;1;7;9\n-5;3;8;10\n",
        "user,item,when,date,rating\n10,7,?,1970-01-01 00:01:40,4.5\n"
        "9,7,?,1970-01-01T00:01:30.5Z,1\n10,8,?,1970-01-01 01:59:55+02:00,3\n",
    ],
    ids=[
        *("tsv", "colons", "csv", "header", "spreadsheet", "quotes", "blank-lines"),
        *("semicolons", "blanks", "write.table", "surprise", "movielens", "recbole"),
        *("pandas-index", "unnamed", "item-first", "backwards", "dates"),
    ],
)
def test_every_layout_reads_the_same(text: str, write: Write):
    table = read_ratings([write("ratings", text)])
    assert rows(table) == EXPECTED
    assert (table.user_ids, table.item_ids) == (("9", "10"), ("7", "8"))
    assert [array.dtype for array in (table.users, table.values, table.times)] == [
        np.int64,
        np.float32,
        np.int64,
    ]


def test_without_time_stamps_and_with_names_for_ids(write: Write):
    table = read_ratings([write("r.csv", "user,item,rating\nZoë,film b,4\nann,10,2\n")])
    assert rows(table) == [("Zoë", "film b", 4.0, 0), ("ann", "10", 2.0, 0)]
    assert (table.user_ids, table.item_ids) == (("Zoë", "ann"), ("10", "film b"))


def test_several_files_and_other_columns(write: Write):
    columns = Columns(names=("user", "item", "x", "rating"), required=4, rating=3, time=None)
    files = [write("a", "1\t2\t9\t4\n"), write("b", "1\t3\t9\t5\n")]
    assert rows(read_ratings(files, columns=columns)) == [("1", "2", 4.0, 0), ("1", "3", 5.0, 0)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ratings=st.dictionaries(
        st.tuples(
            st.text("ab 1,'\"", min_size=1, max_size=3).filter(str.strip),
            st.text("xy2 ", min_size=1, max_size=3).filter(str.strip),
        ),
        st.tuples(st.sampled_from([0.5, 1.0, 2.25, 5.0]), st.integers(-(2**63) + 1, 2**63 - 1)),
        min_size=1,
    ),
    chunk=st.integers(1, 40),
)
def test_what_the_csv_module_writes_is_read(
    ratings: dict[tuple[str, str], tuple[float, int]],
    chunk: int,
    tmp_path: Path,
):
    wanted: dict[tuple[str, str], tuple[float, int]] = {}
    for (user, item), (value, time) in ratings.items():
        wanted.setdefault((user.strip(), item.strip()), (value, time))
    buffer = io.StringIO()
    csv.writer(buffer).writerows((*pair, *rest) for pair, rest in wanted.items())
    path = tmp_path / "r.csv"
    path.write_text("user,item,rating,timestamp\n" + buffer.getvalue(), newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK_CHARACTERS", chunk)
        table = read_ratings([path])
    assert rows(table) == [(*pair, *rest) for pair, rest in wanted.items()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1,2,3\n1,3\n",
            "line 2 of '{}' has 2 fields, but 3 .user, item, rating., timestamp.. are",
        ),
        # Two lines whose faults would cancel out if only the sum of the fields were looked at.
        ("1,2,3\n4,5\n6,7,3,2\n", "line 2 of '{}' has 2 fields"),
        ("1,2,3,4\n1,3,4\n", "line 2 of '{}' has 3 fields, but 4"),
        ("1,2\n", "line 1 of '{}' has 2 fields, but user, item, rating., timestamp. are wanted"),
        ("1|2|3\n", "line 1 of '{}' has 1 field, but user"),
        ("1,2,3,4,5\n", "line 1 of '{}' has 5 fields"),
        (
            "user,item,rating\n\n1,2,good\n",
            "line 3 of '{}' has rating 'good', but a number",
        ),
        ("1,2,\n", "line 1 of '{}' has rating '', but a number"),
        ("a,b,nan\n", "line 1 of '{}' has rating 'nan', but a number"),
        ("1,2,3\n1,3,inf\n", "line 2 of '{}' has rating 'inf', but a number"),
        ("1,2,3\n1,3,6\n", "line 2 of '{}' has rating 6, but 1 to 5 is wanted"),
        ("1,2,3\n1,3,0.5\n", "line 2 of '{}' has rating 0.5, but 1 to 5 is wanted"),
        ("1,2,3\n,3,4\n", "line 2 of '{}' has an empty user, but one is wanted"),
        ("1,2,3\n1, ,4\n", "line 2 of '{}' has an empty item, but one is wanted"),
        ("1,2,3,4_5\n", "line 1 of '{}' has timestamp '4_5', but seconds, or a date"),
        ("1,2,3,4\n1,3,3,2004-01-31\n", "line 2 of '{}' has timestamp '2004-01-31', but seconds"),
        ("1,2,3,2004-01-31\n1,3,3,7\n", "line 2 of '{}' has timestamp '7', but a date such as"),
        ("1,2,3,2004-01-31\n1,3,3,2004-02-31\n", "line 2 of '{}' has timestamp '2004-02-31'"),
        ("u1,i1,NA\nu2,i1,3\n", "line 1 of '{}' has rating 'NA', but a number is wanted"),
        ("1,2,3\n1,3,1_0\n", "line 2 of '{}' has rating '1_0', but a number"),
        ("1,2,3\n1,3,0x3\n", "line 2 of '{}' has rating '0x3', but a number"),
        ("1,2,3\n1,3,٣\n", "line 2 of '{}' has rating '٣', but a number"),
        ("1;2;3\n1;3;3,5\n", "line 2 of '{}' has rating '3,5', but a number"),
        ("user,item,rating\n1,2\n", "line 2 of '{}' has 2 fields, but 3 .user, item, rating. are"),
        ("1,2,3,9223372036854775808\n", "line 1 of '{}' has timestamp '9223372036854775808'"),
        ("", "file '{}' is empty, but ratings are wanted"),
        ("\n \n", "file '{}' is empty"),
        ("user,item,rating\n", "file '{}' has no ratings, but at least one is wanted"),
    ],
)
def test_a_fault_is_one_clear_line(text: str, message: str, write: Write):
    path = write("r.csv", text)
    with pytest.raises(DataError, match=message.format(path)) as caught:
        read_ratings([path], scale=(1.0, 5.0))
    assert "\n" not in str(caught.value)


def test_a_fault_far_into_a_file_is_found(write: Write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "_CHUNK_CHARACTERS", 100)
    text = "".join(f"{row},1,3\n" for row in range(1, 500))
    path = write("r.csv", "user,item,rating\n" + text.replace("321,1,3", "321,1,three"))
    with pytest.raises(DataError, match=r"line 322 of .* has rating 'three'"):
        read_ratings([path])


def test_an_absent_file_a_folder_and_another_encoding(tmp_path: Path, write: Write):
    with pytest.raises(DataError, match=r"cannot be read \(No such file or directory\)"):
        read_ratings([tmp_path / "absent"])
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        read_ratings([tmp_path])
    path = write("r.csv", "user,item,rating\nann,2,3\nZoë,2,3\n", "latin-1")
    with pytest.raises(DataError, match=f"line 3 of '{path}' is not UTF-8 text, but such text is"):
        read_ratings([path])


@pytest.mark.parametrize("rating", ["1e300", "1e37", "-1e37", "1000000001", "1e999"])
def test_numbers_whose_squares_lose_themselves(rating: str, write: Write):
    with pytest.raises(DataError, match=rf"line 1 of .* has rating {rating}, but -1e[+]09 to 1e"):
        read_ratings([write("r.csv", f"1,2,{rating}\n")])


def test_ratings_that_are_all_too_small(write: Write):
    path = write("r.csv", "1,2,0\n1,3,1e-45\n1,4,-0.009\n")
    with pytest.raises(DataError, match=r"has ratings of at most 0[.]009, but some of 0[.]01 or"):
        read_ratings([path])
    assert read_ratings([write("r.csv", "1,2,1e-45\n1,3,0.01\n")]).values.tolist()[0] < 1e-40
    assert read_ratings([write("r.csv", "1,2,0\n1,3,0\n")]).values.tolist() == [0, 0]


def test_an_exponent_is_a_number(write: Write):
    table = read_ratings([write("r.csv", "1,2,4e0\n1,3,2.5E-1\n1,4,.5\n1,5,+3.\n")])
    assert table.values.tolist() == [4, 0.25, 0.5, 3]


def test_duplicates_name_both_lines(write: Write):
    path = write("r.csv", "user,item,rating\na,x,3\n\nb,x,2\na,y,1\nb,x,5\na,x,4\n")
    message = f"line 6 of '{path}' rates item 'x' by user 'b' again after line 4, but one rating"
    with pytest.raises(DataError, match=message) as caught:
        read_ratings([path])
    assert "--duplicates last" in str(caught.value.hint)
    table = read_ratings([path], duplicates="last")
    assert rows(table) == [("a", "y", 1.0, 0), ("b", "x", 5.0, 0), ("a", "x", 4.0, 0)]
    assert table.dropped == 2


def test_duplicates_in_two_files(write: Write):
    files = [write("one", "1,2,3\n"), write("two", "2,2,3\n1,2,4\n")]
    message = f"line 2 of '{files[1]}' rates .* again after line 1 of '{files[0]}'"
    with pytest.raises(DataError, match=message):
        read_ratings(files)


@pytest.mark.parametrize(
    ("header", "message", "names"),
    [
        ("user,beer,rating", "user, beer, rating, which name the item in no column", "movieId"),
        ("who,item,rating", "which name the user in no column", "user_id, userId"),
        ("user,item,opinion", "which name the rating in no column", "score, stars"),
        ("user,userId,item,rating", "which name the user twice", "uid"),
        ("user,item,rating,stars", "which name the rating twice", "overall"),
        ("user,item,rating,date,time", "which name the time twice", "timestamp"),
        ("user,item", "user, item, which name the rating in no column", "score"),
        ("user,101,102,103", "which name the item in no column", "movieId"),
    ],
)
def test_a_header_that_contradicts_is_refused(header: str, message: str, names: str, write: Write):
    path = write("r.csv", header + "\n1,2,3,4,5\n")
    with pytest.raises(
        DataError, match=f"line 1 of '{path}' has the columns .*{message}"
    ) as caught:
        read_ratings([path])
    assert names in str(caught.value.hint)


def test_ids_that_are_words_of_headers_are_data(write: Write):
    table = read_ratings([write("r.csv", "ann,time,3\nbob,item,4\n")])
    assert rows(table) == [("ann", "time", 3.0, 0), ("bob", "item", 4.0, 0)]


def test_a_first_line_that_is_damaged_says_what_a_header_would_be(write: Write):
    with pytest.raises(DataError, match=r"line 1 of .* has rating 'r', but a number") as caught:
        read_ratings([write("r.csv", "u,i,r\n1,2,3\n")])
    assert "user,item,rating" in str(caught.value.hint)
    with pytest.raises(DataError, match=r"line 1 of .* has rating 'NA', but a number") as caught:
        read_ratings([write("r.csv", "1,2,NA\n1,3,3\n")])
    assert caught.value.hint is None


def test_columns_that_nothing_reads_are_known(write: Write):
    files = [
        write("a.csv", ",user,item,title,rating\n0,1,2,x,4\n"),
        write("b.csv", "rating,title,item,user,year\n3,x,2,2,1999\n"),
    ]
    table = read_ratings(files)
    assert rows(table) == [("1", "2", 4.0, 0), ("2", "2", 3.0, 0)]
    assert table.unread == ("title", "year")


def test_duplicates_are_named_wherever_their_columns_are(write: Write):
    path = write("r.csv", "rating,item,user\n3,x,a\n4,x,b\n5,x,a\n")
    with pytest.raises(DataError, match=r"line 4 .* rates item 'x' by user 'a' again after line 2"):
        read_ratings([path])


def test_dates_are_of_utc_and_days_begin_at_midnight(write: Write):
    path = write("r.csv", "1,2,3,2004-01-31\n1,3,3,2004-01-31 12:00:00\n1,4,3,1969-12-31\n")
    assert read_ratings([path]).times.tolist() == [1075507200, 1075550400, -86400]
