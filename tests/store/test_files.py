"""Outputs are refused before measuring, and written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from cnnprof.errors import FileError, UnknownNameError
from cnnprof.store.files import check_files, write_file, write_files

SUFFIXES = (".csv", ".json", ".md")


def no_space(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_good_outputs_pass_and_leave_no_trace(tmp_path: Path) -> None:
    check_files([tmp_path / "a.csv", tmp_path / "b.JSON"], SUFFIXES)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"\.xyz"):
        check_files([tmp_path / "a.xyz"], SUFFIXES)
    with pytest.raises(UnknownNameError, match="plain"):
        check_files([tmp_path / "plain"], SUFFIXES)
    with pytest.raises(UnknownNameError) as refused:
        check_files([tmp_path / "a.jsn"], SUFFIXES)
    assert ".json" in refused.value.hint


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "no" / "such"
    with pytest.raises(FileError, match=f"folder {folder} does not exist"):
        check_files([folder / "a.csv"], SUFFIXES)


def test_a_file_as_folder_and_a_folder_as_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="is not a folder"):
        check_files([tmp_path / "file" / "a.csv"], SUFFIXES)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError, match="is a folder"):
        check_files([tmp_path / "folder.csv"], SUFFIXES)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "is read-only"),
        (errno.ENOSPC, "has no space left"),
        (errno.ENOENT, "takes no file: No such file or directory"),
    ],
)
def test_a_folder_that_takes_no_file_is_named(
    number: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(FileError, match=f"folder {tmp_path} .*{said}"):
        check_files([tmp_path / "a.csv"], SUFFIXES)


def test_a_read_only_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FileError, match="read-only"):
        check_files([tmp_path / "a.csv"], SUFFIXES)


def test_one_file_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="given twice"):
        check_files([tmp_path / "a.csv", tmp_path / "." / "a.csv"], SUFFIXES)


def test_a_file_is_replaced_with_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("old")
    file.chmod(0o640)
    write_file(file, "neu: ±\n")
    assert file.read_text(encoding="utf-8") == "neu: ±\n"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("")
    write_file(tmp_path / "a.csv", "new")
    (tmp_path / "later").write_text("")
    modes = {(tmp_path / name).stat().st_mode for name in ("usual", "a.csv", "later")}
    assert len(modes) == 1, "the process creates its other files as before, too"


def test_a_file_is_renamed_into_place_from_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another file system it could not be renamed; written in place, a reader would see half of it."""
    renamed: list[tuple[Path, Path]] = []
    rename = os.replace

    def noted(scratch: str, target: Path) -> None:
        renamed.append((Path(scratch).parent, target))
        rename(scratch, target)

    monkeypatch.setattr(os, "replace", noted)
    monkeypatch.setattr(Path, "write_bytes", no_space)
    write_file(tmp_path / "a.csv", "new")
    assert renamed == [(tmp_path, tmp_path / "a.csv")]
    assert (tmp_path / "a.csv").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_needs_no_room_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    monkeypatch.setattr(tempfile, "TemporaryFile", no_space)
    check_files([tmp_path / "pipe.csv"], SUFFIXES)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_file(tmp_path / "link.csv", "new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


def test_a_link_into_a_folder_that_is_missing_is_refused_before(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "gone" / "real.csv")
    with pytest.raises(FileError, match=f"folder {tmp_path / 'gone'} does not exist"):
        check_files([link], SUFFIXES)


def test_a_link_into_a_folder_that_takes_no_file_is_refused_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sealed").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "sealed" / "real.csv")
    usual = tempfile.TemporaryFile

    def refuse(dir: Path) -> object:
        if dir == tmp_path / "sealed":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return usual(dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(FileError, match=f"folder {tmp_path / 'sealed'} is read-only"):
        check_files([link], SUFFIXES)


def test_a_link_that_leads_to_itself_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(link)
    check_files([link], SUFFIXES)
    write_file(link, "new")
    assert link.read_text() == "new"


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("old")
    monkeypatch.setattr(os, broken, no_space)
    with pytest.raises(FileError, match="No space left on device"):
        write_file(file, "new")
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]
    assert file.read_text() == "old"


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "a.csv", "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", pytest.fail)  # which would take the device from the whole machine
    (tmp_path / "a.csv").symlink_to("/dev/full")
    check_files([tmp_path / "a.csv"], SUFFIXES)
    with pytest.raises(FileError, match="No space left on device"):
        write_file(tmp_path / "a.csv", "new")
    assert (tmp_path / "a.csv").is_symlink()


def test_one_failure_does_not_keep_the_others_from_being_written(tmp_path: Path) -> None:
    good, bad, last = tmp_path / "a.csv", tmp_path / "gone" / "b.json", tmp_path / "c.md"
    failures = write_files({good: lambda: "1", bad: lambda: "2", last: lambda: "3"})
    assert list(failures) == [bad]
    assert "gone" in failures[bad].message
    assert (good.read_text(), last.read_text()) == ("1", "3")


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 251 + ".csv")
    write_file(path, "x")
    assert path.read_text() == "x"


def test_text_that_is_no_utf_8_is_written_all_the_same(tmp_path: Path) -> None:
    write_file(tmp_path / "a.json", "caf\udce9")
    assert (tmp_path / "a.json").read_text() == "caf\\udce9"


def test_a_file_that_is_mounted_by_itself_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    target = tmp_path / "a.csv"
    target.write_text("old, and longer")
    monkeypatch.setattr(os, "replace", busy)
    write_file(target, "new")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(FileError):
        write_file(tmp_path / "b.csv", "new")


def test_a_writer_that_fails_keeps_no_other_file_from_being_written(tmp_path: Path) -> None:
    def broken() -> str:
        raise ImportError("no pandas")

    first, second = tmp_path / "a.csv", tmp_path / "b.json"
    failures = write_files({first: broken, second: lambda: "{}"})
    assert list(failures) == [first]
    assert "ImportError: no pandas" in failures[first].message
    assert second.read_text() == "{}"
    assert not first.exists()


def test_the_next_step_can_be_pasted(tmp_path: Path) -> None:
    with pytest.raises(FileError) as refused:
        check_files([tmp_path / "my results" / "a.csv"], SUFFIXES)
    assert refused.value.hint == f"mkdir -p '{tmp_path / 'my results'}'"
