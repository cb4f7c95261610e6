"""One tree of errors: each class carries its exit code, each instance a next step.

The command line prints ``message`` and ``hint``, one line each, and exits with ``exit_code``. Python shows both too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import SequenceMatcher
from traceback import walk_tb

# Control characters, and what Python makes of each byte of a file name that is not UTF-8.
UNPRINTABLE = (*range(32), *range(127, 160), *range(0xDC80, 0xDD00))
WRITTEN_OUT = {number: repr(chr(number))[1:-1] for number in UNPRINTABLE}
OURS, STANDARD = (os.path.dirname(file) + os.sep for file in (__file__, os.__file__))


class CnnprofError(Exception):
    """What cnnprof tells its user instead of a traceback: the thing and the reason, then the next step."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Both lines, since a traceback in a notebook ends with this."""
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class UnknownNameError(CnnprofError):
    """A model or an option value that does not exist (exit code 3)."""

    exit_code = 3


class ModelError(CnnprofError):
    """A model that cannot be loaded, or cannot run at that input (exit code 4)."""

    exit_code = 4


class FileError(CnnprofError):
    """A file that cannot be read or written (exit code 5)."""

    exit_code = 5


class MissingRuntimeError(CnnprofError):
    """A runtime or device that is not there; the hint holds the install line (exit code 6)."""

    exit_code = 6


class GateError(CnnprofError):
    """A gate such as ``--strict`` that did not pass (exit code 7)."""

    exit_code = 7


def first_line(error: BaseException) -> str:
    """What an error says first, cut off where it is long; its type where it says nothing."""
    return (_text(error).strip().splitlines() or [type(error).__name__])[0][:200]


def in_one_line(error: BaseException, longest: int = 200) -> str:
    """``KeyError: 'x'``: its type and all of its text, which may have any number of lines, or none."""
    text = " ".join(_text(error).split())
    return f"{type(error).__name__}: {text[:longest]}" if text else type(error).__name__


def correction(error: BaseException) -> str:
    """The hint at the innermost line of the user's own code that an error came through; empty where there is none.

    Installed packages are not the user's, nor is cnnprof.
    """
    for frame, line in reversed(list(walk_tb(error.__traceback__))):
        file = frame.f_code.co_filename
        if not file.startswith((OURS, STANDARD, "<")) and "site-packages" not in file:
            return f"correct {os.path.basename(file)}:{line}; --traceback shows how it got there"
    return ""


def shortened(value: object) -> str:
    """A value as Python writes it, in one line and cut off where it is long."""
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 80 else f"{text[:80]}...{text[-1]}"


def printable(text: str) -> str:
    """Text that others may have written (names in a file, a library's error), unprintable characters as Python writes
    them.

    A terminal takes control characters for commands: to go back and overwrite, to rename its window. XML has no way to
    hold them. A file name that is not UTF-8 has others, which no encoding and no font knows.

    >>> printable("conv\\x1b[2K")
    'conv\\\\x1b[2K'
    """
    return text.translate(WRITTEN_OUT)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # the author of its class may have got that wrong as well
        return ""


def unknown(
    kind: str, name: object, known: Iterable[str], otherwise: str = "", where: str = ""
) -> UnknownNameError:
    """Name what is unknown (a number, too) and ``where`` (``of ssdlite``), with the nearest known names as the hint.

    >>> unknown("model", "mobilenet_v22", ["mobilenet_v2", "vgg16"]).hint
    'did you mean mobilenet_v2?'
    """
    names = list(known)
    close = _nearest(str(name).lower(), names)
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    else:
        hint = otherwise or f"one of: {', '.join(names)}"
    return UnknownNameError(f"unknown {kind} {shortened(name)}{where and ' '}{where}", hint)


def _nearest(name: str, names: list[str]) -> list[str]:
    """Up to three names: the one that was only added to (``ghostnet_x1_0``), then those spelt alike, or else beginning
    with what was typed (``onnx``). Of equals the first known comes first.
    """
    alike = {known: SequenceMatcher(None, known, name).ratio() for known in names}
    close = [known for known in sorted(alike, key=alike.__getitem__, reverse=True) if alike[known] >= 0.6]
    begun = [known for known in names if len(name) > 2 and known.startswith(name)]
    plain = sorted((known for known in names if name.startswith(f"{known}_")), key=len)[-1:]
    return list(dict.fromkeys([*plain, *(close or begun)]))[:3]
