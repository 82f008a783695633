"""The contract between the kernel and its plugins: every hook, when it is called, and how results compose.

A plugin is a subclass of :class:`sovl_core.plugin.Plugin` whose methods carry :data:`hookimpl`. Each method takes
exactly the argument named here and nothing else. A wrapper (``@hookimpl(wrapper=True)``) is a generator that yields
once: what stands before the ``yield`` runs before the inner implementations, the value of ``yield`` is their result,
and what it returns replaces that result.

A plugin that raises is named in the log and on the terminal (plugin, distribution, version, hook), switched off for
the session, and the call goes on without it. So is one that does not come back within the limit of the hook's kind
(``hooks.brief_limit`` and its like in the settings): what it does then cannot be ended, but it is called no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional

import pluggy

if TYPE_CHECKING:
    from sovl_core.events import (
        Dream,
        DreamRequest,
        ErrorEvent,
        Feedback,
        Forgetting,
        Idle,
        JournalEntry,
        ModelRequest,
        Night,
        NightReport,
        Reply,
        ScaffoldContext,
        StepResult,
        TrainStep,
        Turn,
        Utterance,
    )
    from sovl_core.models import Models
    from sovl_core.plugin import Command, PluginContext, PluginState, StatusPanel

PROJECT_NAME = "sovl"

#: ``MAJOR.MINOR``, see ``docs/hook-versions.md``; a plugin states the version it was written for as ``hook_api``.
HOOK_API_VERSION = "1.0"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


class SOVLHookSpecs:
    """Every hook a plugin may implement."""

    @hookspec(firstresult=True)
    def on_generate(self, turn: Turn) -> Optional[Reply]:
        """Answer one turn.

        Called for each reply, for questions the system asks, and for text that a plugin has written (see
        ``turn.purpose``). The kernel's own generation is the innermost implementation; plugins wrap it: change
        ``turn`` before the ``yield``, observe or replace the :class:`Reply` after it. A plain implementation that
        returns a reply answers in place of the kernel (first result wins). What a plugin leaves in
        ``reply.annotations`` is shown by ``sovl why``, see :class:`Reply`; there the turn comes a second time, with the
        purpose ``evaluation``, and what was said is said again.

        The reply is streamed to ``turn.on_text`` while it is made, and nothing shown is taken back: what a wrapper adds
        to ``reply.text`` is shown after it, another text below it. Set ``turn.on_text`` to None before the ``yield``
        to have a reply shown only when it is whole.

        :param turn: the request; its fields may be changed in place before the reply exists.
        :return: the reply, or None to leave it to the next implementation.
        """

    @hookspec(firstresult=True)
    def on_train_step(self, step: TrainStep) -> Optional[StepResult]:
        """Do one optimisation step, by day (``step.phase == "train"``) or by night (``"night"``).

        The kernel's own step (forward, loss, backward) is the innermost implementation; wrappers put the scaffold's
        context in place, add named terms to ``step.loss_terms``, change ``step.batch.weights``, or return
        ``StepResult.skip(reason)`` without yielding. When a contribution fails the step is dropped rather than
        trained on half of it.

        :param step: batch, models and loss terms of this step.
        :return: what the step did, or None to leave it to the next implementation.
        """

    @hookspec(firstresult=True)
    def on_sleep(self, night: Night) -> Optional[NightReport]:
        """Live through one night and propose what it learned.

        Called when the user or gestation sends the system to sleep. One plugin implements it (first result wins);
        wrappers add stages before or after. The night trains the registered trainables in place; the kernel keeps the
        state of the last accepted night and puts it back unless the report's status is ``accepted`` or ``partial``.
        Call ``night.breathe()`` between small pieces of work: it lets a waiting user be answered at once with the
        accepted weights and raises :class:`NightInterrupted` when the night has to end.

        :param night: episodes to learn from, progress callback, random generator, checkpoint folder.
        :return: the report, or None to leave it to the next implementation.
        """

    @hookspec
    def on_dream(self, request: DreamRequest) -> Optional[List[Dream]]:
        """Contribute dreams: texts to be learned from or replayed, made out of memories.

        Called within a night and on request (``sovl dream``). All results are gathered; each dream keeps the plugin
        that wrote it. A dream never becomes an episode.

        :param request: the memories to dream about, how many dreams each, random generator.
        :return: this plugin's dreams, or None.
        """

    @hookspec
    def on_feedback(self, feedback: Feedback) -> None:
        """Take note of a rating, a correction, an answer to a question, or a measured outcome.

        Called for all plugins, after the feedback is in the journal. The user sends ratings and corrections (``/good``,
        ``/bad``, ``/no``) and, by what is said after a question, answers. Outcomes come from an accepted night, where
        plugins have left them in its report (``report.outcomes``; curiosity leaves by how much the night lowered the
        loss on each answer), and from programs that use a life (``life.feedback``).

        :param feedback: what was said or measured about which episode.
        """

    @hookspec
    def on_forget(self, forgetting: Forgetting) -> None:
        """Let go of whatever was made of episodes that the user wants forgotten.

        Called for all plugins, after the episodes and their dreams were deleted from the journal and before the state
        of the plugins is saved: nothing of them may be in it any more. Weights may keep what nights have trained into
        them until the next deep night (``night.deep``); what can be dropped at once is dropped here. Called again at
        each start, and when another night is chosen, with what any night had learned of it: state that was stored
        before may have brought it back. So numbers may be unknown.

        :param forgetting: the numbers that the episodes had.
        """

    @hookspec
    def on_journal(self, entry: JournalEntry) -> None:
        """Look at words before they are written into the journal, and change them where they must not stand there.

        Called for all plugins, each with what those before it left: for what the user says, before anything else is
        done with it, and for replies, questions, feedback and the lines of a session's history. The models are given
        the user's words as the journal has them. Where a plugin raises, the words are kept as it leaves them: one that
        withholds something has to survive its own failures. Must be quick: the user is waiting.

        :param entry: the words; set ``entry.text`` to change them.
        """

    @hookspec
    def on_start(self, context: PluginContext) -> None:
        """Begin: called once for each plugin, with its own context, before any other hook but ``on_load_model``.

        No model is loaded yet; ``context.models()`` loads them on first use.

        :param context: this plugin's settings and everything of the kernel that it may use.
        """

    @hookspec
    def on_stop(self) -> None:
        """End: called once when the life is closed; release threads, files and hooks here."""

    @hookspec
    def on_load_model(self, request: ModelRequest) -> None:
        """Change how a model is about to be loaded (precision, quantization, device).

        Called once for each model, base and scaffold, before it is read from disk.

        :param request: keyword arguments of ``from_pretrained`` and the model's role; change them in place.
        """

    @hookspec
    def on_models_loaded(self, models: Models) -> None:
        """Attach to models that have just been loaded.

        Called after the first load and after each reload (a change of precision). Register what the plugin trains
        with ``models.register_trainable``; its state of the current night is loaded right after this hook.

        :param models: base, scaffold, tokenizers and the registry of trainables.
        """

    @hookspec
    def on_models_unloaded(self, models: Models) -> None:
        """Detach: called before models are given up, so that every forward hook and patch is taken off again.

        :param models: the same object that ``on_models_loaded`` received.
        """

    @hookspec
    def on_scaffold_context(self, scaffold_context: ScaffoldContext) -> None:
        """Shape what the scaffold tells the base for one turn or batch.

        Called by whichever plugin carries the scaffold's hidden states to the base, after the scaffold has read the
        prompt and before the base does. Add key/value rows, biases on keys, or scale the influence, in place.

        :param scaffold_context: hidden states, mask, biases and influence of this turn or batch.
        """

    @hookspec
    def on_idle(self, idle: Idle) -> Optional[Utterance]:
        """Use a moment in which nobody speaks.

        Called about once a second while the session waits for input, for all plugins. Return quickly; longer work is
        done in a night. A returned utterance is spoken to the user; set ``idle.wants_sleep`` to ask for a night,
        ``idle.wants_deep`` besides to ask for a deep one.

        :param idle: seconds of silence, conversation, and whether the session may speak.
        :return: something to say unprompted, or None.
        """

    @hookspec
    def on_commands(self) -> Optional[List[Command]]:
        """Name the commands this plugin adds.

        Each becomes a slash command in the session and ``sovl run NAME`` on the command line. Called before any model
        is loaded.

        :return: the commands, or None.
        """

    @hookspec
    def on_status(self) -> Optional[StatusPanel]:
        """Give this plugin's part of ``sovl status``.

        Must not load a model and must not take longer than a few milliseconds.

        :return: title and rows, or None.
        """

    @hookspec
    def on_save_state(self, state: PluginState) -> None:
        """Put what this plugin must remember into ``state`` (its own namespace).

        Called right after ``on_start``, at the end of a session, with each accepted night, and on ``/save``.

        :param state: ``state.values`` takes JSON-able values, ``state.tensors`` takes tensors.
        """

    @hookspec
    def on_load_state(self, state: PluginState) -> None:
        """Take back what ``on_save_state`` stored; called once after ``on_start`` when there is something.

        And whenever another night is chosen: with what was stored that night or, where nothing was, with what the
        plugin stores before it has lived through anything.

        :param state: the plugin's own namespace as it was saved.
        """

    @hookspec
    def on_error(self, error: ErrorEvent) -> None:
        """Take note of a failure the system survived (out of memory, a plugin that raised).

        :param error: what failed, where, and in which plugin if any.
        """
