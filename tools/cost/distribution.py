"""What distribution costs: what is done by the clock, and what follows from changes."""

from tools.operations.table import PAGE as OPERATIONS
from tools.operations.table import read

JOBS_EACH_MINUTE, JOBS_EACH_QUARTER = 1, 6
RUNS_AN_HOUR = JOBS_EACH_MINUTE * 60 + JOBS_EACH_QUARTER * 4
POLLS_AN_HOUR = 60  # of each channel, which is a group of its own

# RU by tests/doubles/cosmos/charges.py, and the reads and commits of docs/operations.md.
RUN_RU = 90.0  # created, sent and ended: 7 reads, 5 commits of less than 1 KB
GROUP_RU = {"changes": 8.0, "distribution": 27.0}  # of a run, where nothing changed
CHANGED_GROUP_RU = {"changes": 64.0, "distribution": 46.0}  # where all shards have changes
ENTRIES = 2  # of a create: the customer and one address
ENTRY_RU = 10.0  # of 1.7 KB, new; one that is replaced is 19
HEAD_RU = 11.0  # for each commit: at most one for each create
COMPARED_RU = 1.0  # each entry is looked for before it is written
GROUPS_REACHED, LOADED_RU = 2, 0.6  # each entry is read for the groups that may see it
MEASURED_RU, MEASURED_CHANNEL_RU = 120.0, 12.0  # each minute; each channel, each five minutes
SWEPT_RU = 30.0  # each group, each hour

CPU_GROUP, CPU_CHANGED, CPU_POLL = 0.010, 0.040, 0.006  # seconds of one core
MESSAGES_A_GROUP = 4  # sent, received, settled, renewed
SAMPLES_AN_HOUR = 12 * 7  # of a channel: how far it is behind with each job
SAMPLE_KB = 0.5
INDEX_KB, SESSION_KB, MONTHS_KEPT = 3.0, 0.9, 3  # of a customer; of a package that is taken

OPERATIONS_OF_A_TAKE = ("download_package", "update_download_session")


def poll_ru() -> float:
    return read(OPERATIONS.read_text())["list_download_sessions"].charge


def take_ru() -> float:
    """Return what it costs that a channel takes a package."""
    rows = read(OPERATIONS.read_text())
    return sum(rows[name].charge for name in OPERATIONS_OF_A_TAKE)


def at_rest(channels: int) -> dict[str, float]:
    """Return RU/s of each container where nothing changes: runs, polling, measuring, sweeping."""
    runs = RUNS_AN_HOUR * (RUN_RU + channels * GROUP_RU["distribution"])
    polls = channels * POLLS_AN_HOUR * poll_ru()
    measured = MEASURED_RU * 60 + channels * (MEASURED_CHANNEL_RU * 12 + SWEPT_RU)
    return {
        "changes": RUNS_AN_HOUR * channels * GROUP_RU["changes"] / 3600,
        "distribution": (runs + polls + measured) / 3600,
    }


def by_changes(creates: float, channels: int) -> dict[str, float]:
    """Return RU/s of each container beside, where so many customers are created a second.

    Every group has a change each minute, and every channel takes a package of job 1010.
    """
    written = creates * (ENTRIES * (ENTRY_RU + COMPARED_RU) + HEAD_RU)
    loaded = creates * ENTRIES * GROUPS_REACHED * LOADED_RU if channels else 0.0
    more = {name: CHANGED_GROUP_RU[name] - GROUP_RU[name] for name in GROUP_RU}
    return {
        "changes": written + loaded + channels * more["changes"] / 60,
        "distribution": channels * (more["distribution"] + take_ru()) / 60,
    }


def groups_a_second(channels: int) -> float:
    return RUNS_AN_HOUR * channels / 3600


def polls_a_second(channels: int) -> float:
    return POLLS_AN_HOUR * channels / 3600


def takes_a_second(channels: int) -> float:
    """Return the requests by which packages are taken, where there is one each minute."""
    return len(OPERATIONS_OF_A_TAKE) * channels / 60


def cores_at_rest(channels: int) -> float:
    return groups_a_second(channels) * CPU_GROUP + polls_a_second(channels) * CPU_POLL


def cores_by_changes(channels: int) -> float:
    return channels / 60 * (CPU_CHANGED - CPU_GROUP) + takes_a_second(channels) * CPU_POLL
