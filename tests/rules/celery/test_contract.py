"""PRD210, judged on facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_prodready.contract import parameters, takes
from pytest_prodready.facts import (
    Contract,
    ContractMistake,
    ContractTask,
    Facts,
    Failure,
    Location,
    SourceTask,
    Task,
    WorkerCommand,
)
from pytest_prodready.findings import Finding, Judgement, Level, Outcome
from tests.rules.celery import support

FILE = "prodready-tasks.toml"
UPDATE = "pytest --prodready --prodready-update"
ON_PURPOSE = f"\nOn purpose, and no such message is left? Write the contract anew: {UPDATE}"


def task(name: str = "mail.send", written: str = "(to, subject=...)") -> Task:
    return Task(
        name,
        "src.mail",
        name.rpartition(".")[2],
        Location("src/mail.py", 8),
        written,
        parameters=parameters(written),
    )


def known(
    name: str = "mail.send", written: str | None = "(to, subject=...)", queue: str = ""
) -> ContractTask:
    return ContractTask(name, None if written is None else parameters(written), queue, Location(FILE, 5))


def seen(now: tuple[Task, ...], *before: ContractTask, **values: object) -> Facts:
    return replace(support.loaded(tasks=now, **values), contract=Contract(FILE, before))


def judgements(facts: Facts) -> dict[str, Judgement]:
    found = support.judgements(facts)
    return {
        name.removeprefix("contract:"): one for name, one in found.items() if name.startswith("contract:")
    }


def findings(facts: Facts) -> list[Finding]:
    return [finding for one in judgements(facts).values() for finding in one.findings]


def only(facts: Facts) -> Finding:
    (finding,) = (one for one in findings(facts) if one.level is not Level.INFO)
    assert finding.code == "PRD210"
    return finding


def test_without_a_file_there_is_nothing_to_judge() -> None:
    """The contract is opted into by writing it."""
    assert judgements(support.loaded(tasks=(task(),))) == {}


def test_each_task_of_the_contract_is_a_subject() -> None:
    """The file and its tasks are the denominators; a healthy release passes all of them."""
    facts = seen((task("a"), task("b")), known("a"), known("b", None))
    assert {name: one.outcome for name, one in judgements(facts).items()} == dict.fromkeys(
        [FILE, "a", "b"], Outcome.PASSED
    )
    assert findings(facts) == []


def test_new_tasks_and_new_optional_parameters_break_nothing() -> None:
    """The file lacks the new task: a note, which fails nothing."""
    facts = seen((task(written="(to, subject=..., *, urgent=...)"), task("mail.clean")), known())
    (note,) = findings(facts)
    assert note.level is Level.INFO
    assert note.message == f"1 task is not in {FILE} yet: mail.clean"
    assert UPDATE in note.remedy


def test_a_new_required_parameter_is_an_error_at_the_task() -> None:
    """It says which messages break, what to write, and both signatures."""
    finding = only(seen((task(written="(to, subject=..., *, tenant)"),), known()))
    assert finding.level is Level.ERROR
    assert str(finding.location) == "src/mail.py:8"
    assert finding.message == (
        "mail.send requires tenant now: messages of the last release that lack it are refused"
    )
    assert finding.remedy == f"Give it a default for one release: tenant=None.{ON_PURPOSE}"
    assert (
        finding.proof == "the tasks that the worker has registered were compared with prodready-tasks.toml:5"
    )
    assert finding.details == (
        ("then", "mail.send(to, subject=...)"),
        ("now", "mail.send(to, subject=..., *, tenant)"),
    )


def test_what_may_break_is_a_warning() -> None:
    """Only messages that nobody may ever have sent are refused."""
    finding = only(seen((task(written="(to)"),), known(written="(to, **kwargs)")))
    assert finding.level is Level.WARNING


@pytest.mark.parametrize("signature", ["", "(to)"])
def test_a_signature_that_is_not_known_proves_nothing(signature: str) -> None:
    """Neither then nor now."""
    now = replace(task(written="(to)"), signature=signature)
    assert findings(seen((now,), known(written=None if signature else "(to, gone)"))) == []


def test_a_task_that_is_gone_is_an_error_at_its_line_of_the_contract() -> None:
    """Where nothing looks like it, an empty task of its name takes the messages."""
    finding = only(seen((task("report.daily", "()"),), known(), known("report.daily", "()")))
    assert finding.level is Level.ERROR
    assert str(finding.location) == f"{FILE}:5"
    assert finding.message == (
        "mail.send is gone: messages of the last release that name it are discarded by the worker"
    )
    assert finding.remedy == (
        "Keep it for one release, if only to drop its messages:\n"
        '@shared_task(name="mail.send")\ndef send(*args, **kwargs): ...' + ON_PURPOSE
    )


@pytest.mark.parametrize(
    "name, written",
    [
        ("post.send", "(anything)"),  # moved: the same function
        ("mail.send_out", "(to, subject=...)"),  # renamed: the same signature, and a name alike
        ("mail.sends", "(anything)"),  # misspelt: a name very much alike
    ],
)
def test_a_renamed_task_comes_with_the_alias_to_write(name: str, written: str) -> None:
    """The old name hands its messages on to the new one, with their ids and chains."""
    finding = only(seen((task("other", "()"), task(name, written)), known(), known("other", "()")))
    function = name.rpartition(".")[2]
    assert finding.remedy == (
        f"Was it renamed to {name} (src/mail.py:8)? Let a worker answer to both names for one release:\n"
        '@shared_task(name="mail.send", bind=True)\n'
        "def send_by_its_old_name(self, *args, **kwargs):\n"
        f"    raise self.replace({function}.si(*args, **kwargs))" + ON_PURPOSE
    )


def test_a_renamed_method_is_called_by_its_name() -> None:
    """No name of the module leads to it."""
    heir = replace(task("post.send"), function="Sender.run")
    remedy = only(seen((heir,), known())).remedy
    assert 'self.replace(self.app.signature("post.send", args, kwargs, immutable=True))' in remedy


def test_a_task_that_merely_lost_its_registration_is_sent_to_its_source() -> None:
    """It was not renamed: PRD203 says what is wrong."""
    lost = SourceTask("mail", "send", Location("mail.py", 3), True)
    finding = only(seen((task("post.send"),), known(), sources=(lost,)))
    assert finding.remedy.startswith("mail.py:3 still defines it: register it again")


def test_thousands_of_names_are_not_compared_with_thousands() -> None:
    """Where everything was renamed, only the same last name is looked for: the gate ends."""
    now = tuple(task(f"new.area{number}.send{number}") for number in range(3000))
    before = [known(f"area{number}.send{number}") for number in range(2999)] + [known("mail.send_2x")]
    remedies = [one.remedy for one in findings(seen(now, *before)) if one.level is Level.ERROR]
    assert len(remedies) == 3000
    assert (
        "Was it renamed to new.area7.send7 "
        in remedies[sorted(one.name for one in before).index("area7.send7")]
    )
    assert sum("Was it renamed" in remedy for remedy in remedies) == 2999


def test_another_queue_is_a_warning() -> None:
    """The old messages wait where perhaps nobody reads any more."""
    finding = only(seen((task(),), known(queue="celery"), routes={"mail.send": "mail"}))
    assert finding.level is Level.WARNING
    assert finding.message == (
        "mail.send goes to the queue mail now; its messages of the last release wait in celery"
    )
    assert "-Q celery" in finding.remedy


def test_another_queue_is_no_matter_where_a_worker_reads_the_old_one_too() -> None:
    """The deployment says who empties it; neither another app's worker counts, nor one not understood."""

    def read(*workers: WorkerCommand) -> list[Finding]:
        facts = seen((task(),), known(queue="celery"), routes={"mail.send": "mail"})
        return findings(replace(facts, workers=workers))

    worker = WorkerCommand("Procfile", Location("Procfile", 1), queues=("mail", "celery"))
    assert read(worker) == []
    assert len(read(replace(worker, queues=("mail",)))) == 1
    assert len(read(replace(worker, app="other:app"))) == 1
    assert len(read(replace(worker, understood=False))) == 1


@pytest.mark.parametrize(
    "then, now", [("celery", {}), ("", {"mail.send": "mail"}), ("a", {"mail.send": "a"})]
)
def test_a_queue_that_is_the_same_or_not_known_is_silent(then: str, now: dict[str, str]) -> None:
    """A router may want real arguments before it answers."""
    assert findings(seen((task(),), known(queue=then), routes=now)) == []


def test_what_cannot_be_read_is_an_error_at_its_line() -> None:
    """Everything else in the file is judged all the same."""
    contract = Contract(FILE, (known(),), (ContractMistake("holds a merge conflict", Location(FILE, 9)),))
    facts = replace(support.loaded(tasks=(task(),)), contract=contract)
    finding = only(facts)
    assert (finding.level, str(finding.location)) == (Level.ERROR, f"{FILE}:9")
    assert finding.message == f"{FILE} holds a merge conflict"
    assert UPDATE in finding.remedy
    assert judgements(facts)["mail.send"].outcome is Outcome.PASSED


def test_while_the_app_does_not_load_its_tasks_are_skipped_once() -> None:
    """That all tasks are gone is a consequence: the app's own finding names the cause."""
    broken = support.facts(None, Failure("raised", "it failed", "ImportError"))
    found = judgements(replace(broken, contract=Contract(FILE, (known("a"), known("b")))))
    assert found["tasks"].outcome is Outcome.SKIPPED
    assert found["tasks"].reason == "src.celery_app:app does not load, so its tasks are not known"
    assert list(found) == [FILE, "tasks"]


def test_without_a_celery_app_the_contract_is_skipped() -> None:
    """A contract that nothing was compared with has not passed."""
    found = judgements(Facts("/app", contract=Contract(FILE, (known(),))))
    assert found["tasks"].reason == "no Celery app was found, so its tasks are not known"


def test_the_tasks_of_all_apps_together_keep_the_contract() -> None:
    """A message is taken by whichever worker has its task."""
    first, second = support.loaded(tasks=(task("a"),)), support.loaded(tasks=(task("b"),))
    facts = replace(
        first, entries=first.entries + second.entries, contract=Contract(FILE, (known("a"), known("b")))
    )
    assert findings(facts) == []


def test_names_of_subjects_are_safe_in_a_node_id() -> None:
    """Brackets and double colons would end a node id too early."""
    assert set(judgements(seen((), known("a[b]::c")))) == {FILE, "a(b):c"}


def test_signatures_are_written_as_they_are_read() -> None:
    """The evidence of a finding is the line of the file."""
    assert takes(parameters("(a, /, b=..., *, c)")) == "(a, /, b=..., *, c)"
