"""Run as a script: becomes the command it is given, having asked the kernel to kill it when the supervisor dies.

A script that execs, not a `preexec_fn`: Python code between fork and exec may deadlock in a process with threads.
The request survives exec (it is dropped for set-uid programs only), so the pid stays the one that was started.
The kernel fires it when the *thread* that started us ends, so the supervisor starts everything from one thread.

Usage: python -I -S die_with_parent.py SUPERVISOR_PID COMMAND [ARGUMENT…]
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Exit statuses as a shell's: 127 for a command that is not there, 126 for one that cannot run."""
    parent, argv = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)
    try:
        os.execvp(argv[0], argv)  # noqa: S606
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


if __name__ == "__main__":
    main()
