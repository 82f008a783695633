"""Several files told in one go: all are looked at before any is told, and a bad one costs the others nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, ContextManager, List, Optional, Sequence

from sovl_core.error_handling import BadInput, DataError

if TYPE_CHECKING:
    from sovl_core.importing.reading import Reading
    from sovl_core.importing.taking_in import TakenIn

    #: Opens a file; opened twice it gives the same.
    Source = Callable[[], ContextManager[Reading]]


def tell_all(
    sources: Sequence[Source],
    tell: Callable[[Reading], TakenIn],
    told: Optional[Callable[[TakenIn], None]] = None,
) -> List[TakenIn]:
    """Tell files one after another, and return what came of each.

    :param tell: takes in what an opened file holds.
    :param told: given what came of each file when it has been told.
    :raises BadInput: names the files that cannot be used: none is told when that is seen at once, as of what is no
        text; the others are when it is found out only by reading on.
    """
    if len(sources) > 1:
        _look_at(sources)
    taken: List[TakenIn] = []
    problems: List[BadInput] = []
    for source in sources:
        try:
            with source() as reading:
                taken.append(tell(reading))
        except BadInput as problem:
            problems.append(problem)
            continue
        if told is not None:
            told(taken[-1])
    if problems:
        raise _together(problems, "What the others say is in the journal") if len(sources) > 1 else problems[0]
    return taken


def _look_at(sources: Sequence[Source]) -> None:
    """Open each file and close it again: a thousand may be more than can be open at once."""
    problems: List[BadInput] = []
    for source in sources:
        try:
            with source():
                pass
        except BadInput as problem:
            problems.append(problem)
    if len(problems) == len(sources) and all(isinstance(one.__cause__, FileNotFoundError) for one in problems):
        hint = "Check the paths. A sentence is told by standard input: echo 'My dog is called Rex.' | sovl tell -"
        raise DataError(_messages(problems), hint)
    if problems:
        raise _together(problems, "Nothing was told yet: mend or leave out what cannot be used")


def _together(problems: Sequence[BadInput], others: str) -> DataError:
    hint = problems[0].hint.rstrip(".") if len(problems) == 1 else ""
    return DataError(_messages(problems), ". ".join(filter(None, (hint, others))))


def _messages(problems: Sequence[BadInput]) -> str:
    return "; ".join(problem.message for problem in problems)
