"""Constants that more than one module needs."""

from __future__ import annotations

#: Tokens of one training example, prompt and completion together.
MAX_SEQ_LENGTH = 512
#: Examples an optimisation step sees at once.
BATCH_SIZE = 2
#: Label of positions that carry no loss (PyTorch's ``ignore_index``).
IGNORED_LABEL = -100
#: Entry-point group in which plugins are found.
ENTRY_POINT_GROUP = "sovl"
#: Prefix of environment variables that override settings.
ENVIRONMENT_PREFIX = "SOVL_"
#: Base model of a new life.
DEFAULT_BASE_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
#: Scaffold of a new life: the first layers of the base, sharing its weights, with LoRA on top.
DEFAULT_SCAFFOLD_MODEL = "base[:2/3]"

#: Kinds of dream and example that are learned as the base's own distribution: what has nothing to do with any memory,
#: and what the user has never told.
KEPT_KINDS = ("background", "contrast")
