"""THE FLOW, one function an arrow: resolve -> trace -> cost -> measure -> Profile."""

from cnnprof.cost.conventions.registry import REGISTRY
from cnnprof.pipeline.conventions import count_conventions
from cnnprof.pipeline.explain import Explained, explain_gap
from cnnprof.pipeline.flow import compare, count, count_entries, describe_environment, profile
from cnnprof.pipeline.guidelines import assess_guidelines, assess_guidelines_by_time
from cnnprof.pipeline.layer_roofline import time_layers_under_roofs
from cnnprof.pipeline.layer_times import time_layers
from cnnprof.pipeline.machine import check_machine
from cnnprof.pipeline.peak import find_peak_memory
from cnnprof.pipeline.subject import FAKES
from cnnprof.runtimes.registry import DEVICES, DTYPES, RUNTIMES

CONVENTIONS = tuple(REGISTRY)

__all__ = [
    "CONVENTIONS",
    "DEVICES",
    "DTYPES",
    "FAKES",
    "RUNTIMES",
    "Explained",
    "assess_guidelines",
    "assess_guidelines_by_time",
    "check_machine",
    "compare",
    "count",
    "count_conventions",
    "count_entries",
    "describe_environment",
    "explain_gap",
    "find_peak_memory",
    "profile",
    "time_layers",
    "time_layers_under_roofs",
]
