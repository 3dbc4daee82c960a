"""Where files are, and who may look into their directories."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aic_tui.config.paths import home_directory, private_directory, resolve_paths
from aic_tui.errors import UserError

HOME = Path("/home/ada")


def test_linux_custom() -> None:
    paths = resolve_paths({}, "linux", HOME)
    assert paths.config_file == HOME / ".config/aic/config.toml"
    assert paths.database == HOME / ".local/share/aic/aic.db"
    assert paths.secrets_file == HOME / ".local/share/aic/secrets.toml"
    assert paths.cache == HOME / ".cache/aic"
    assert paths.log_file == HOME / ".local/state/aic/aic.log"


def test_macos_custom_and_xdg_there_too() -> None:
    paths = resolve_paths({"XDG_CONFIG_HOME": "/x y/config"}, "darwin", HOME)
    assert paths.config == Path("/x y/config/aic")
    assert paths.data == paths.state == HOME / "Library/Application Support/aic"
    assert paths.cache == HOME / "Library/Caches/aic"


def test_a_relative_xdg_path_is_ignored() -> None:
    assert resolve_paths({"XDG_DATA_HOME": "data"}, "linux", HOME).data == HOME / ".local/share/aic"


def test_our_own_variables_and_the_flag_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"AIC_CONFIG_DIR": "/c", "AIC_DATA_DIR": "~/d", "AIC_CACHE_DIR": "k", "XDG_CONFIG_HOME": "/x"}
    paths = resolve_paths(environ, "linux", HOME)
    assert (paths.config, paths.data, paths.cache) == (Path("/c"), HOME / "d", tmp_path / "k")
    assert resolve_paths(environ, "linux", HOME, config_dir="/flag").config == Path("/flag")


def test_a_profile_is_a_subfolder_of_each() -> None:
    paths = resolve_paths({"AIC_DATA_DIR": "/d"}, "linux", HOME, profile="work")
    assert paths.config == HOME / ".config/aic/profiles/work"
    assert paths.data == Path("/d/profiles/work")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "-x", "a" * 65, "a\n", "ü"])
def test_a_profile_name_never_leaves_its_folder(name: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve_paths({}, "linux", HOME, profile=name)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("variables", [{}, {"XDG_CONFIG_HOME": "/x", "XDG_DATA_HOME": "/y", "XDG_STATE_HOME": "z"}])
@pytest.mark.parametrize("kind", ["config", "data", "cache", "state"])
def test_the_tables_agree_with_platformdirs(kind: str, variables: dict[str, str]) -> None:
    script = (
        "from platformdirs.unix import Unix; from platformdirs.macos import MacOS\n"
        f"print(Unix('aic', False).user_{kind}_dir); print(MacOS('aic', False).user_{kind}_dir)"
    )
    clean = {"HOME": str(HOME), "PATH": os.environ["PATH"], **variables}
    told = subprocess.run([sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=True)
    unix, macos = told.stdout.splitlines()
    assert str(getattr(resolve_paths(variables, "linux", HOME), kind)) == unix
    if not variables:
        assert str(getattr(resolve_paths(variables, "darwin", HOME), kind)) == macos


def test_windows_asks_the_system() -> None:
    script = (
        "from pathlib import Path; from aic_tui.config.paths import resolve_paths\n"
        "paths = resolve_paths({}, 'win32', Path('/h')); print(paths.config); print(paths.data)"
    )
    folders = {"WIN_PD_OVERRIDE_APPDATA": "C:/roaming", "WIN_PD_OVERRIDE_LOCAL_APPDATA": "C:/local", **os.environ}
    told = subprocess.run([sys.executable, "-c", script], env=folders, capture_output=True, text=True, check=True)
    config, data = (line.replace("\\", "/") for line in told.stdout.splitlines())
    assert config.startswith("C:/roaming")
    assert data.startswith("C:/local")


def test_home_is_the_variable_when_it_is_a_directory(tmp_path: Path) -> None:
    assert home_directory({"HOME": str(tmp_path)}, "linux") == tmp_path
    assert home_directory({"USERPROFILE": str(tmp_path), "HOME": "/x"}, "win32") == tmp_path


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "/nonexistent"}, {"HOME": "relative"}])
def test_home_falls_back_on_the_user_table(environ: dict[str, str]) -> None:
    import pwd

    assert home_directory(environ, "linux") == Path(pwd.getpwuid(os.getuid()).pw_dir)


def test_no_home_at_all_is_one_sentence_and_exit_code_2() -> None:
    script = (
        "from aic_tui.config.paths import home_directory; from aic_tui.errors import UserError\n"
        "import sys\n"
        "try: home_directory({'HOME': '/nonexistent'}, 'linux')\n"
        "except UserError as e: print(e.sentence); sys.exit(e.exit_code)\n"
    )
    done = _as_nobody(["-c", script], uid=54321)
    assert done.returncode == 2
    assert done.stdout.startswith("No home directory: set HOME")
    assert "AIC_CONFIG_DIR" in done.stdout


def test_no_home_is_needed_when_all_four_directories_are_set() -> None:
    environ = {f"AIC_{kind}_DIR": f"/{kind}" for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    script = f"from aic_tui.config.paths import home_directory; print(home_directory({environ!r}, 'linux'))"
    assert _as_nobody(["-c", script], uid=54321).stdout == "/\n"


def _as_nobody(arguments: list[str], uid: int = 65534) -> subprocess.CompletedProcess[str]:
    if os.geteuid() != 0 or not Path("/usr/bin/setpriv").exists():
        pytest.skip("needs root and setpriv to become somebody else")
    command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_new_directories_are_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        private_directory(tmp_path / "a/b/aic")
    finally:
        os.umask(before)
    for path in ("a", "a/b", "a/b/aic"):
        assert stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o700


def test_our_own_directory_is_tightened_and_one_that_the_user_chose_is_not(tmp_path: Path) -> None:
    for name in ("aic", "chosen"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
        private_directory(tmp_path / name)
    assert stat.S_IMODE((tmp_path / "aic").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "chosen").stat().st_mode) == 0o755


def test_a_directory_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to give a directory away")
    (tmp_path / "aic").mkdir()
    (tmp_path / "aic").chmod(0o755)
    os.chown(tmp_path / "aic", 65534, 65534)
    private_directory(tmp_path / "aic")
    assert stat.S_IMODE((tmp_path / "aic").stat().st_mode) == 0o755


def test_a_file_in_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "aic").write_text("")
    with pytest.raises(OSError, match="File exists"):
        private_directory(tmp_path / "aic")
