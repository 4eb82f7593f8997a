"""How many processes run this command."""

from __future__ import annotations

import os

from xaitool.errors import ConfigError

# A batch script that starts none has none of these, however many tasks its job may start.
SIZES = {
    "WORLD_SIZE": "torchrun",
    "SLURM_STEP_NUM_TASKS": "srun",
    "OMPI_COMM_WORLD_SIZE": "mpirun",
    "PMI_SIZE": "mpiexec",
}
"""What each launcher sets in its processes: how many there are."""


def refuse_several_processes() -> None:
    """Refuse to be one of several processes, all of which would do the same.

    Raises:
        ConfigError: A launcher started several.
    """
    for name, launcher in SIZES.items():
        size = os.environ.get(name, "")
        if size.isdecimal() and size.lstrip("0") not in ("", "1"):
            raise ConfigError(
                f"{name} is {size}: {launcher} started {size} processes, but xaitool runs in one",
                hint="start it once, without torchrun, or by srun -n1; runs that differ "
                f"are jobs of an array; unset {name} where nothing started several",
            )
