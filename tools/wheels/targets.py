"""The platforms that wheels are built for, and how each is told to the tools."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """One platform."""

    tag: str
    """Of the wheel: the oldest C library that it runs with, and the processor."""

    zig: str
    """What zig calls it, with the version of the C library whose symbols may be used."""

    swift: str
    """What Swift calls it: where there is no Embedded Swift for Linux, the bare machine."""

    openssl: str
    """The name of OpenSSL's configuration for it."""

    headers: tuple[str, ...]
    """The folders of the C library's headers that zig brings, in the order in which they are searched."""

    defines: tuple[str, ...]
    """Macros that a compiler for Linux has and one for the bare machine has not, and those of zig's headers."""

    loader: str
    """The dynamic loader that its programs ask for."""

    @property
    def triple(self) -> str:
        """For what has a configure script."""
        return self.zig.partition(".")[0]

    @property
    def is_musl(self) -> bool:
        return "musl" in self.zig

    @property
    def libc(self) -> str:
        """What a library for musl says that it needs: Alpine's name for musl, which is the one that auditwheel knows.

        Musl's loader takes any name that begins so for itself, and looks for no file.
        """
        return self.loader.replace("ld-", "libc.", 1)


_LINUX = ("__linux__=1", "__linux=1", "linux=1", "__unix__=1", "__gnu_linux__=1", "__ELF__=1", "_REENTRANT=1")

TARGETS = {
    target.tag: target
    for target in (
        Target(
            "manylinux_2_28_x86_64",
            "x86_64-linux-gnu.2.28",
            "x86_64-unknown-linux-gnu",
            "linux-x86_64",
            ("x86-linux-gnu", "generic-glibc", "x86-linux-any", "any-linux-any"),
            ("__GLIBC_MINOR__=28",),
            "ld-linux-x86-64.so.2",
        ),
        Target(
            "manylinux_2_28_aarch64",
            "aarch64-linux-gnu.2.28",
            "aarch64-none-none-elf",
            "linux-aarch64",
            ("aarch64-linux-gnu", "generic-glibc", "aarch64-linux-any", "any-linux-any"),
            ("__GLIBC_MINOR__=28", *_LINUX),
            "ld-linux-aarch64.so.1",
        ),
        Target(
            "musllinux_1_2_x86_64",
            "x86_64-linux-musl",
            "x86_64-unknown-linux-gnu",
            "linux-x86_64",
            ("x86_64-linux-musl", "generic-musl", "x86-linux-any", "any-linux-any"),
            (),
            "ld-musl-x86_64.so.1",
        ),
        Target(
            "musllinux_1_2_aarch64",
            "aarch64-linux-musl",
            "aarch64-none-none-elf",
            "linux-aarch64",
            ("aarch64-linux-musl", "generic-musl", "aarch64-linux-any", "any-linux-any"),
            _LINUX,
            "ld-musl-aarch64.so.1",
        ),
    )
}
