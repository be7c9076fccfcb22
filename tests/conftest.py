"""No test talks to a network: whoever tries gets an error with the address."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small nets are faster on one thread, and equal on every machine
os.environ["HF_HUB_OFFLINE"] = "1"  # for subprocesses, which the fixture below does not reach

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


class NetworkBlocked(AssertionError):
    """A test tried to reach a host."""


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Let sockets connect to this machine only."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse_others(family: int, address: Any) -> None:
        local = family == getattr(socket, "AF_UNIX", None) or address[0] in LOCAL_HOSTS
        if not local:
            raise NetworkBlocked(f"a test tried to connect to {address}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse_others(self.family, address)
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse_others(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in LOCAL_HOSTS:
            raise NetworkBlocked(f"a test tried to look up {host}")
        return getaddrinfo(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield
