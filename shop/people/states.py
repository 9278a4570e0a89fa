"""What kinds of devices there are."""

from enum import StrEnum


class DeviceKind(StrEnum):
    """What a bearer token may be used for."""

    COUNTER = "counter"
    PACKER = "packer"
    MANAGER = "manager"
    SUPERVISOR = "supervisor"  # a counter that may also undo what other counters of its point handed over


AT_A_COUNTER = frozenset({DeviceKind.COUNTER, DeviceKind.SUPERVISOR})
