"""Lives that are killed, starved of disk space and damaged, over and over: ``make torture``.

``python -m torture`` keeps the project's word on what is never lost (``docs/reliability.md``): real processes of the
``sovl`` command live real lives on a tiny model, are ended by SIGKILL or run out of disk, and everything that had been
shown on the screen is looked for afterwards.
"""
