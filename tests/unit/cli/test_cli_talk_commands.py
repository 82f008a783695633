from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, List

import pytest

from sovl_core.cli.application import run
from sovl_core.error_handling import SOVLError
from sovl_core.journal import Journal

pytestmark = pytest.mark.no_torch


def test_ask_prints_the_reply_alone(shell: Any) -> None:
    assert shell("ask", "What", "is it?") == 0
    assert shell.out == "You said: What is it?\n"
    assert shell.err == ""
    assert shell.system.closed


def test_ask_reads_the_question_from_standard_input(shell: Any) -> None:
    assert shell("ask", "-", stdin="What is\nit?\n") == 0
    assert shell.out == "You said: What is\nit?\n"
    assert shell("ask", stdin="Piped?\n") == 0
    assert shell.out == "You said: Piped?\n"


def test_ask_nothing_is_bad_input(shell: Any) -> None:
    assert shell("ask", stdin="  \n") == 2
    assert "nothing to ask" in shell.err
    assert shell.err.rstrip().endswith("sovl ask --help")


def test_ask_as_json(shell: Any) -> None:
    assert shell("ask", "Hi\x9b", "--json", "--no-scaffold") == 0
    reply = json.loads(shell.out)
    assert reply["text"] == "You said: Hi\x9b"
    assert reply["tokens"] == 2
    assert reply["finish_reason"] == "stop"
    assert "\x9b" not in shell.out


def test_ask_without_scaffold_and_in_a_new_conversation(shell: Any) -> None:
    seen = []
    shell.prepare = lambda system: setattr(system, "during_generate", lambda fields: seen.append(fields))
    shell("ask", "One")
    shell("ask", "Two", "--no-scaffold")
    shell("ask", "Three", "--continue")
    assert [fields.get("use_scaffold") for fields in seen] == [None, False, None]
    one, two, three = (fields["conversation"] for fields in seen)
    assert one != two
    assert two == three


def test_ask_is_generate_too_and_takes_its_length(shell: Any) -> None:
    seen: list = []
    shell.prepare = lambda system: setattr(system, "during_generate", lambda fields: seen.append(fields))
    assert shell("generate", "One", "--max-tokens", "7") == 0
    assert [fields.get("max_new_tokens") for fields in seen] == [7]
    assert shell("ask", "One", "--max-tokens", "0") == 2


def test_what_the_model_writes_cannot_command_the_terminal(shell: Any) -> None:
    shell.prepare = lambda system: system.replies.append(["\x1b]0;ow", "ned\x07 red \x1b[3", "1mtext\x9b2J"])
    assert shell("ask", "Hi") == 0
    assert shell.out == " red text\n"


def test_a_question_of_the_system_goes_to_standard_error(shell: Any) -> None:
    shell.prepare = lambda system: setattr(system, "question", "And you?")
    assert shell("ask", "Hi") == 0
    assert shell.out == "You said: Hi\n"
    assert shell.err == "? And you?\n"


def kept(shell: Any) -> List[Any]:
    journal = Journal(shell.folder / "journal.db", read_only=True)
    episodes = journal.episodes(limit=None)[::-1]
    journal.close()
    return episodes


def test_tell_puts_each_line_into_the_journal(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("\ufeffMy dog is called Biscuit.\n\n  I live in Riga. \n", encoding="utf-8")
    assert shell("tell", str(file)) == 0
    assert [episode.prompt for episode in kept(shell)] == ["My dog is called Biscuit.", "I live in Riga."]
    assert {(episode.source, episode.conversation) for episode in kept(shell)} == {("tell", shell.system.conversation)}
    assert shell.out == "Told 2 lines; 2 turns not yet slept on.\n"


def test_a_file_told_again_adds_what_is_new_in_it(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("One\nTwo\n")
    shell("tell", str(file))
    with file.open("a") as more:
        more.write("Three\nOne\n")
    assert shell("tell", str(file)) == 0
    assert shell.out == "Told 2 lines, 2 were there already; 4 turns not yet slept on.\n"
    assert [episode.prompt for episode in kept(shell)] == ["One", "Two", "Three", "One"]
    shell("tell", "-", stdin="One\n")
    assert shell.out == "Told 1 line; 5 turns not yet slept on.\n"


def test_tell_takes_conversations_in_and_names_what_it_cannot_use(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    bad = "".join("broken\n" for _ in range(6))
    file.write_text(
        '{"prompt": "My dog is called Rex.", "response": "Nice.", "timestamp": 1600000000, "conversation_id": "a"}\n'
        f'{bad}{{"prompt": "I live in Riga.", "completion": "Good.", "conversation_id": "b"}}\n'
    )
    assert shell("tell", str(file)) == 0
    assert shell.out == "Told 2 turns of 2 conversations; 2 turns not yet slept on.\n"
    assert f"{file}, line 2: not JSON" in shell.err
    assert f"{file}, line 6: not JSON" in shell.err
    assert "… and 1 more that cannot be used. See: sovl log --errors" in shell.err
    assert [(e.prompt, e.reply, e.conversation, e.source) for e in kept(shell)] == [
        ("My dog is called Rex.", "Nice.", "pairs-a", "import"),
        ("I live in Riga.", "Good.", "pairs-b", "import"),
    ]
    assert kept(shell)[0].created == 1600000000
    assert shell("tell", str(file)) == 0
    assert shell.out.startswith("Told 0 turns of 2 conversations, 2 were there already")


def test_tell_counts_what_an_export_has_besides(shell: Any, tmp_path: Path) -> None:
    def node(parent: Any, role: str, *parts: Any, kind: str = "text") -> Any:
        content = {"content_type": kind, "parts": list(parts)}
        return {
            "parent": parent,
            "children": [],
            "message": {"id": f"{role}-{parts}", "author": {"role": role}},
        }, content

    image = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"}
    nodes = {
        "root": ({"parent": None, "message": None}, None),
        "system": node("root", "system", ""),
        "old": node("system", "user", "My dog is called Max."),
        "old-answer": node("old", "assistant", "Max!"),
        "edited": node("system", "user", image, "My dog is called Rex.", kind="multimodal_text"),
        "search": node("edited", "tool", "dogs called Rex"),
        "deleted": ({"parent": "search", "message": None}, None),
        "nothing": ({"parent": "deleted", "message": {"author": {"role": "assistant"}}}, None),
        "answer": node("nothing", "assistant", "Rex!"),
        "picture": node("answer", "user", image, kind="multimodal_text"),
    }
    mapping = {}
    for name, (made, content) in nodes.items():
        mapping[name] = made
        if made["message"] is not None:
            made["message"]["content"] = content
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([{"title": "Dogs", "mapping": mapping, "current_node": "picture"}]))
    assert shell("tell", str(file)) == 0
    assert [(episode.prompt, episode.reply) for episode in kept(shell)] == [("My dog is called Rex.", "Rex!")]
    assert 'conversation 1 ("Dogs"), message 4: "content" must be an object, this is null' in shell.err
    said = "images and files beside words: 1, messages of tools, instructions and thoughts: 1"
    assert f"Left out: {said}, messages without words: 1, messages of branches that were left: 2" in shell.err


def test_several_files_are_told_in_order_each_by_its_name(shell: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b.txt").write_text("One\nTwo\n")
    Path("a.jsonl").write_text('{"prompt": "Three", "response": "Yes."}\nbroken\n')
    assert shell("tell", "b.txt", "a.jsonl", "-", "b.txt", stdin="Four\n") == 0
    assert [episode.prompt for episode in kept(shell)] == ["One", "Two", "Three", "Four"]
    assert shell.out.splitlines() == [
        "b.txt: told 2 lines; 2 turns not yet slept on.",
        "a.jsonl: told 1 turn of 1 conversation; 3 turns not yet slept on.",
        "standard input: told 1 line; 4 turns not yet slept on.",
    ]
    assert "a.jsonl, line 2: not JSON" in shell.err


def test_when_one_of_several_cannot_be_read_none_is_told(shell: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.txt").write_text("One\n")
    Path("bad.txt").write_bytes(b"Two\nb\xffd\n")
    assert shell("tell", "good.txt", "bad.txt", "gone.txt") == 2
    assert "bad.txt, line 2: not UTF-8 text; gone.txt cannot be read: No such file" in shell.err
    assert "next:  Nothing was told yet: mend or leave out what cannot be used" in shell.err
    assert shell("tell", "good.txt", "bad.txt") == 2
    assert "next:  Save the file as UTF-8. Nothing was told yet" in shell.err
    assert (shell.out, shell.system) == ("", None)


def test_one_that_says_nothing_after_all_costs_the_others_nothing(shell: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.jsonl").write_text('{"prompt": 1}\n')
    Path("good.txt").write_text("One\n")
    assert shell("tell", "bad.jsonl", "good.txt") == 2
    assert shell.out == "good.txt: told 1 line; 1 turn not yet slept on.\n"
    assert "bad.jsonl: there is nothing in it to remember: line 1" in shell.err
    assert "What the others say is in the journal" in shell.err


def test_a_sentence_in_the_place_of_files_is_told_how_to_be_told(shell: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert shell("tell", "I", "like", "tea.") == 2
    assert "A sentence is told by standard input: echo" in shell.err
    assert shell("tell") == 2
    assert "FILE..." in shell.err


@pytest.mark.parametrize("how", ["file", "format", "zip", "standard input"])
def test_an_export_without_a_conversation_has_nothing_in_it(shell: Any, tmp_path: Path, how: str) -> None:
    file = tmp_path / "conversations.json"
    file.write_text("[]\n")
    if how == "zip":
        with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
            archive.write(file, file.name)
        file = tmp_path / "export.zip"
    words = ["--format", "chatgpt"] if how == "format" else []
    assert shell("tell", *words, "-" if how == "standard input" else str(file), stdin="[]\n") == 2
    assert "there is nothing in it" in shell.err
    assert shell.out == ""
    assert shell("tell", "--format", "lines", "-", stdin="[]\n") == 0
    assert [episode.prompt for episode in kept(shell)] == ["[]"]


def test_the_format_may_be_said(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "braces.txt"
    file.write_text('{"prompt": "One"}\n')
    assert shell("tell", "--format", "lines", str(file)) == 0
    assert kept(shell)[0].prompt == '{"prompt": "One"}'
    assert shell("tell", "--format", "chat", str(file)) == 2
    assert "chatgpt" in shell.err


def test_a_long_import_tells_how_far_it_is(shell: Any, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("".join(json.dumps({"prompt": f"Fact {n}"}) + "\n" for n in range(250)))
    assert shell("tell", str(file)) == 0
    assert "taking in" in shell.err
    assert "100 so far" in shell.err
    assert shell.out.startswith("Told 250 turns of 1 conversation;")


def test_tell_reads_standard_input(shell: Any) -> None:
    assert shell("tell", "-", stdin="One thing.\n") == 0
    assert "Told 1 line; 1 turn not yet slept on" in shell.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "nothing in it"),
        (b" \n\n", "nothing in it"),
        (b"good\nb\xffd\n", "line 2: not UTF-8"),
        (b"good\nbad\x00\n", "line 2: this is no text file"),
    ],
)
def test_tell_refuses_what_is_no_text(shell: Any, tmp_path: Path, content: Any, said: str) -> None:
    file = tmp_path / "notes.txt"
    if content is not None:
        file.write_bytes(content)
    assert shell("tell", str(file)) == 2
    assert said in shell.err.replace("\n", " ")
    assert str(file) in shell.err.replace("\n", "")
    assert shell.system is None


def test_an_interrupted_reply_exits_with_130(shell: Any) -> None:
    def interrupted(system: Any) -> None:
        import signal

        system.during_generate = lambda fields: signal.raise_signal(signal.SIGINT)

    shell.prepare = interrupted
    assert shell("ask", "Hi") == 130
    assert shell.system.closed


def test_what_is_piped_in_and_no_text_is_refused_rather_than_remembered(shell: Any) -> None:
    app = shell.app()
    app.stdin = io.TextIOWrapper(io.BytesIO(b"good\nb\xffd\n"), errors="replace")
    assert run(["tell", "-"], app) == 2
    assert "standard input, line 2: not UTF-8" in app.stderr.getvalue()
    app = shell.app()
    app.stdin = io.TextIOWrapper(io.BytesIO("Ünï\n".encode()), encoding="latin-1")
    assert run(["tell", "-"], app) == 0


@pytest.mark.parametrize("from_file", [True, False])
def test_tell_says_how_far_it_came_and_how_to_go_on(shell: Any, tmp_path: Path, from_file: bool) -> None:
    file = tmp_path / "my notes.txt"
    file.write_text("".join(f"Fact {number}\n" for number in range(250)))

    def prepare(system: Any) -> None:
        calls, take_in = [], system.journal.take_in

        def fail_at_last(exchanges: Any) -> int:
            calls.append(exchanges)
            if len(calls) == 3:
                raise SOVLError("The journal could not be written: database or disk is full", "Free some disk space")
            return take_in(exchanges)

        system.journal.take_in = fail_at_last

    shell.prepare = prepare
    assert shell("tell", str(file) if from_file else "-", stdin=file.read_text()) == 1
    name = str(file) if from_file else "standard input"
    assert f"error: 200 from {name} are in the journal, then this failed: The journal could not be written" in shell.err
    assert shell.out == ""
    if from_file:
        assert "Free some disk space. Then type the same again: nothing is taken in twice" in shell.err
        shell.prepare = lambda system: None
        assert shell("tell", str(file)) == 0
        assert shell.out.startswith("Told 50 lines, 200 were there already;")
    else:
        assert "Free some disk space. Then tell what comes after the first 200: these are in" in shell.err


def test_nothing_on_standard_input_is_named_so(shell: Any) -> None:
    assert shell("tell", "-", stdin=" \n") == 2
    assert "standard input: there is nothing in it" in shell.err


@pytest.mark.parametrize("words", [("-",), ("b\udcffd",)])
def test_a_question_that_is_no_text_is_refused(shell: Any, words: Any) -> None:
    app = shell.app()
    app.stdin = io.TextIOWrapper(io.BytesIO(b"b\xffd\n"), errors="surrogateescape")
    assert run(["ask", *words], app) == 2
    assert "not UTF-8 text" in app.stderr.getvalue()
    assert shell.system is None
