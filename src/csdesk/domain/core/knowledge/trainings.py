"""Trainings of the phrase library: taken in, and chosen among. Every process goes along with what is in use."""

from __future__ import annotations

from typing import Final

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.matching.trainings import Training
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.errors import InvalidInput, sentence

NUMBER: Final = "training"
"""The counter of trainings."""


def adopt(work: Workspace, command: cmd.AdoptTraining) -> None:
    """Take a training in, and use it.

    Raises:
        InvalidInput: it is none.
    """
    training = Training.unpacked(command.body)
    number = work.counter(NUMBER) + 1
    work.add(NUMBER, 1, number)  # the guard lets no two trainings have one number
    told = ev.LibraryTrained(number=number, phrases=training.phrases, questions=training.texts, body=command.body)
    work.emit(ev.TRAINING, told)
    _use(work, number)


def choose(work: Workspace, command: cmd.ChooseTraining) -> None:
    """Use an earlier training, or none.

    Raises:
        InvalidInput: there is none of that number.
    """
    last = work.counter(NUMBER)
    if command.training > last:
        remedy = (
            sentence("choose 1 to {last}, or 0 for none", last=last) if last else "run desk.learning.optimize first"
        )
        raise InvalidInput("training", sentence("there is no training {training}", training=command.training), remedy)
    _use(work, command.training)


def _use(work: Workspace, number: int) -> None:
    chosen = ev.TrainingChosen(number=number)
    work.emit(ev.TRAINING, chosen)
    work.emit(ev.LEARNING, chosen)
