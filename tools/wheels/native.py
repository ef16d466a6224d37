"""Builds librdkafka, with all that it needs inside, for one platform."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path

import sources
from builds import Build
from sources import Source, WheelError
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
    return Native(Libraries.kept(target))


class Libraries(Build):
    """librdkafka and what it needs."""

    kind = "native"
    title = "librdkafka and what it needs"
    made = LIBRARY

    def __init__(self, target: Target, folder: Path) -> None:
        super().__init__(target, folder)
        self._root = folder / "root"
        self._prefix = self._root / "usr"
        pkgconfig = self._prefix / "lib" / "pkgconfig"
        paths = {name: str(pkgconfig) for name in ("PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR")}
        self.environment.update(paths, SOURCE_DATE_EPOCH="0")

    @classmethod
    def parts(cls) -> Iterable[Source]:
        return sources.pinned().values()

    def run(self) -> None:
        for command in ("make", "perl", "pkg-config"):
            if shutil.which(command) is None:
                raise WheelError(f"{command} is needed to build the libraries of a wheel")
        (self.result / "licenses").mkdir()
        for source in self.parts():
            folder = sources.unpack(source, self.folder)
            print(f"  {source.name} {source.version}", flush=True)
            getattr(self, f"_{source.name}")(folder)
            for name in source.licenses:
                shutil.copy(folder / name, self.result / "licenses" / f"{source.name}-{Path(name).stem}.txt")

    def _openssl(self, folder: Path) -> None:
        # It has the paths of its modules built in, though it has none: no folder of this machine may be among them.
        self.step(folder, "./Configure", self.target.openssl, "--prefix=/usr", *OPENSSL_OPTIONS)
        self.make(folder, "build_libs")
        self.make(folder, "install_dev", f"DESTDIR={self._root}")
        for description in (self._prefix / "lib" / "pkgconfig").glob("*.pc"):
            description.write_text(description.read_text().replace("prefix=/usr\n", f"prefix={self._prefix}\n"))

    def _zlib(self, folder: Path) -> None:
        self.step(folder, "./configure", "--static", f"--prefix={self._prefix}", f"--uname=Linux-{self.target.tag}")
        self.make(folder, "libz.a")
        self.make(folder, "install")

    def _zstd(self, folder: Path) -> None:
        # Without assembler: it has a path of its own into the object.
        options = [f"PREFIX={self._prefix}", "ZSTD_LEGACY_SUPPORT=0", "ZSTD_NO_ASM=1", "UNAME=Linux"]
        library = folder / "lib"
        self.make(library, "libzstd.a", *options)
        self.make(library, "install-static", "install-includes", "install-pc", *options)

    def _curl(self, folder: Path) -> None:
        where = [f"--host={self.target.triple}", f"--prefix={self._prefix}", f"--libdir={self._prefix}/lib"]
        where += [f"--with-openssl={self._prefix}", f"--with-zlib={self._prefix}"]
        self.step(folder, "./configure", *where, *CURL_OPTIONS)
        self.make(folder / "lib", "install")
        self.make(folder / "include", "install")
        self.make(folder, "install-pkgconfigDATA")

    def _librdkafka(self, folder: Path) -> None:
        include, library = f"-I{self._prefix}/include", f"-L{self._prefix}/lib"
        # The linker script names functions that this configuration does not have.
        linker = f"{library} -Wl,--undefined-version -Wl,-z,relro -Wl,-z,now -Wl,--gc-sections -Wl,--strip-all"
        options = [f"--prefix={self._prefix}", "--cc=wheel-cc", *RDKAFKA_OPTIONS]
        options += [f"--CFLAGS={include}", f"--CPPFLAGS={include}", f"--LDFLAGS={linker}"]
        if os.uname().machine not in self.target.tag:
            # Its configure script would set the processor of the machine that it runs on.
            options.append(f"--arch={self.target.triple.partition('-')[0]}")
        self.step(folder, "./configure", *options)
        self.make(folder / "src", LIBRARY)
        shutil.copy(folder / "src" / LIBRARY, self.result / LIBRARY)
        headers = self.result / "include" / "librdkafka"
        headers.mkdir(parents=True)
        for name in ("rdkafka.h", "rdkafka_mock.h"):
            shutil.copy(folder / "src" / name, headers / name)
