"""A spark-submit for tests: it does what its arguments say, in milliseconds: `say:x`, `sleep:2`, `exit:3` and so on."""

import sys
import textwrap
from pathlib import Path


def make_spark_home(home: Path) -> Path:
    script = home / "bin" / "spark-submit"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\n" + textwrap.dedent(SCRIPT))
    script.chmod(0o755)
    return home


SCRIPT = """
    import os, signal, subprocess, sys, time

    for argument in sys.argv[1:]:
        verb, _, value = argument.partition(":")
        if verb == "say":
            print(value, flush=True)
        elif verb == "complain":
            print(value.replace("|", "\\n"), file=sys.stderr, flush=True)
        elif verb == "sleep":
            time.sleep(float(value))
        elif verb == "await":
            while not os.path.exists(value):
                time.sleep(0.02)
        elif verb == "append":
            with open(value, "a") as file:
                file.write(f"{os.getpid()}\\n")
        elif verb == "child":
            # in a process group of its own, as PySpark's worker daemon is
            child = subprocess.Popen(["sleep", "600"], preexec_fn=os.setpgrp)
            with open(value, "w") as file:
                file.write(str(child.pid))
        elif verb == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        elif verb == "raise":
            raise ValueError(value)
        elif verb == "environment":
            print(os.environ.get(value), flush=True)
        elif verb == "conf":
            print(open(os.environ["SPARK_CONF_DIR"] + "/spark-defaults.conf").read(), flush=True)
        elif verb == "exit":
            sys.exit(int(value))
"""
