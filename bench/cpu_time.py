"""What a process uses."""

from pathlib import Path


def cpu_ns(pid: int) -> int:
    """CPU time of all its threads that live, far finer than the clock ticks of psutil."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
