"""The register of source kinds: a module in this folder is a kind, its name the word in config.yaml.

Each holds `Options` (its settings), `collect` (stages.Collect) and `home` (whose host a source is on).
"""

import pkgutil
from importlib import import_module
from types import ModuleType


def kinds() -> dict[str, ModuleType]:
    """Give every kind of source by its word, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}") for name in names}
