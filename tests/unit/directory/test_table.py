"""Whatever a spreadsheet does to a CSV file, its rows come out with the lines they stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from directory.errors import ImportFault
from directory.importing.table import BrokenRow, Row, read_table


def read(tmp_path: Path, content: bytes | str, *needed: str) -> list[Row | BrokenRow]:
    path = tmp_path / "list.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, needed or ("pincode", "district"))


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_line_ends_marks_and_separators_do_not_matter(tmp_path: Path, ends: str, mark: str, separator: str) -> None:
    lines = ["# SAMPLE, made up", "Pincode,District Name, Name hi", '462001,"Bhopal",भोपाल', "", "452001, Indore ,"]
    rows = read(tmp_path, mark + ends.join(lines).replace(",", separator))
    assert rows == [
        Row(3, {"pincode": "462001", "district": "Bhopal", "name_hi": "भोपाल"}),
        Row(5, {"pincode": "452001", "district": "Indore", "name_hi": ""}),
    ]


def test_a_quoted_cell_may_hold_separators_and_lines_and_the_line_is_the_rows_first(tmp_path: Path) -> None:
    rows = read(tmp_path, 'pincode,district\n462001,"Bhopal, ""old""\ntown"\n452001,Indore\n')
    assert rows == [
        Row(2, {"pincode": "462001", "district": 'Bhopal, "old"\ntown'}),
        Row(4, {"pincode": "452001", "district": "Indore"}),
    ]


def test_a_row_with_too_few_cells_has_empty_ones_and_one_with_too_many_is_broken(tmp_path: Path) -> None:
    short, empty, long = read(tmp_path, "pincode,district\n462001\n462002,Bhopal,,\n462003,Bhopal,x\n")
    assert isinstance(short, Row)
    assert short.get("district") == ""
    with pytest.raises(ImportFault, match="district is empty"):
        short.need("district")
    assert isinstance(empty, Row)
    assert isinstance(long, BrokenRow)
    assert (long.line, long.reason) == (4, "it has 3 cells, the header has 2")


def test_a_row_that_no_database_takes_stops_no_other(tmp_path: Path) -> None:
    broken, sound = read(tmp_path, "pincode,district\n462001,Bho\0pal\n452001,Indore\n")
    assert isinstance(broken, BrokenRow)
    assert (broken.line, "NUL" in broken.reason) == (2, True)
    assert isinstance(sound, Row)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        ("pincode,town\n", "lacks district"),
        ("pincode,district\n1,\xe9\n".encode("latin-1"), r"list\.csv:2: this is not UTF-8"),
        ('pincode,district\n1,a\n2,"b\n', r"list\.csv:3"),
    ],
)
def test_a_file_that_is_no_list_says_why(tmp_path: Path, content: bytes | str, complaint: str) -> None:
    with pytest.raises(ImportFault, match=complaint):
        read(tmp_path, content)
    with pytest.raises(ImportFault, match="cannot be read"):
        read_table(tmp_path / "nothing.csv", ())
