"""Builds librdkafka, with all that it needs inside, for one platform.

The result is kept in the cache under a checksum of everything that it depends on: the sources, the compiler, the
platform, and the two files of this folder that say how.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import sources
import zig
from sources import HERE, WheelError
from targets import Target

LIBRARY = "librdkafka.so.1"

# What no client of Kafka's needs. What is left has TLS 1.2 and 1.3, all of its current ciphers, and PKCS#12.
OPENSSL_OPTIONS = shlex.split("""
    no-shared no-tests no-apps no-docs no-module no-legacy no-dso no-engine no-comp no-ssl3 no-srp no-idea no-seed
    no-camellia no-aria no-gost no-bf no-cast no-rc2 no-rc4 no-md4 no-mdc2 no-rmd160 no-whirlpool no-sm2 no-sm3 no-sm4
    no-dtls no-cms no-ts no-cmp no-quic no-ml-dsa no-slh-dsa no-autoload-config --libdir=lib --openssldir=/etc/ssl
""")

# libcurl asks the server of an OAuth token, by HTTP alone.
CURL_OPTIONS = shlex.split("""
    --disable-shared --enable-static --with-pic --disable-dependency-tracking --enable-threaded-resolver
    --without-zstd --without-brotli --without-libpsl --without-libidn2 --without-nghttp2 --without-libssh2
    --without-ca-bundle --without-ca-path --disable-ftp --disable-file --disable-ipfs --disable-ldap --disable-ldaps
    --disable-rtsp --disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap --disable-smb
    --disable-smtp --disable-gopher --disable-mqtt --disable-websockets --disable-manual --disable-docs --disable-ntlm
    --disable-negotiate-auth --disable-kerberos-auth --disable-aws --disable-hsts --disable-alt-svc --disable-doh
    --disable-netrc --disable-unix-sockets --disable-libcurl-option --disable-cookies
    --disable-openssl-auto-load-config
""")

RDKAFKA_OPTIONS = shlex.split("""
    --disable-gssapi --disable-lz4-ext --enable-zlib --enable-zstd --enable-ssl --enable-curl --disable-debug-symbols
""")


class Native:
    """What was built for a platform."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / LIBRARY
        self.headers = folder / "include"
        self.licenses = folder / "licenses"


def built(target: Target) -> Native:
    """Builds it, or finds it in the cache.

    Raises:
        WheelError: a source or a command is missing, or a step fails.
    """
    kept = sources.cache_folder() / "native" / f"{target.tag}-{_digest(target)}"
    if not (kept / LIBRARY).is_file():
        print(f"Building librdkafka and what it needs for {target.tag}", flush=True)
        build = kept.with_name(f"{kept.name}.{os.getpid()}")
        try:
            _Build(target, build).run()
            shutil.rmtree(kept, ignore_errors=True)
            (build / "result").rename(kept)
        finally:
            shutil.rmtree(build, ignore_errors=True)
    return Native(kept)


def _digest(target: Target) -> str:
    digest = hashlib.sha256(repr(target).encode())
    digest.update(zig.zig_version().encode())
    # What is built, and not where it can be had.
    for source in sources.pinned().values():
        digest.update(repr((source.name, source.version, source.sha256, source.licenses)).encode())
    for name in ("native.py", "zig.py"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:16]


class _Build:
    """One build, in a folder of its own."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target = target
        self._folder = folder
        self._root = folder / "root"
        self._prefix = self._root / "usr"
        self._result = folder / "result"
        folder.mkdir(parents=True)
        self._environment = zig.tools(target, folder)
        pkgconfig = self._prefix / "lib" / "pkgconfig"
        paths = {name: str(pkgconfig) for name in ("PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR")}
        self._environment.update(paths, SOURCE_DATE_EPOCH="0")

    def run(self) -> None:
        for command in ("make", "perl", "pkg-config"):
            if shutil.which(command) is None:
                raise WheelError(f"{command} is needed to build the libraries of a wheel")
        (self._result / "licenses").mkdir(parents=True)
        for source in sources.pinned().values():
            folder = sources.unpack(source, self._folder)
            print(f"  {source.name} {source.version}", flush=True)
            getattr(self, f"_{source.name}")(folder)
            for name in source.licenses:
                shutil.copy(folder / name, self._result / "licenses" / f"{source.name}-{Path(name).stem}.txt")

    def _openssl(self, folder: Path) -> None:
        # It has the paths of its modules built in, though it has none: no folder of this machine may be among them.
        self._step(folder, "./Configure", self._target.openssl, "--prefix=/usr", *OPENSSL_OPTIONS)
        self._make(folder, "build_libs")
        self._make(folder, "install_dev", f"DESTDIR={self._root}")
        for description in (self._prefix / "lib" / "pkgconfig").glob("*.pc"):
            description.write_text(description.read_text().replace("prefix=/usr\n", f"prefix={self._prefix}\n"))

    def _zlib(self, folder: Path) -> None:
        self._step(folder, "./configure", "--static", f"--prefix={self._prefix}", f"--uname=Linux-{self._target.tag}")
        self._make(folder, "libz.a")
        self._make(folder, "install")

    def _zstd(self, folder: Path) -> None:
        # Without assembler: it has a path of its own into the object.
        options = [f"PREFIX={self._prefix}", "ZSTD_LEGACY_SUPPORT=0", "ZSTD_NO_ASM=1", "UNAME=Linux"]
        library = folder / "lib"
        self._make(library, "libzstd.a", *options)
        self._make(library, "install-static", "install-includes", "install-pc", *options)

    def _curl(self, folder: Path) -> None:
        where = [f"--host={self._target.triple}", f"--prefix={self._prefix}", f"--libdir={self._prefix}/lib"]
        where += [f"--with-openssl={self._prefix}", f"--with-zlib={self._prefix}"]
        self._step(folder, "./configure", *where, *CURL_OPTIONS)
        self._make(folder / "lib", "install")
        self._make(folder / "include", "install")
        self._make(folder, "install-pkgconfigDATA")

    def _librdkafka(self, folder: Path) -> None:
        include, library = f"-I{self._prefix}/include", f"-L{self._prefix}/lib"
        # The linker script names functions that this configuration does not have.
        linker = f"{library} -Wl,--undefined-version -Wl,-z,relro -Wl,-z,now -Wl,--gc-sections -Wl,--strip-all"
        options = [f"--prefix={self._prefix}", "--cc=wheel-cc", *RDKAFKA_OPTIONS]
        options += [f"--CFLAGS={include}", f"--CPPFLAGS={include}", f"--LDFLAGS={linker}"]
        if os.uname().machine not in self._target.tag:
            # Its configure script would set the processor of the machine that it runs on.
            options.append(f"--arch={self._target.triple.partition('-')[0]}")
        self._step(folder, "./configure", *options)
        self._make(folder / "src", LIBRARY)
        shutil.copy(folder / "src" / LIBRARY, self._result / LIBRARY)
        headers = self._result / "include" / "librdkafka"
        headers.mkdir(parents=True)
        for name in ("rdkafka.h", "rdkafka_mock.h"):
            shutil.copy(folder / "src" / name, headers / name)

    def _make(self, folder: Path, *targets: str) -> None:
        self._step(folder, "make", f"-j{os.cpu_count() or 1}", *targets)

    def _step(self, folder: Path, *command: str) -> None:
        log = self._folder / "log"
        with log.open("ab") as output:
            output.write(f"\n$ {shlex.join(command)}\n".encode())
            output.flush()
            ended = subprocess.run(
                command,
                cwd=folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            text = log.read_text(errors="replace")
            raise WheelError(f"{shlex.join(command)} (in {folder.name}) failed:\n{text[-6000:]}")
