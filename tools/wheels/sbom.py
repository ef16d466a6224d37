"""The bill of materials of a wheel, as PEP 770 wants it: CycloneDX, in JSON."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import requirements
import sources
import swift_build
import zig
from targets import Target

NAME = "mapr-streams-python"


class Copy(NamedTuple):
    """What librdkafka's own sources have a copy of, which scanners know by a name and a version of its own."""

    name: str
    version: str
    license: str
    homepage: str
    cpe: str


COPIES = (
    Copy("lz4", "1.9.4", "BSD-2-Clause", "https://lz4.org", "cpe:2.3:a:lz4_project:lz4:1.9.4:*:*:*:*:*:*:*"),
    Copy(
        "cjson",
        "1.7.19",
        "MIT",
        "https://github.com/DaveGamble/cJSON",
        "cpe:2.3:a:davegamble:cjson:1.7.19:*:*:*:*:*:*:*",
    ),
    Copy(
        "nanopb",
        "0.4.8-dev",
        "Zlib",
        "https://jpa.kapsi.fi/nanopb/",
        "cpe:2.3:a:nanopb_project:nanopb:0.4.8:dev:*:*:*:*:*:*",
    ),
)


def text(version: str, target: Target) -> str:
    """The bill for the wheel of a version and a platform. No time and no random number is in it."""
    carried = [_library(source) for source in sources.pinned().values()]
    package = f"pkg:pypi/{NAME}@{version}"
    copies = [_copy(copy) for copy in COPIES]
    swift = _swift()
    libraries = [_purl(name) for name in ("openssl", "zlib", "zstd", "curl")]
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": package,
                "name": NAME,
                "version": version,
                "purl": package,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
            "properties": [
                {"name": "wheel:platform", "value": target.tag},
                {"name": "wheel:compiler", "value": f"zig {zig.zig_version()}"},
            ],
        },
        "components": [*carried, *copies, swift],
        "dependencies": [
            {"ref": package, "dependsOn": [_purl("librdkafka"), swift["bom-ref"]]},
            {"ref": _purl("librdkafka"), "dependsOn": [*libraries, *(copy["bom-ref"] for copy in copies)]},
            {"ref": _purl("curl"), "dependsOn": [_purl("openssl"), _purl("zlib")]},
        ],
    }
    return json.dumps(bill, indent=2) + "\n"


def _purl(name: str) -> str:
    return f"pkg:generic/{name}@{sources.pinned()[name].version}"


def _library(source: sources.Source) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": source.sha256}]
    return {**_part(source.name, source.version, source.license, source.homepage), "cpe": source.cpe, "hashes": hashes}


def _copy(copy: Copy) -> dict[str, Any]:
    return {**_part(copy.name, copy.version, copy.license, copy.homepage), "cpe": copy.cpe}


def _part(name: str, version: str, license_id: str, homepage: str) -> dict[str, Any]:
    purl = f"pkg:generic/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": [{"license": {"id": license_id}}],
        "externalReferences": [{"type": "website", "url": homepage}],
    }


def _swift() -> dict[str, Any]:
    toolchain = swift_build.Toolchain.of(requirements.find_swift())
    assert toolchain is not None
    version = ".".join(map(str, toolchain.version))
    purl = f"pkg:generic/swift-embedded-stdlib@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": "swift-embedded-stdlib",
        "version": version,
        "purl": purl,
        "licenses": [{"expression": "Apache-2.0 WITH Swift-exception"}],
        "externalReferences": [{"type": "website", "url": "https://swift.org"}],
    }
