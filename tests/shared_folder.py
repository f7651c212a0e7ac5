"""Where the workplace's fixtures, hostile files and data sets lie, when they lie beside the project."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared"


def shared(*parts: str) -> Path:
    """Give a path in the shared folder; skip the module's tests when it is not there (fail in CI)."""
    path = FOLDER.joinpath(*parts)
    if path.exists():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{path} must be there in CI")
    pytest.skip(f"{path} is not on this machine", allow_module_level=True)
