"""Which account of the operating system the server runs as.

Usually the one we run as. PostgreSQL refuses to run as root: there it is the owner of the data, or `nobody`
when that is root too; no account is made and no folder is opened for it. It needs a way to two things:

- its data, which may lie below folders it cannot enter (`/root`, mode 0700). It is started *in* its data
  folder and told that its data are in `/proc/self/cwd`: being in a folder takes no right to its parents;
- its programs, which `binaries.py` copies to where it can read them, when it cannot read the installed ones.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from okr_api.store.embedded.errors import AccountHasNoName, NoAccountForTheServer

UNPRIVILEGED = "nobody"
HERE = Path("/proc/self/cwd")

# Nothing of ours: PGPORT, PGOPTIONS, PGDATA and their kind would change what the server does.
ENVIRONMENT = {"LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Account:
    """An account to run programs as; without a `uid`, the one we run as."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @classmethod
    def for_data(cls, *folders: Path) -> Self:
        """Ours; for root, the owner of the first of these folders that belongs to an ordinary account."""
        if os.geteuid() != 0:
            return cls(name=str(os.geteuid()))
        owners = (folder.stat().st_uid for folder in folders if folder.exists())
        account = next(filter(None, map(_account_of, owners)), None)
        if account is None:
            try:
                account = pwd.getpwnam(UNPRIVILEGED)
            except KeyError:
                raise NoAccountForTheServer(account=UNPRIVILEGED) from None
        return cls(name=account.pw_name, uid=account.pw_uid, gid=account.pw_gid)

    @staticmethod
    def check_name() -> None:
        """Raise `AccountHasNoName` where initdb would: `docker run --user 12345` runs as a number alone."""
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise AccountHasNoName(uid=os.geteuid()) from None

    def name_for(self, folder: Path) -> Path:
        """What a program of this account that runs in `folder` can call it by."""
        return HERE if self.uid is not None and HERE.exists() else folder

    def give(self, path: Path) -> None:
        """Make this account the owner of a file or folder; never of what a link leads to."""
        if self.uid is not None and self.gid is not None:
            os.lchown(path, self.uid, self.gid)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        handing_down: Sequence[int] = (),
        log: int | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in a folder, handing down open locks; its output is returned, or goes to `log`."""
        return subprocess.run(
            command,
            cwd=folder,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if log is None else log,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            pass_fds=handing_down,
            start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
        )


def _account_of(uid: int) -> pwd.struct_passwd | None:
    """The ordinary account with this number; initdb refuses a number without a name."""
    try:
        return pwd.getpwuid(uid) if uid else None
    except KeyError:
        return None
