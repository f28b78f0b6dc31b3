"""Workspaces in which a run goes another way to the same end: planned, saved and applied; or done, lost with its store, and done again."""

from __future__ import annotations

import shutil

from tests.stories.desk import SqliteDesk, put_back
from tests.stories.facts import Deed, Run
from tests.stories.sameness import Facts
from tests.stories.workspace import Workspace


class SavingWorkspace(Workspace):
    """Each run is a plan that is saved and applied at once."""

    saved = 0

    def do(self, deed: Deed) -> Facts:
        if not isinstance(deed, Run) or deed.staff or deed.fault or "--accept-input" in deed.words:
            return super().do(deed)
        began, self.saved = self.now, self.saved + 1
        path = self.root / f"own-plan{self.saved}"
        self._typed("plan", f"small/{deed.job}", *deed.words, "-o", str(path))
        self.now = began
        if not path.exists():  # no table can be planned, and no file that is refused: the run will say so
            return super().do(deed)
        return self._outcome(self._typed("apply", str(path), "--json", "--limit", "0"))


class LosingWorkspace(Workspace):
    """Each run is done, a backup takes it back, and it is done once more (SQLite)."""

    lost = 0

    def do(self, deed: Deed) -> Facts:
        if not isinstance(deed, Run) or deed.fault or deed.staff or not self.store.exists():
            return super().do(deed)
        assert isinstance(self.desk, SqliteDesk)
        before, began, known = self.root / "before.db", self.now, len(self.sameness.runs)
        before.unlink(missing_ok=True)
        self.desk.backup(before)
        super().do(deed)
        self._forget(known)
        self.lost += 1
        put_back(self.store, before, over=bool(self.lost % 2))
        self.now = began
        return super().do(deed)

    def _forget(self, known: int) -> None:
        """Staff clear away what the lost runs left in folders that are compared."""
        for run in self.sameness.runs[known:]:
            shutil.rmtree(self.var / "runs" / run, ignore_errors=True)
            for kept in self.var.glob(f"archive/*/{run}.csv"):
                kept.unlink()
        del self.sameness.runs[known:]


WAYS: dict[str, type[Workspace]] = {"saved": SavingWorkspace, "lost": LosingWorkspace}
