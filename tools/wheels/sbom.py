"""The bill of materials of a wheel, as PEP 770 wants it: CycloneDX, in JSON."""

from __future__ import annotations

import json
from typing import Any

import requirements
import sources
import swift_build
import zig
from targets import Target

NAME = "mapr-streams-python"


def text(version: str, target: Target) -> str:
    """The bill for the wheel of a version and a platform. No time and no random number is in it."""
    carried = [_library(source) for source in sources.pinned().values()]
    package = f"pkg:pypi/{NAME}@{version}"
    components = [*carried, _swift()]
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
        "components": components,
        "dependencies": [
            {"ref": package, "dependsOn": [_purl("librdkafka"), components[-1]["bom-ref"]]},
            {"ref": _purl("librdkafka"), "dependsOn": [_purl(name) for name in ("openssl", "zlib", "zstd", "curl")]},
            {"ref": _purl("curl"), "dependsOn": [_purl("openssl"), _purl("zlib")]},
        ],
    }
    return json.dumps(bill, indent=2) + "\n"


def _purl(name: str) -> str:
    return f"pkg:generic/{name}@{sources.pinned()[name].version}"


def _library(source: sources.Source) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _purl(source.name),
        "name": source.name,
        "version": source.version,
        "purl": _purl(source.name),
        "cpe": source.cpe,
        "licenses": [{"license": {"id": source.license}}],
        "hashes": [{"alg": "SHA-256", "content": source.sha256}],
        "externalReferences": [{"type": "website", "url": source.homepage}],
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
