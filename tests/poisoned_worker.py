"""A worker that dies of files called ``poison``, and the first time of those called ``once``."""

from __future__ import annotations

import os
from pathlib import Path

from aic_tui.logs import reading, worker
from aic_tui.usage_files import FileFacts


class Poisoned(reading.Reading):
    def read(self, job: reading.Job) -> FileFacts:
        path = Path(os.fsdecode(job.path))
        mark = path.with_suffix(".seen")
        if path.stem == "poison" or (path.stem == "once" and not mark.exists()):
            mark.touch()
            os._exit(9)
        return super().read(job)


if __name__ == "__main__":
    worker.main(Poisoned)
