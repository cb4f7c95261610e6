"""A table fits its terminal by shorter rows and dropped columns, never by wrapped or cut cells."""

from __future__ import annotations

import io

import pytest

from cnnprof.render.text.console import plain_text, print_report
from cnnprof.render.text.layout import display_width, fit, lay_out, table_width
from cnnprof.render.text.markdown import to_markdown
from cnnprof.render.text.table import Column, Notes, Picture, Table, notes

TABLE = Table(
    (
        Column("model", align="left"),
        Column("first", priority=2),
        Column("memory\naccess", "MB", priority=1),
        Column("last"),
    ),
    (("ghostnet", "12345", "3.25 MB", "1 M"), ("vgg", "7", "12.5 MB", "15 M")),
    title="a title",
    short_rows=(("ghostnet", "12345", "3.25", "1M"), ("vgg", "7", "12.5", "15M")),
    short_note="shortened",
)


def test_enough_room_changes_nothing() -> None:
    assert fit(TABLE, table_width(TABLE)) == (TABLE, ())
    assert fit(TABLE, None) == (TABLE, ())


def test_first_shorter_rows_then_columns_by_priority() -> None:
    width = table_width(TABLE)
    shorter, dropped = fit(TABLE, width - 1)
    assert shorter.rows == TABLE.short_rows
    assert dropped == ()
    narrow, dropped = fit(TABLE, 25)
    assert [column.name for column in dropped] == ["first"]
    assert [column.name for column in narrow.columns] == ["model", "memory access", "last"]
    assert narrow.rows == (("ghostnet", "3.25", "1M"), ("vgg", "12.5", "15M"))


def test_of_equal_priority_the_right_column_goes_first() -> None:
    columns = (Column("name"), Column("first", priority=1), Column("second", priority=1))
    _, dropped = fit(Table(columns, (("a", "b", "c"),)), 12)
    assert [column.name for column in dropped] == ["second"]


def test_what_may_not_go_stays_at_any_width() -> None:
    narrow, dropped = fit(TABLE, 1)
    assert [column.name for column in narrow.columns] == ["model", "last"]
    assert [column.name for column in dropped] == ["first", "memory access"]


@pytest.mark.parametrize("width", range(16, 40))
def test_no_line_is_wider_and_no_number_is_cut(width: int) -> None:
    lines = [line.text for line in lay_out((TABLE,), width)]
    assert max(map(len, lines)) <= width
    cells = {cell for row in (*TABLE.rows, *TABLE.short_rows) for cell in row}
    for line in lines:
        if line.startswith(("ghostnet", "vgg")):
            assert set(line.split("  ")) - {""} <= {*cells, *(f" {cell}" for cell in cells)}


def test_it_says_what_was_left_out() -> None:
    text = plain_text((TABLE,), 25)
    assert "left out at 25 columns:" in text
    assert "shortened" in text
    assert "left out" not in plain_text((TABLE,))


def test_titles_and_units_stand_above_their_column() -> None:
    assert plain_text((TABLE,)).splitlines()[:5] == [
        "a title",
        "                  memory",
        "                  access",
        "model     first       MB  last",
        "--------  -----  -------  ----",
    ]


def test_groups_and_total() -> None:
    table = Table(
        (Column("name", align="left"), Column("n")),
        (("a", "1"), ("b", "2"), ("total", "3")),
        groups={1: "others"},
        total=True,
    )
    rule = "-----  -"
    assert plain_text((table,)).splitlines()[1:] == [rule, "a      1", "others", "b      2", rule, "total  3"]


def test_prose_is_wrapped_by_word_with_an_indent() -> None:
    lines = [line.text for line in lay_out(notes("one two three four five six seven", ""), 20)]
    assert lines == ["one two three four", "  five six seven"]
    assert plain_text(notes("one two three four five six seven")) == "one two three four five six seven\n"
    assert notes("", "") == ()


def test_wide_characters_take_two_columns() -> None:
    assert display_width("±ms") == 3
    assert display_width("網絡") == 4


def test_markdown_is_a_table_with_every_column() -> None:
    table = Table(
        (Column("net", align="left"), Column("memory\naccess", "MB", priority=1)),
        (("a|b", "1"), ("mobilenet_v2", "2")),
        total=True,
    )
    assert to_markdown((Notes(("head",), "heading"), table, Notes(("said", "<b>")))) == (
        "## head\n\n"
        "| net | memory access (MB) |\n| :--- | ---: |\n| a\\|b | 1 |\n| **mobilenet_v2** | **2** |\n\n"
        "- said\n- \\<b>\n"
    )


def test_a_heading_in_markdown_stays_one_cell() -> None:
    """``compare 'a|b.py:net' other --batch 1 --batch 8`` names the baseline in a heading, which became two cells."""
    table = Table(
        (Column("net", align="left"), Column("time over\na|b's"), Column("_x_", "ms")), (("n", "1", "2"),)
    )
    assert to_markdown((table,)).splitlines()[0] == "| net | time over a\\|b's | \\_x\\_ (ms) |"


def test_a_total_in_markdown_is_bold_whatever_room_its_cell_leaves() -> None:
    """Cells beside a marked one end in a space; a space before the closing stars leaves them as stars."""
    table = Table((Column("net", align="left"), Column("GB")), (("a", "1.5*"), ("total", "2.5 ")), total=True)
    assert to_markdown((table,)).splitlines()[2:] == ["| a | 1.5\\* |", "| **total** | **2.5** |"]


def test_a_unit_without_a_title_is_the_heading() -> None:
    """The table of ``--roofline`` began with an empty line, as if its title stood by itself."""
    table = Table((Column("time", align="left"), Column("", "ms")), (("floor", "3.03"),))
    assert plain_text((table,)).splitlines() == ["time     ms", "-----  ----", "floor  3.03"]
    assert to_markdown((table,)).splitlines()[0] == "| time | ms |"


def test_what_a_terminal_would_obey_is_written_out() -> None:
    """A node of an ONNX file may be called so: its name went as it was to the terminal, and broke the row in two."""
    name, shown = "a\x1b]0;title\x07\nb\x9b2K", "a\\x1b]0;title\\x07\\nb\\x9b2K"
    table = Table(
        (Column("layer", align="left"), Column("macs")), ((name, "1"),), title=name, groups={0: name}
    )
    report = (table, Notes((name,)), Picture((name,)))
    rule = "-" * len(shown)
    assert plain_text(report) == (
        f"{shown}\nlayer{' ' * (len(shown) - 5)}  macs\n{rule}  ----\n{shown}\n{shown}     1\n\n{shown}\n\n{shown}\n"
    )
    assert len(to_markdown(report).splitlines()) == 12
    assert not set("\x1b\x07\x9b") & set(to_markdown(report))


class Terminal(io.StringIO):
    """Text that a terminal would have received."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_its_width_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "25")
    terminal = Terminal()
    print_report((TABLE,), terminal)
    assert "\x1b[1m" in terminal.getvalue()
    assert "left out at 25 columns" in terminal.getvalue()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    print_report((TABLE,), terminal)
    assert "\x1b" not in terminal.getvalue()


def test_a_pipe_gets_plain_text_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "25")
    monkeypatch.setenv("FORCE_COLOR", "1")
    pipe = io.StringIO()
    print_report((TABLE,), pipe)
    assert pipe.getvalue() == plain_text((TABLE,))


def test_a_column_of_nothing_leaves_no_spaces_behind() -> None:
    table = Table((Column("a"), Column("")), (("1", ""),))
    assert all(line.text == line.text.rstrip() for line in lay_out((table,)))


def test_signs_at_the_edge_of_a_word_stay_signs_in_markdown() -> None:
    assert to_markdown(notes("+ as printed", "pkg/__init__.py:build", "width_mult=0.5")) == (
        "- \\+ as printed\n- pkg/\\_\\_init\\_\\_.py:build\n- width_mult=0.5\n"
    )
