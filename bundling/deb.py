"""Makes a Debian package of a bundle: `make deb`.

The package holds the wheels of the bundle. They are installed into /opt/carrel when the package is
configured, with Debian's own Python, because an environment cannot be moved. It brings a systemd user unit.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bundling.wheels import EPOCH, ROOT

_CONTROL = """\
Package: carrel
Version: {version}
Architecture: {architecture}
Maintainer: The authors of Carrel <carrel@localhost>
Section: utils
Priority: optional
Depends: python{python}, python{python}-venv
Description: Answers questions about your own documents, with citations, offline
 Carrel indexes notes and PDFs on this computer and answers questions about
 them with citations. It works without a network, and the kernel enforces that.
"""

_POSTINST = """\
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
PYTHON=/usr/bin/python{python} HOME=/root /usr/share/carrel/bundle/install.sh /opt/carrel
ln -sf /opt/carrel/bin/carrel /usr/bin/carrel
"""

_PRERM = """\
#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
rm -rf /opt/carrel /usr/bin/carrel
"""


def build(bundle: Path, place: Path, scratch: Path) -> Path:
    """The package of an unpacked bundle, in the folder `place`. scratch: an empty folder to work in."""
    _, version, _, machine, _ = bundle.name.split("-")
    facts = dict(line.split("=") for line in (bundle / "machine").read_text(encoding="ascii").split())
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[machine]
    root = scratch / "root"
    shutil.copytree(bundle, root / "usr" / "share" / "carrel" / "bundle")
    unit = root / "usr" / "lib" / "systemd" / "user" / "carrel.service"
    unit.parent.mkdir(parents=True)
    shutil.copy(bundle / "carrel.service", unit)
    control = root / "DEBIAN"
    control.mkdir()
    values = {"version": version, "architecture": architecture, "python": facts["PYTHON_VERSION"]}
    (control / "control").write_text(_CONTROL.format(**values), encoding="utf-8")
    for name, text in (("postinst", _POSTINST), ("prerm", _PRERM)):
        (control / name).write_text(text.format(**values), encoding="utf-8")
        (control / name).chmod(0o755)
    package = place / f"carrel_{version}_{architecture}.deb"
    subprocess.run(
        # Wheels are compressed already.
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(root), str(package)],
        env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": str(EPOCH)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return package


def main() -> None:
    """Makes the package of the bundle in `build/bundle`, and prints where it is."""
    place = ROOT / "build" / "bundle"
    bundles = [folder for folder in place.glob("carrel-*") if folder.is_dir()]
    if len(bundles) != 1:
        raise SystemExit(
            f"{place} must hold one unpacked bundle; it holds {len(bundles)}. Empty it and run: make bundle"
        )
    (bundle,) = bundles
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        sys.stdout.write(f"{build(bundle, place, Path(scratch))}\n")


if __name__ == "__main__":
    main()
