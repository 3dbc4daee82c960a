"""config.toml: every way it can be broken, every way a save can fail, and nothing is ever lost."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aic_tui.config.atomic import exclusive, write_atomically
from aic_tui.config.file import load_config, save_changes, sweep
from aic_tui.config.settings import NOT_A_REFERENCE, Account, Config, Settings
from aic_tui.environment import Environment
from aic_tui.errors import UserError
from tests.clock import FakeClock
from tests.conftest import DEFAULTS, QUIET
from tests.unmeasured import unmeasured

GOOD = """\
version = 1
[general]
theme = "nord"
warn_percent = 70
[accounts.work]
provider = "openrouter"
name = "Work"
key = "env:WORK_KEY"
base_url = "http://127.0.0.1:9"
hosts = { "a.example" = "https://b.example" }
interval_seconds = 90
project_id = "p-1"
count = 3
deep = true
[accounts.off]
provider = "deepseek"
enabled = false
[keys]
quit = "ctrl+q"
[future]
thing = [1, 2]
"""


def write(env: Environment, content: str | bytes) -> Path:
    env.paths.config.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    env.paths.config_file.write_bytes(data)
    return env.paths.config_file


def loaded(env: Environment, content: str | bytes) -> Config:
    write(env, content)
    return load_config(env)


def test_no_file_means_defaults_and_no_complaint(env: Environment) -> None:
    config = load_config(env)
    assert config.settings == DEFAULTS
    assert (config.broken, config.read_only, config.problems, config.has_accounts) == (False, False, (), False)
    assert set(config.origins.values()) - {f"env:{name}" for name in QUIET} == {"default"}
    assert not env.paths.config.exists()


def test_a_full_file(env: Environment) -> None:
    config = loaded(env, GOOD)
    assert (config.settings.theme, config.settings.warn_percent) == ("nord", 70)
    assert config.origins["theme"] == "file"
    assert config.accounts[0] == Account(
        id="work",
        provider_id="openrouter",
        name="Work",
        key="env:WORK_KEY",
        base_url="http://127.0.0.1:9",
        hosts={"a.example": "https://b.example"},
        interval_seconds=90,
        fields={"project_id": "p-1", "count": "3", "deep": "true"},
    )
    assert config.accounts[1].enabled is False
    assert config.keys == {"quit": "ctrl+q"}
    assert config.unknown == ("future",)
    assert config.problems == ()


def test_flag_over_variable_over_file_over_default(make_env: Callable[..., Environment]) -> None:
    env = make_env({"AIC_THEME": "gruvbox", "AIC_PRIVACY": "1", "AIC_SHOW": ""})
    write(env, '[general]\ntheme = "nord"\nshow = "left"\nprivacy = false\n')
    config = load_config(env, {"theme": "dracula"})
    assert (config.settings.theme, config.settings.privacy, config.settings.show) == ("dracula", True, "left")
    assert [config.origins[name] for name in ("theme", "privacy", "show", "mouse")] == [
        "flag",
        "env:AIC_PRIVACY",
        "file",
        "default",
    ]


def test_a_bad_variable_is_told_and_passed_over_and_a_bad_flag_is_refused(make_env: Callable[..., Environment]) -> None:
    env = make_env({"AIC_WARN_PERCENT": "lots"})
    write(env, "[general]\nwarn_percent = 60\n")
    config = load_config(env)
    assert config.settings.warn_percent == 60
    assert "AIC_WARN_PERCENT" in config.problems[0].sentence
    with pytest.raises(UserError, match="log_level must be"):
        load_config(env, {"log_level": "loud"})


@pytest.mark.parametrize(
    ("content", "words", "line", "column"),
    [
        ("[general]\ntheme = \n", "line 2, column 9", 2, 9),
        ("[general]\ntheme = 'a'\n}trailing", "line 3, column 1", 3, 1),
        ('[general]\ntheme = "a', "line 2", 2, None),
        ("a = 1\0", "line 1", 1, None),
        ("a = 1\na = 2\n", "line 2", 2, None),
        (b"a = 1\nb = '\xff'\n", "not UTF-8 text: line 2, column 6", 2, 6),
        ("a = 1".encode("utf-16"), "not UTF-8", 1, 1),
        (b"#" * (1 << 20) + b"#", "larger than 1024 KiB", None, None),
        ("a = " + "[" * 100_000, "nests too deeply", None, None),
        ("a = " + "9" * 10_000, "not valid TOML at line 1: a number is too long", 1, None),
    ],
)
def test_a_broken_file_gives_defaults_and_its_place_and_is_never_written(
    env: Environment, content: str | bytes, words: str, line: int | None, column: int | None
) -> None:
    file = write(env, content)
    before = file.read_bytes()
    config = load_config(env)
    assert (config.broken, config.read_only, config.settings, config.accounts) == (True, True, DEFAULTS, ())
    [problem] = config.problems
    assert words in problem.sentence
    assert problem.line == line
    if column is not None:
        assert problem.column == column
    with pytest.raises(UserError, match="was not saved, to lose nothing"):
        save_changes(env, {("general", "theme"): "nord"})
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf[general]\ntheme = 'nord'\n", b"[general]\r\ntheme = 'nord'\r\n"], ids=["BOM", "CRLF"]
)
def test_a_byte_order_mark_and_windows_line_ends_are_fine(env: Environment, content: bytes) -> None:
    config = loaded(env, content)
    assert (config.broken, config.settings.theme) == (False, "nord")


def test_an_empty_file_is_an_empty_configuration(env: Environment) -> None:
    assert loaded(env, b"") == load_config(env)
    assert not load_config(env).broken


def test_a_newer_version_is_read_but_not_written(env: Environment) -> None:
    file = write(env, "version = 99\n[general]\ntheme = 'nord'\n")
    config = load_config(env)
    assert (config.broken, config.read_only, config.settings.theme) == (False, True, "nord")
    assert "version 99" in config.problems[0].sentence
    with pytest.raises(UserError, match="newer"):
        save_changes(env, {("general", "theme"): "nord"})
    assert file.read_text().startswith("version = 99\n")


@pytest.mark.parametrize("version", ["true", '"1"', "0", "1.5"])
def test_a_strange_version_is_a_complaint_only(env: Environment, version: str) -> None:
    config = loaded(env, f"version = {version}\n[general]\ntheme = 'nord'\n")
    assert config.settings.theme == "nord"
    assert (config.problems[0].sentence, config.problems[0].line) == ("version must be 1.", 1)


def test_one_bad_setting_is_one_problem_with_its_line_and_the_rest_holds(env: Environment) -> None:
    config = loaded(env, "[general]\ntheme = 'nord'\nretention_days = 'long'\nmouse = 1\n")
    assert (config.settings.theme, config.settings.retention_days, config.settings.mouse) == ("nord", 180, True)
    assert [(problem.line, problem.setting) for problem in config.problems] == [
        (3, "general.retention_days"),
        (4, "general.mouse"),
    ]


@pytest.mark.parametrize(
    "content", ["general = 3\naccounts = 4\nkeys = 5\n", "general = []\naccounts = 'a'\nkeys = 1\n"]
)
def test_wrong_types_for_whole_tables(env: Environment, content: str) -> None:
    config = loaded(env, content)
    assert (config.broken, config.accounts, config.keys, len(config.problems)) == (False, (), {}, 3)


def test_one_bad_account_does_not_lose_the_others(env: Environment) -> None:
    config = loaded(
        env,
        "[accounts]\nscalar = 1\n[accounts.none]\nkey = 'keyring'\n[accounts.'a b']\nprovider = 'x'\n"
        '["accounts"."\\u001b[2J"]\nprovider = "x"\n[accounts.good]\nprovider = "openai"\n',
    )
    assert [account.id for account in config.accounts] == ["good"]
    assert len(config.problems) == 4
    assert all(problem.sentence.isprintable() for problem in config.problems)


def test_bad_parts_of_an_account(env: Environment) -> None:
    config = loaded(
        env,
        "[accounts.a]\nprovider = 'openai'\nkey = 'sk-proj-KANARIE12345678'\nbase_url = 7\ninterval_seconds = true\n"
        "enabled = 'no'\nuser_agent = 'ü'\nname = ''\npinned = 3\nlist = [1]\n[keys]\nquit = 7\n",
    )
    [account] = config.accounts
    assert account == Account(id="a", provider_id="openai", key=NOT_A_REFERENCE, base_url="invalid", enabled=False)
    assert len(config.problems) == 8
    assert "KANARIE" not in repr(config)
    assert {problem.setting for problem in config.problems} >= {"accounts.a.key", "keys.quit"}
    assert {problem.line for problem in config.problems} == {3, 4, 5, 6, 7, 8, 9, 12}


def test_outside_text_is_cleaned(env: Environment) -> None:
    config = loaded(env, '[accounts.a]\nprovider = "openai"\nname = "Wo\\u001b]52;c;x\\u0007rk\\u202e"\n')
    assert config.accounts[0].name == "Work"


@pytest.mark.parametrize("kind", ["directory", "fifo", "loop"])
def test_something_else_in_place_of_the_file(env: Environment, kind: str) -> None:
    env.paths.config.mkdir(parents=True)
    file = env.paths.config_file
    if kind == "directory":
        file.mkdir()
    elif kind == "fifo":
        os.mkfifo(file)
    else:
        file.symlink_to(file)
    config = load_config(env)
    assert config.broken
    assert "cannot be read" in config.problems[0].sentence
    with pytest.raises(UserError):
        save_changes(env, {("general", "theme"): "nord"})


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_files_always_load_and_name_the_fault(env: Environment, data: st.DataObject) -> None:
    content = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=6))
    config = loaded(env, bytes(content))
    assert isinstance(config.settings, Settings)
    if config.broken:
        assert config.problems
        with pytest.raises(UserError):
            save_changes(env, {("general", "theme"): "nord"})
        assert env.paths.config_file.read_bytes() == bytes(content)


def test_a_save_keeps_unknown_keys_and_the_file_before(env: Environment) -> None:
    file = write(env, GOOD)
    file.chmod(0o644)
    config = save_changes(
        env,
        {("general", "theme"): "dracula", ("accounts", "off"): None, ("accounts", "work", "enabled"): False},
        {"show": "left"},
    )
    assert (config.settings.theme, config.settings.show, config.accounts[0].enabled) == ("dracula", "left", False)
    table = tomllib.loads(file.read_text())
    assert table["future"] == {"thing": [1, 2]}
    assert "off" not in table["accounts"]
    assert "comments are not kept" in file.read_text().splitlines()[0]
    assert file.with_name("config.toml.bak").read_text() == GOOD
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.with_name("config.toml.bak"))] == [0o600, 0o600]
    assert {path.name for path in file.parent.iterdir()} == {"config.toml", "config.toml.bak", "config.toml.lock"}


def test_the_first_save_makes_file_and_directory_private(env: Environment) -> None:
    save_changes(env, {("accounts", "a"): {"provider": "openai", "key": "env:X"}})
    assert stat.S_IMODE(env.paths.config.stat().st_mode) == 0o700
    assert tomllib.loads(env.paths.config_file.read_text())["version"] == 1


def test_a_save_that_changes_nothing_writes_nothing(env: Environment) -> None:
    file = write(env, GOOD)
    before = file.stat()
    save_changes(env, {("general", "theme"): "nord", ("general", "absent"): None, ("no", "such"): None})
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_deleting_the_last_account_leaves_an_empty_table(env: Environment) -> None:
    write(env, "[accounts.a]\nprovider = 'openai'\n")
    config = save_changes(env, {("accounts", "a"): None})
    assert (config.accounts, config.has_accounts) == ((), True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("general", "theme"), 3),
        (("general", "nonsense"), 3),
        (("accounts", "a b", "name"), "x"),
        (("accounts", "a"), "x"),
        (("accounts", "a"), {"provider": ""}),
        (("accounts", "a", "key"), "sk-proj-KANARIE12345678"),
        (("accounts", "a", "interval_seconds"), 0),
        (("accounts", "a", "hosts"), {"x": 1}),
        (("accounts", "a", "field"), [1]),
    ],
)
def test_what_may_not_stand_in_the_file_is_refused_without_repeating_it(
    env: Environment, path: tuple[str, ...], value: object
) -> None:
    with pytest.raises(UserError) as caught:
        save_changes(env, {path: value})
    assert "KANARIE" not in caught.value.sentence
    assert not env.paths.config_file.exists()


def test_a_scalar_in_place_of_a_table_is_not_overwritten(env: Environment) -> None:
    file = write(env, "general = 3\n")
    with pytest.raises(UserError, match="not a table"):
        save_changes(env, {("general", "theme"): "nord"})
    assert file.read_text() == "general = 3\n"


@pytest.mark.parametrize("dangling", [False, True])
def test_a_symlink_is_followed_and_stays_a_link(env: Environment, tmp_path: Path, dangling: bool) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    if not dangling:
        (dotfiles / "aic.toml").write_text(GOOD)
    env.paths.config.mkdir(parents=True)
    (tmp_path / "hop").symlink_to(dotfiles / "aic.toml")
    env.paths.config_file.symlink_to(tmp_path / "hop")
    save_changes(env, {("general", "theme"): "dracula"})
    assert env.paths.config_file.is_symlink()
    assert tomllib.loads((dotfiles / "aic.toml").read_text())["general"]["theme"] == "dracula"
    assert [path.name for path in dotfiles.iterdir()] == ["aic.toml"]


def in_process(env: Environment, script: str, *before: str) -> subprocess.CompletedProcess[str]:
    prelude = (
        "import sys\nfrom pathlib import Path\nfrom aic_tui.environment import Environment, Paths\n"
        "from aic_tui.config.file import save_changes, load_config\nfrom aic_tui.errors import UserError\n"
        f"root = Path({str(env.paths.config.parent)!r})\n"
        "env = Environment(Paths(root/'config', root/'data', root/'cache', root/'state'), root, {})\n"
    )
    command = [*before, sys.executable, "-c", prelude + script]
    # with something before it, it has no room for what coverage would write
    environ = unmeasured() if before else None
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)


SAVE_ONCE = """
try: save_changes(env, {('general', 'theme'): 'dracula', ('pad', 'x'): 'y' * 20000})
except UserError as e: print(e.sentence); sys.exit(e.exit_code)
"""


def test_a_full_disk_leaves_the_old_file_and_says_so(env: Environment) -> None:
    file = write(env, GOOD)
    limited = ["sh", "-c", "ulimit -f 8; trap '' XFSZ; exec \"$@\"", "sh"]
    done = in_process(env, SAVE_ONCE, *limited)
    assert done.returncode == 1, done.stderr
    assert str(file) in done.stdout
    assert "file too large" in done.stdout
    assert file.read_text() == GOOD
    assert not [path for path in file.parent.iterdir() if path.name.endswith("tmp")]


@pytest.mark.parametrize("call", ["fsync:error=EIO", "rename:error=EXDEV", "fsync:error=ENOSPC"])
def test_a_failing_system_call_leaves_the_old_file_and_no_temporary(env: Environment, call: str) -> None:
    if not Path("/usr/bin/strace").exists():
        pytest.skip("needs strace")
    file = write(env, GOOD)
    done = in_process(env, SAVE_ONCE, "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}")
    if "ptrace" in done.stderr.lower():
        pytest.skip("tracing is not allowed here")
    assert done.returncode == 1, done.stderr
    assert "was not saved" in done.stdout
    assert file.read_text() == GOOD
    assert not [path for path in file.parent.iterdir() if path.name.endswith("tmp")]


def test_a_read_only_directory_is_a_sentence(env: Environment) -> None:
    if os.geteuid() != 0 or not Path("/usr/bin/setpriv").exists():
        pytest.skip("needs root and setpriv to become somebody else")
    file = write(env, GOOD)
    for directory in [file.parent, *list(file.parents)[:6]]:
        if directory not in (Path("/"), Path("/tmp")):
            directory.chmod(0o755)
    done = in_process(env, SAVE_ONCE, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    assert done.returncode == 1, done.stderr
    assert "permission denied" in done.stdout
    assert file.read_text() == GOOD


SAVE_FOR_EVER = """
n = 0
while True:
    n += 1
    save_changes(env, {('general', 'refresh_interval_seconds'): 10 + n % 1000, ('check', 'same'): 10 + n % 1000,
                       ('pad', 'x'): chr(97 + n % 26) * (n * 97 % 9000)})
    print(n, flush=True)
"""


def kill_while_saving(env: Environment, times: int) -> None:
    file = write(env, "[general]\nrefresh_interval_seconds = 10\n[check]\nsame = 10\n")
    chance = random.Random(7)
    prelude = (
        "from pathlib import Path\nfrom aic_tui.environment import Environment, Paths\n"
        "from aic_tui.config.file import save_changes\n"
        f"root = Path({str(env.paths.config.parent)!r})\n"
        "env = Environment(Paths(root/'config', root/'data', root/'cache', root/'state'), root, {})\n"
    )
    for _ in range(times):
        command = [sys.executable, "-c", prelude + SAVE_FOR_EVER]
        with subprocess.Popen(command, env=unmeasured(), stdout=subprocess.PIPE) as saver:
            assert saver.stdout is not None
            assert saver.stdout.readline() == b"1\n"
            time.sleep(chance.uniform(0, 0.08))
            saver.send_signal(signal.SIGKILL)
        table = tomllib.loads(file.read_text())
        assert table["general"]["refresh_interval_seconds"] == table["check"]["same"]
        assert not load_config(env).broken
        backup = file.with_name("config.toml.bak")
        assert tomllib.loads(backup.read_text())
    assert load_config(env).problems == ()


@pytest.mark.slow
def test_kill_9_while_saving_leaves_the_old_or_the_new_file(env: Environment) -> None:
    kill_while_saving(env, 20)


@pytest.mark.soak
def test_kill_9_while_saving_200_times(env: Environment) -> None:
    kill_while_saving(env, 200)


def test_two_instances_saving_different_settings_lose_neither(env: Environment) -> None:
    failures: list[BaseException] = []

    def save(name: str, first: int) -> None:
        try:
            for number in range(first, first + 25):
                save_changes(env, {("general", name): number})
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    savers = [
        threading.Thread(target=save, args=("refresh_interval_seconds", 100)),
        threading.Thread(target=save, args=("retention_days", 200)),
    ]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert failures == []
    found = load_config(env).settings
    assert (found.refresh_interval_seconds, found.retention_days) == (124, 224)


def test_a_lock_that_is_not_given_back_is_a_timeout(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock"), pytest.raises(TimeoutError), exclusive(tmp_path / "lock", tries=2):
        raise AssertionError("both have it")
    with exclusive(tmp_path / "lock", tries=1):
        pass


def test_temporary_files_of_crashes_are_swept_after_an_hour(env: Environment, clock: FakeClock) -> None:
    env.paths.config.mkdir(parents=True)
    now = clock.now().timestamp()
    ages = {".config.toml.1.ab.aic-tmp": 3700, ".config.toml.2.cd.aic-tmp": 60, "notes.aic-tmp": 9999, ".x.tmp": 9999}
    for name, age in ages.items():
        (env.paths.config / name).write_text("")
        os.utime(env.paths.config / name, (now - age, now - age))
    (env.paths.config / ".dir.aic-tmp").mkdir()
    sweep(env)
    left = {path.name for path in env.paths.config.iterdir()}
    assert left == {".config.toml.2.cd.aic-tmp", "notes.aic-tmp", ".x.tmp", ".dir.aic-tmp"}


def test_sweeping_what_is_not_there_is_quiet(env: Environment) -> None:
    sweep(env)
    env.paths.config.mkdir(parents=True)
    env.paths.config_file.symlink_to(env.paths.config_file)
    sweep(env)


def test_a_write_into_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="symbolic links"):
        write_atomically(tmp_path / "a", b"x")


def test_loading_imports_nothing_heavy() -> None:
    script = (
        "import sys, aic_tui.config.file, aic_tui.services.accounts, aic_tui.providers.auth, aic_tui.config.secrets\n"
        "print([m for m in ('pydantic', 'keyring', 'httpx', 'tomli_w', 'platformdirs') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_key_in_any_field_of_an_account_is_a_problem_and_is_not_taken(env: Environment) -> None:
    canary = "sk-proj-KANARIE12345678"
    config = loaded(env, f'[accounts.x]\nprovider = "openai"\napi_key = "{canary}"\nproject_id = "proj_1"\n')
    (problem,) = config.problems
    assert "api_key holds a key" in problem.sentence
    assert "config set-key x" in problem.sentence
    assert canary not in problem.sentence
    assert dict(config.accounts[0].fields) == {"project_id": "proj_1"}


def test_a_login_address_of_a_wrong_kind_does_not_stand_for_the_providers_own(env: Environment) -> None:
    config = loaded(env, '[accounts.a]\nprovider = "copilot"\nlogin_url = 7\norganization = "octocorp"\n')
    assert (config.accounts[0].login_url, config.accounts[0].fields) == ("invalid", {"organization": "octocorp"})
