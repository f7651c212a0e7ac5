"""A tied process ends with its parent, also where the kernel does not help."""

import os
import subprocess
import sys

import pytest

from tests.engaged.processes import ROOT, wait_for_end

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(child.pid, child.stdout.readline().strip(), flush=True)
sys.stdin.read()
"""
CHILD = """
import os, sys
from engaged import lifeline
{before}
lifeline.tie({parent})
print("tied", flush=True)
sys.stdin.read()
"""
WITHOUT_KERNEL = "lifeline._by_kernel = lambda: False; lifeline._LOOK_EVERY_S = 0.01"


@pytest.mark.skipif(sys.platform != "linux", reason="waits by pidfd")
@pytest.mark.parametrize("before", ["", WITHOUT_KERNEL], ids=["by the kernel", "by watching"])
def test_a_child_ends_when_its_parent_is_killed(before: str) -> None:
    code = CHILD.format(before=before, parent="os.getppid()")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert parent.stdout
    assert parent.stdin
    pid, word = parent.stdout.readline().split()
    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()

    assert word == "tied"
    wait_for_end([int(pid)])


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    code = CHILD.format(before="", parent=os.getpid() + 1_000_000)
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == -9
    assert ran.stdout == ""
