"""Honest timing: sessions and a clock in, a Measurement out. Imports neither torch nor any runtime."""

from cnnprof.measure.environment import default_threads, read_environment
from cnnprof.measure.interleave import measure
from cnnprof.measure.progress import Progress
from cnnprof.measure.session import Clock, Session, SystemClock, WitnessReader
from cnnprof.measure.witness import SystemWitness

__all__ = [
    "Clock",
    "Progress",
    "Session",
    "SystemClock",
    "SystemWitness",
    "WitnessReader",
    "default_threads",
    "measure",
    "read_environment",
]
