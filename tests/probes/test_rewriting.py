"""Start commands of production, rewritten for a probe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_prodready.probes.command_lines import SERVERS
from pytest_prodready.probes.rewriting import NotUnderstoodError, rewritten

HERE = "--host 127.0.0.1 --port {port}"


def changed(line: str, *existing: str, workers: bool = False) -> str:
    """The rewritten command, as one line."""
    program, *words = line.split()
    return " ".join(rewritten(program, tuple(words), existing.__contains__, workers=workers))


@pytest.mark.parametrize(
    "line, expected",
    [
        ("uvicorn a:b", f"a:b {HERE} --workers 1"),
        (
            "uvicorn --host=:: --port={port} --workers 9 --reload --uds s --fd 3 a:b --root-path /api",
            f"a:b --root-path /api {HERE} --workers 1",
        ),
        (
            "uvicorn a:b --ssl-keyfile k --ssl-certfile=c --log-level info",
            f"a:b --log-level info {HERE} --workers 1",
        ),
        (
            "uvicorn a:b --app-dir /app --env-file .env --proxy-headers",
            f"a:b --proxy-headers {HERE} --workers 1",
        ),
        ("gunicorn a:b", "a:b --bind 127.0.0.1:{port}"),
        ("gunicorn -w 1 a:b", "a:b --bind 127.0.0.1:{port} --workers 1"),
        ("gunicorn -w9 a:b", "a:b --bind 127.0.0.1:{port} --workers 2"),
        ("gunicorn --workers=$UNKNOWN a:b", "a:b --bind 127.0.0.1:{port} --workers 2"),
        (
            "gunicorn -b :80 --bind=unix:/s -b[::]:81 -k gthread -kuvicorn_worker.UvicornWorker -t 90 a:b",
            "-k gthread -kuvicorn_worker.UvicornWorker -t 90 a:b --bind 127.0.0.1:{port}",
        ),
        (
            "gunicorn -D -p x.pid --access-logfile /var/log/a --error-logfile=e --log-file - --threads 4 a:b",
            "--access-logfile - --error-logfile - --log-file - --threads 4 a:b --bind 127.0.0.1:{port}",
        ),
        ("gunicorn -DR a:b --preload", "-R a:b --preload --bind 127.0.0.1:{port}"),
        ("gunicorn -DRw 9 -Rb 0.0.0.0:80 a:b", "-R -R a:b --bind 127.0.0.1:{port} --workers 2"),
        ("gunicorn --certfile c --keyfile=k --proxy-protocol a:b()", "a:b() --bind 127.0.0.1:{port}"),
        (
            "gunicorn --chdir /srv/app --chdir src -c conf.py",
            "--chdir src -c conf.py --bind 127.0.0.1:{port}",
        ),
        (
            "hypercorn -b 0.0.0.0:80 --quic-bind x --insecure-bind y -w 4 --reload -k trio a:b",
            "-k trio a:b --bind 127.0.0.1:{port} --workers 1",
        ),
        (
            "granian --interface asgi --host x --port 1 --workers 4 --http 2 --no-reload --metrics a:b",
            f"--interface asgi a:b {HERE} --workers 1",
        ),
        (
            "daphne -b 0 -p 80 -e ssl:443 --access-log /a a:b",
            "--access-log - a:b --bind 127.0.0.1 --port {port}",
        ),
        (
            "waitress-serve --listen=*:80 --unix-socket=s --threads=4 --call a:b",
            "--listen=127.0.0.1:{port} --threads=4 --call a:b",
        ),
        ("flask --app a:b run -h 0.0.0.0 -p80 --reload", f"--app a:b run {HERE} --no-reload"),
        ("fastapi dev a.py --host 0 --port 80 --reload", f"run a.py {HERE}"),
        ("fastapi run a.py --workers 4 --root-path /x", f"run a.py --root-path /x {HERE}"),
        ("runserver 0.0.0.0:8000 --insecure", "--insecure --noreload 127.0.0.1:{port}"),
        ("runserver -v 2 {port} --settings p.s", "-v 2 --settings p.s --noreload 127.0.0.1:{port}"),
        ("runserver [::]:8000 -6", "--noreload 127.0.0.1:{port}"),
    ],
)
def test_what_stays_and_what_is_said_instead(line: str, expected: str) -> None:
    """One address, the foreground, no reload, no TLS, no files, few workers; all else is production's."""
    assert changed(line, "src", "conf.py") == expected


@pytest.mark.parametrize(
    "line, reason",
    [
        ("gunicorn -k $WORKER a:b", "is given $WORKER, which is not known here"),
        ("gunicorn -c /etc/g.py a:b", "reads /etc/g.py, which the project does not have"),
        ("gunicorn -c g.py a:b", "reads g.py, which the project does not have"),
        ("hypercorn --config file:g.py a:b", "reads g.py, which the project does not have"),
        ("uvicorn --app-dir src a:b", "is run in src, which the project does not have"),
        ("gunicorn --bin :80 a:b", "is given --bin, which may stand for --bind"),
        ("gunicorn --dae a:b", "is given --dae, which may stand for --daemon"),
    ],
)
def test_what_is_not_understood_is_not_run(line: str, reason: str) -> None:
    """Half of a command is none; the reason names what is missing."""
    with pytest.raises(NotUnderstoodError) as raised:
        changed(line)
    assert str(raised.value) == reason


def test_workers_that_are_set_elsewhere_are_few_too() -> None:
    """A configuration file says how many, and the command line wins over it."""
    assert changed("gunicorn a:b", workers=True) == "a:b --bind 127.0.0.1:{port} --workers 2"


KEPT = st.sampled_from(
    ["--timeout=5", "--log-level", "info", "--keep-alive=3", "--name=x", "a:b", "--worker-x"]
)


@given(
    program=st.sampled_from([name for name in SERVERS if name != "runserver"]),
    kept=st.lists(KEPT, max_size=6),
    data=st.data(),
)
def test_any_mixture_of_options(program: str, kept: list[str], data: st.DataObject) -> None:
    """Whatever is dropped goes with its value and nothing else, wherever and however it is written."""
    server = SERVERS[program]
    words: list[str] = []
    for word in kept:
        for option in data.draw(st.lists(st.sampled_from(sorted(server.dropped | server.flags)), max_size=2)):
            if option in server.flags:
                words.append(option)
            elif option.startswith("--") and data.draw(st.booleans()):
                words.append(f"{option}=0.0.0.0:80")
            elif not option.startswith("--") and data.draw(st.booleans()):
                words.append(f"{option}80")
            else:
                words += [option, "value"]
        words.append(word)
    result = rewritten(program, tuple(words), lambda _: True)
    own = server.own
    rest = result[len(own) :] if server.first else result[: len(kept)]
    assert list(rest) == kept
    added = result[: len(own)] if server.first else result[len(kept) :]
    assert added[: len(own)] == own
    assert added[len(own) :] in ((), ("--workers", "1"), ("--workers", "2"))


@given(
    program=st.sampled_from([*SERVERS]),
    words=st.lists(
        st.text(max_size=8) | st.sampled_from(["-", "--", "-D", "-b", "--bind", "-c", "="]), max_size=6
    ),
)
def test_any_words(program: str, words: list[str]) -> None:
    """Nothing that may be written makes it fail in another way."""
    try:
        result = rewritten(program, tuple(words), lambda _: False)
    except NotUnderstoodError:
        return
    assert any("{port}" in word for word in result)
