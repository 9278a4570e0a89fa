"""What kinds of devices there are."""

from enum import StrEnum


class DeviceKind(StrEnum):
    """What a bearer token may be used for."""

    COUNTER = "counter"
    PACKER = "packer"
    MANAGER = "manager"
