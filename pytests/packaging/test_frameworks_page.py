"""docs/frameworks.md speaks of the programs of tools/frameworks, and of the versions that they are tried with."""

import importlib.util
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("frameworks", ROOT / "tools" / "frameworks" / "__main__.py")
frameworks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(frameworks)
ROWS = {
    name: version
    for version, name in re.findall(
        r"^\| [^|]+ \| ([^|]+) \| `(\w+)` \|", (ROOT / "docs" / "frameworks.md").read_text(), re.MULTILINE
    )
}


def test_each_program_has_a_row_with_the_version_that_it_is_tried_with():
    programs = frameworks.programs()
    assert sorted(ROWS) == sorted(programs)
    versions = {name: packages[0].split("==")[1] for name, packages in programs.items()}
    assert {name: version.split(" ")[0] for name, version in ROWS.items()} == versions


def test_each_package_of_a_program_has_one_version():
    packages = [package for packages in frameworks.programs().values() for package in packages]
    assert [package for package in packages if not re.fullmatch(r"[\w-]+(\[[\w,]+\])?==[\w.]+", package)] == []


def test_a_program_that_says_nothing_has_failed(tmp_path, monkeypatch, capsys):
    for name, text in {"silent": "pass", "raising": "print('ok: so far'); 1 / 0", "good": "print('ok: all')"}.items():
        (tmp_path / f"{name}.py").write_text(f"# packages: some==1\n{text}\n")
    monkeypatch.setattr(frameworks, "HERE", tmp_path)
    assert frameworks.programs() == {"good": ["some==1"], "raising": ["some==1"], "silent": ["some==1"]}
    ran = {name: frameworks.run(name, [], Path(sys.executable), None) for name in frameworks.programs()}
    assert ran == {"good": True, "raising": False, "silent": False}
    assert "ZeroDivisionError" in capsys.readouterr().out
