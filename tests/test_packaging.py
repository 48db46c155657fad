"""What is shipped: a valid version, the marker for type checkers, the licence."""

import importlib.metadata
import importlib.resources
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

import csdesk

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_version_is_normal_pep_440():
    assert str(Version(csdesk.__version__)) == csdesk.__version__


def test_an_installed_copy_states_the_same_version():
    try:
        installed = importlib.metadata.version("csdesk")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("csdesk runs from its source folder here, nothing is installed")
    assert installed == csdesk.__version__


def test_type_checkers_find_the_marker():
    assert importlib.resources.files("csdesk").joinpath("py.typed").is_file()


def test_the_wheel_holds_the_package_the_marker_and_the_licence(wheel):
    info = f"csdesk-{csdesk.__version__}.dist-info"
    assert {"csdesk/__init__.py", "csdesk/py.typed", f"{info}/licenses/LICENSE"} <= set(wheel.namelist())


def test_the_wheel_holds_the_widget(wheel):
    assert b"csdesk" in wheel.read("csdesk/channels/webchat/widget.js")


def test_the_wheel_holds_nothing_but_the_package(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"csdesk", f"csdesk-{csdesk.__version__}.dist-info"}


def test_the_core_needs_five_packages_only(wheel):
    metadata = wheel.read(f"csdesk-{csdesk.__version__}.dist-info/METADATA").decode()
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    names = {line.split(":")[1].strip().partition(">")[0].partition("<")[0] for line in needs}
    assert names == {"pydantic", "httpx", "tenacity", "rapidfuzz", "typing-extensions"}
